import { readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { type SshSettings, sshHost } from '../hosts/ssh.ts';
import type { SshTarget } from '../hosts/target.ts';
import { isLoopback } from '../lib/ip.ts';
import { type Host, isManaged, type Site } from '../model/site.ts';
import { installedGateway } from '../plan/gateway-part.ts';

/** How the machines of a site are reached from this one. */
export interface Reach {
  readonly settings: SshSettings;
  /** The described host that this machine is, by name. */
  readonly here?: string;
}

/**
 * The described host that this machine is: the one asked for, else the one that has an address of ours. Private addresses
 * are in use everywhere: where the description has the host's key, ours must be that one.
 */
export function whereWeAre(
  { hosts }: Site,
  asked?: string,
  ownKeys: readonly string[] = ownHostKeys(),
): string | undefined {
  if (asked !== undefined) return asked;
  const own = Object.values(networkInterfaces())
    .flatMap((some) => some ?? [])
    .map(({ address }) => address)
    .filter((address) => !isLoopback(address));
  return hosts.find(
    ({ addresses, ssh }) =>
      addresses.some((address) => own.includes(address)) &&
      (ssh?.hostKey === undefined || ownKeys.includes(ssh.hostKey)),
  )?.name;
}

/** The public host keys of this machine's SSH server, as `type base64`; none where it has none. */
function ownHostKeys(): readonly string[] {
  const folder = '/etc/ssh';
  try {
    return readdirSync(folder)
      .filter((name) => /^ssh_host_.*_key\.pub$/.test(name))
      .map((name) => readFileSync(join(folder, name), 'utf8').split(' ', 2).join(' ').trim());
  } catch {
    return [];
  }
}

/** How a described host is reached from here. */
export function targetOf(site: Site, host: Host, here?: string): SshTarget {
  const { name, address = name, ssh } = host;
  if (name === here) return { name, address, here: true };
  const via =
    ssh?.via === undefined || ssh.via === here ? undefined : site.hosts.find((h) => h.name === ssh.via);
  return {
    name,
    address,
    ...(ssh && ssh.port !== 22 ? { port: ssh.port } : {}),
    ...(ssh?.user === undefined ? {} : { user: ssh.user }),
    ...(via ? { via: targetOf(site, via, here) } : {}),
    ...(ssh?.hostKey === undefined ? {} : { hostKey: ssh.hostKey }),
  };
}

/** A described host by its name. */
export function hostOf({ hosts }: Site, name: string): Host {
  return hosts.find((host) => host.name === name) as Host;
}

/** Where an installed gateway keeps the root certificate of its own authority. */
const installedRoot = `${installedGateway.state}/authority/root.pem`;

/**
 * What the account that runs an installed gateway reads in a file of its own; `undefined` when it cannot. It is that
 * account that reads: it could have put a link to a secret of root's there. Throws `host.*` faults.
 */
export async function readOfGateway(
  site: Site,
  gateway: Host,
  { settings, here }: Reach,
  path: string,
): Promise<string | undefined> {
  const { account } = installedGateway;
  const rights = [`--reuid=${account}`, `--regid=${account}`, '--clear-groups', '--no-new-privs'];
  const argv = ['setpriv', ...rights, '--', 'cat', '--', path];
  const { code, stdout } = await sshHost(targetOf(site, gateway, here), settings).run(argv);
  return code === 0 ? stdout : undefined;
}

/** The root certificate (PEM) of an installed gateway; `undefined` when there is none. Throws `host.*` faults. */
export async function rootOfGateway(site: Site, reach: Reach): Promise<string | undefined> {
  const gateway = servedGateway(site);
  return gateway && readOfGateway(site, gateway, reach, installedRoot);
}

/** The gateway, when Poterne installs it as a service: on every machine that it acts on, this one too. */
export function servedGateway({ hosts, gateway }: Site): Host | undefined {
  return hosts.find((host) => host.name === gateway.host && isManaged(host));
}
