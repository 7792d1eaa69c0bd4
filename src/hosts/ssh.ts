import { quote } from '../lib/quote.ts';
import { Fault } from '../model/fault.ts';
import type { Host } from './host.ts';
import { localhost } from './local.ts';
import { sshFault } from './ssh-faults.ts';
import type { SshTarget } from './target.ts';

/** How this machine's OpenSSH is used, beyond what the user's own ssh_config says. */
export interface SshSettings {
  /** A configuration file in place of the user's and the system's (`ssh -F`). */
  readonly config?: string;
  /** Seconds to wait for the connection to stand. Default 10. */
  readonly connectTimeout?: number;
  /** A certificate that is offered first. */
  readonly identity?: SshIdentity;
  /** The private key to log in with, and no certificate; the machines on the way take what they always do. */
  readonly key?: string;
  /** ssh tells on standard error what it does, so which key was taken. */
  readonly tells?: boolean;
}

/** A key of our own with a certificate of minutes, which hosts believe in place of keys that are registered with them. */
export interface SshIdentity {
  /** Has the files hold a certificate that is valid for a while yet; asked before each connection. Throws when there is none. */
  ready(): Promise<void>;
  /** Where they are; `undefined` until `ready` has made them, or when connections go on without. */
  files(): { readonly key: string; readonly certificate: string } | undefined;
  /** The host that certificates come from, by name: it is reached without one. */
  readonly from: string;
}

/** What has to be done before `sshCommand` of a host is run. */
export async function readyFor(target: SshTarget, { identity }: SshSettings): Promise<void> {
  const isAsked = ({ name, via, here }: SshTarget): boolean =>
    here !== true && (name !== identity?.from || (via !== undefined && isAsked(via)));
  if (identity && isAsked(target)) await identity.ready();
}

/** The argument vector of the system's ssh that runs `remote` (an argument vector) on a machine; without ssh on this one. */
export function sshCommand(
  target: SshTarget,
  settings: SshSettings,
  remote: readonly string[],
): readonly string[] {
  if (target.here) return remote;
  return ['ssh', '-T', ...options(target, settings), '--', target.address, quote(remote)];
}

/** `remote` as root: through sudo unless the login is root already, which may have no sudo. */
export function asRoot({ here, user }: SshTarget, remote: readonly string[]): readonly string[] {
  if (here ? process.getuid?.() === 0 : user === 'root') return remote;
  if (here || user !== undefined) return ['sudo', '-n', '--', ...remote];
  return ['sh', '-c', '[ "$(id -u)" = 0 ] || exec sudo -n -- "$@"; exec "$@"', 'poterne', ...remote];
}

function options(target: SshTarget, settings: SshSettings): readonly string[] {
  const { name, port, user, via, hostKey } = target;
  const set = {
    BatchMode: 'yes',
    PasswordAuthentication: 'no',
    KbdInteractiveAuthentication: 'no',
    ConnectTimeout: String(settings.connectTimeout ?? 10),
    ConnectionAttempts: '1',
    // A connection that died is noticed in half a minute.
    ServerAliveInterval: '5',
    ServerAliveCountMax: '6',
    // Always a connection of its own: a kept one would prove nothing about whether a new one can be made.
    ControlMaster: 'no',
    ControlPath: 'none',
    ClearAllForwardings: 'yes',
    ForwardAgent: 'no',
    ForwardX11: 'no',
    PermitLocalCommand: 'no',
    RemoteCommand: 'none',
    LogLevel: settings.tells ? 'DEBUG1' : 'ERROR',
    ...(settings.key === undefined ? {} : { IdentitiesOnly: 'yes' }),
    ...(hostKey === undefined ? {} : described(name, hostKey)),
    StrictHostKeyChecking: 'yes',
    // Whatever the user's ssh_config says: a port of ours that leads to another machine is not that machine.
    NoHostAuthenticationForLocalhost: 'no',
    ...(via === undefined ? {} : { ProxyCommand: through(via, wayOf(settings)) }),
  };
  const isOurs = settings.key === undefined && settings.identity?.from !== name;
  const offered = isOurs ? settings.identity?.files() : undefined;
  return [
    ...(settings.config === undefined ? [] : ['-F', settings.config]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(settings.key === undefined ? [] : ['-i', settings.key.replaceAll('%', '%%')]),
    ...Object.entries(set).flatMap(([key, value]) => ['-o', `${key}=${value}`]),
    ...(offered ? ['-o', `CertificateFile=${offered.certificate}`] : []),
    // Naming one has ssh forget those that go without saying: they are offered after ours.
    ...(offered ? [offered.key, ...usualKeys] : []).flatMap((key) => ['-o', `IdentityFile=${key}`]),
  ];
}

/** The keys that ssh offers when nobody names any (ssh_config(5)). */
const usualKeys = ['id_ed25519', 'id_ed25519_sk', 'id_ecdsa', 'id_ecdsa_sk', 'id_rsa'].map(
  (name) => `~/.ssh/${name}`,
);

/** Of the machines on the way. */
function wayOf({ key: _, tells: __, ...settings }: SshSettings): SshSettings {
  return settings;
}

/** Only the described key is believed, whatever known_hosts files say. */
function described(name: string, hostKey: string): Record<string, string> {
  const [type = '', key = ''] = hostKey.trim().split(/\s+/);
  return {
    HostKeyAlias: name,
    UserKnownHostsFile: 'none',
    GlobalKnownHostsFile: 'none',
    KnownHostsCommand: `/bin/echo ${name} ${type} ${key}`,
    HostKeyAlgorithms: type === 'ssh-rsa' ? 'rsa-sha2-512,rsa-sha2-256' : type,
    UpdateHostKeys: 'no',
    // A key that DNS vouches for would do as well.
    VerifyHostKeyDNS: 'no',
  };
}

/**
 * What -J would do, with every option of ours on the way too: -J hands on none of them, and a jump whose key is not
 * verified would be a hole.
 */
function through(via: SshTarget, settings: SshSettings): string {
  // ssh replaces %h and %p of this level only: what belongs to a farther one keeps its percent signs.
  const argv = ['ssh', ...options(via, settings)].map((word) => word.replaceAll('%', '%%'));
  return quote([...argv, '-W', '[%h]:%p', '--', via.address.replaceAll('%', '%%')]);
}

/** A machine over SSH; each command is a connection of its own, as root. */
export function sshHost(target: SshTarget, settings: SshSettings): Host {
  return {
    name: target.name,
    async run(argv, how) {
      const remote = asRoot(target, ['sh', '-c', runner, 'poterne', ...argv]);
      await readyFor(target, settings);
      const outcome = await localhost.run(sshCommand(target, settings, remote), how);
      if (outcome.code === 127 && outcome.stderr.includes(missing))
        throw new Fault('host.program.missing', { program: argv[0] ?? '', host: target.name });
      if (outcome.stdout.startsWith(begun)) return { ...outcome, stdout: outcome.stdout.slice(begun.length) };
      // The time is over before the command had begun.
      throw sshFault(target, outcome.code === undefined ? 'timed out' : outcome.stderr, outcome.code);
    },
  };
}

/** Tells a command that failed from a connection that did, and finds programs in sbin too. */
const begun = 'poterne\n';
const missing = 'poterne: no such program';
const runner = [
  'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin',
  'echo poterne',
  `command -v -- "$1" >/dev/null || { echo "${missing}" >&2; exit 127; }`,
  'exec "$@"',
].join('\n');
