import { randomBytes } from 'node:crypto';
import { access, chmod, copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256 } from '../src/lib/digest.ts';
import { LabError } from './error.ts';
import { aptOptions, type Release, sourcesOf } from './sources.ts';
import { cacheFolder, exec, locked } from './system.ts';

/** The unprivileged account of every host: logs in by the lab's key, and may do anything through sudo. */
export const labUser = 'debian';

/** What every host has, and why. */
const packages: Readonly<Record<string, string>> = {
  systemd: 'the service manager that real hosts have',
  'systemd-sysv': '/sbin/init, reboot, poweroff',
  dbus: 'systemctl for others than root, systemd-run, logind',
  'openssh-server': 'how Poterne and people reach a host',
  sudo: 'login as an unprivileged user',
  nftables: 'the firewall engine',
  iproute2: 'addresses and routes; ss',
  'iputils-ping': 'reachability',
  netbase: '/etc/services and /etc/protocols, which fail2ban and nft need to name ports',
  logrotate: 'logs that stay small, on every Debian that the installer made',
  procps: 'sysctl and ps, on every Debian that the installer made',
  curl: 'a web client',
  'ca-certificates': 'the trust store, for curl and for authorities added to it',
  openssl: 'certificates and TLS clients',
  'bind9-dnsutils': 'dig',
  'netcat-openbsd': 'a listener or a connection by hand',
  nginx: 'the gateway, and anything that must answer HTTP',
  'libnginx-mod-stream': 'TLS passed through by its name',
  'libnginx-mod-http-modsecurity': 'a web application firewall in nginx',
  'modsecurity-crs': 'its rules',
};

/** Packages that only some releases have in a version that Poterne can use. */
const packagesOf: Readonly<Record<Release, Readonly<Record<string, string>>>> = {
  bookworm: {},
  trixie: { nodejs: 'Poterne itself as an installed service: 20 or later' },
};

/**
 * The only units that start by themselves. Whatever else packages enable (nginx, timers that would work while a test
 * looks) a host does only when a topology says so.
 */
const enabled = ['ssh.service', 'remote-fs.target'];

/** Logins on terminals that do not exist. */
const masked = ['console-getty.service', 'getty-static.service', 'getty@tty1.service'];

const files: Readonly<Record<string, { readonly content: string; readonly mode: number }>> = {
  '/etc/hosts': { content: '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n', mode: 0o644 },
  '/etc/fstab': { content: '', mode: 0o644 },
  '/etc/sudoers.d/lab': { content: `${labUser} ALL=(ALL) NOPASSWD: ALL\n`, mode: 0o440 },
  '/etc/ssh/sshd_config.d/lab.conf': {
    content:
      'PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n',
    mode: 0o644,
  },
};

/** What must be each host's own, or must not reach one. */
const removed = [
  '/etc/hostname',
  '/etc/resolv.conf',
  '/etc/machine-id',
  '/etc/ssh/ssh_host_ecdsa_key',
  '/etc/ssh/ssh_host_ecdsa_key.pub',
  '/etc/ssh/ssh_host_ed25519_key',
  '/etc/ssh/ssh_host_ed25519_key.pub',
  '/etc/ssh/ssh_host_rsa_key',
  '/etc/ssh/ssh_host_rsa_key.pub',
  '/usr/sbin/policy-rc.d',
  '/var/lib/dbus/machine-id',
  '/var/lib/systemd/random-seed',
];

const dpkgOptions = ['/usr/share/man/*', '/usr/share/doc/*', '/usr/share/info/*', '/usr/share/locale/*'].map(
  (pattern) => `path-exclude=${pattern}`,
);

/** A root file system to boot hosts from. */
export interface BaseRequest {
  readonly release: Release;
  /** Installed beyond those that every host has. */
  readonly packages: readonly string[];
  /** Downloaded only, with those they need: apt in a guest, which has no way to a mirror, can install them. */
  readonly available: readonly string[];
}

/** The folder of a base, whether or not it has been built: a change of the recipe changes its name. */
export function basePath(request: BaseRequest): string {
  const { release, packages: extra, available } = request;
  const recipe = {
    revision: 1,
    packages: included(release),
    ...(extra.length > 0 && { extra: [...extra].sort() }),
    ...(available.length > 0 && { available: [...available].sort() }),
    enabled,
    masked,
    files,
    removed,
    dpkgOptions,
    labUser,
  };
  return join(cacheFolder(), 'bases', `${release}-${sha256(JSON.stringify(recipe)).slice(0, 12)}`);
}

/**
 * The folder of a base, built if it is not there. It appears whole or not at all, and processes that want the same one
 * wait for one of them to build it.
 */
export async function ensureBase(request: BaseRequest, say: (message: string) => void): Promise<string> {
  const path = basePath(request);
  if (await exists(path)) return path;
  const name = path.slice(path.lastIndexOf('/') + 1);
  return locked(`base-${name}`, 20 * 60_000, async () => {
    if (await exists(path)) return path;
    await mkdir(dirname(path), { recursive: true });
    // What a build that was killed left behind; ours is the only one of this name now.
    for (const left of await readdir(dirname(path)))
      if (left.startsWith(`.${name}.`)) await rm(join(dirname(path), left), { recursive: true, force: true });
    const aside = join(dirname(path), `.${name}.${randomBytes(4).toString('hex')}`);
    const begin = Date.now();
    say(
      `building ${name} (${[request.release, ...request.packages, ...request.available].join(', ')}): it may take a minute…`,
    );
    try {
      await build(request, aside, say);
      await rename(aside, path);
    } catch (error) {
      await rm(aside, { recursive: true, force: true });
      throw error;
    }
    say(`built ${name} in ${Math.round((Date.now() - begin) / 1000)} s`);
    return path;
  });
}

function included(release: Release): readonly string[] {
  return [...new Set([...Object.keys(packages), ...Object.keys(packagesOf[release])])].sort();
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function build(request: BaseRequest, target: string, say: (message: string) => void): Promise<void> {
  if (request.packages.length === 0 && request.available.length === 0)
    return buildPlain(request.release, target);
  const plain = await ensureBase({ release: request.release, packages: [], available: [] }, say);
  await exec(['cp', '--archive', '--reflink=auto', plain, target], { timeout: 5 * 60_000 });
  await extend(target, request);
}

async function buildPlain(release: Release, target: string): Promise<void> {
  const aptSettings = (await aptOptions()).map((option) => `--aptopt=${option}`);
  await exec(
    [
      ...dyingWithUs,
      ...['--mount-proc', 'mmdebstrap', '--mode=root', '--variant=minbase', '--quiet', ...aptSettings],
      ...dpkgOptions.map((option) => `--dpkgopt=${option}`),
      `--include=${included(release).join(',')}`,
      ...[release, target, ...(await sourcesOf(release))],
    ],
    { timeout: 15 * 60_000 },
  ).catch((cause) => {
    throw new LabError(`The base "${release}" could not be built: ${(cause as Error).message}`, { cause });
  });
  const inside = (...argv: string[]) => exec(['chroot', target, ...argv]);
  await inside(
    'useradd',
    '--create-home',
    '--user-group',
    '--shell',
    '/bin/bash',
    '--password',
    '*',
    labUser,
  );
  for (const path of removed) await rm(join(target, path), { force: true });
  for (const [path, { content, mode }] of Object.entries(files)) {
    await writeFile(join(target, path), content, { mode });
    await chmod(join(target, path), mode);
  }
  await inside('systemctl', '--quiet', 'mask', ...masked);
  await disableUnits(target);
}

/** Killed with this process, all of it: an orphan would go on writing to a folder that the next build removes. */
const dyingWithUs = ['setpriv', '--pdeathsig', 'KILL', 'unshare', '--pid', '--fork', '--kill-child'];

/** Adds packages to a copy of a plain base, which borrows this machine's resolver meanwhile. */
async function extend(target: string, { packages: extra, available }: BaseRequest): Promise<void> {
  const resolver = join(target, 'etc/resolv.conf');
  const policy = join(target, 'usr/sbin/policy-rc.d');
  await copyFile('/etc/resolv.conf', resolver);
  // Says "no" to services that packages would start: they would start on this machine.
  await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const inside = [...dyingWithUs, `--mount-proc=${join(target, 'proc')}`, 'chroot', target];
  const noninteractive = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', '--yes'];
  const apt = (...argv: string[]) =>
    exec([...inside, ...noninteractive, '--no-install-recommends', ...argv], { timeout: 10 * 60_000 });
  await apt('update');
  if (extra.length > 0) await apt('install', ...extra);
  await apt('clean');
  if (available.length > 0) await apt('install', '--download-only', ...available);
  for (const path of [resolver, policy]) await rm(path);
  await disableUnits(target);
}

async function disableUnits(target: string): Promise<void> {
  const systemctl = ['chroot', target, 'systemctl', '--quiet'];
  const { stdout } = await exec([
    ...systemctl,
    'list-unit-files',
    '--state=enabled',
    '--plain',
    '--no-legend',
  ]);
  const units = stdout.split('\n').map((line) => line.split(' ')[0] ?? '');
  const unwanted = units.filter((unit) => unit && !enabled.includes(unit));
  if (unwanted.length > 0) await exec([...systemctl, 'disable', ...unwanted]);
}
