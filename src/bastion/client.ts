import { quote } from '../lib/quote.ts';
import { type Host, isManaged, type Site } from '../model/site.ts';
import { breakGlassVariable } from '../plan/bastion/inner.ts';
import { ledBy } from '../plan/bastion/rules.ts';

/** How a person's own ssh is used, beyond what their ssh_config says. */
export interface ClientSettings {
  /** A configuration file in place of theirs and the system's. */
  readonly config?: string;
  /** A certificate to offer before any other key, and its key, where no agent has that. */
  readonly certificate?: string;
  readonly identity?: string;
}

/** What somebody wants of a machine. */
export interface Entering {
  readonly person: string;
  readonly host: Host;
  readonly account: string;
  /** A command in place of a shell, as the machine's shell reads it. */
  readonly command?: string;
  /** Why they enter outside the rules. */
  readonly breakGlass?: string;
}

/** The host that is the bastion. */
export function bastionHost({ hosts, bastion }: Site): Host | undefined {
  return hosts.find((host) => host.name === bastion?.host && isManaged(host));
}

/** The line of known_hosts by which the bastion's own sshd is believed in a machine's place. */
export function authorityLine({ bastion }: Site, host: Host): string {
  return `@cert-authority ${[host.name, ...ledBy(host)].join(',')} ${bastion?.hostAuthority ?? ''}`;
}

/** The argument vector of the system's ssh that takes a person to the bastion itself, without the command at its end. */
export function bastionCommand(site: Site, person: string, settings: ClientSettings): readonly string[] {
  const bastion = bastionHost(site);
  if (!bastion) throw new Error('no bastion');
  const { name, address = name, ssh } = bastion;
  const known = ssh?.hostKey === undefined ? undefined : `${name} ${ssh.hostKey}`;
  return [
    'ssh',
    ...common(settings, known, name),
    ...['-p', String(ssh?.port ?? 22), '-l', person, '-o', 'ForwardAgent=no'],
    ...['--', address],
  ];
}

/** The argument vector of the system's ssh that takes a person to a machine, through the bastion. */
export function enterCommand(site: Site, entering: Entering, settings: ClientSettings): readonly string[] {
  const { person, host, account, command, breakGlass } = entering;
  const way = [...bastionCommand(site, person, settings)];
  const address = way.pop() as string;
  // "--" stands before the address.
  way.pop();
  // A registered key that ssh offers first is let in at the bastion, and leads nowhere from there.
  const certified =
    site.bastion?.staticKeys || settings.certificate !== undefined
      ? []
      : ['-o', 'PubkeyAcceptedAlgorithms=*-cert-v01@openssh.com'];
  const place = ledBy(host)[0] ?? host.name;
  const through = [...way, ...certified, '-W', `${place}:${host.ssh?.port ?? 22}`, '--', address];
  const reason = breakGlass === undefined ? [] : ['-o', `SetEnv=${breakGlassVariable}=${quoted(breakGlass)}`];
  return [
    'ssh',
    ...common(settings, authorityLine(site, host), host.name),
    ...['-o', `ProxyCommand=${quote(through).replaceAll('%', '%%')}`],
    ...['-o', 'ForwardAgent=no', '-o', 'ClearAllForwardings=yes', ...reason, '-l', account],
    ...['--', host.name, ...(command === undefined ? [] : [command])],
  ];
}

function common({ config, identity, certificate }: ClientSettings, known: string | undefined, alias: string) {
  const believed = {
    HostKeyAlias: alias,
    UserKnownHostsFile: 'none',
    GlobalKnownHostsFile: 'none',
    KnownHostsCommand: `/bin/echo ${known}`,
    StrictHostKeyChecking: 'yes',
    UpdateHostKeys: 'no',
    VerifyHostKeyDNS: 'no',
  };
  return [
    ...(config === undefined ? [] : ['-F', config]),
    ...(known === undefined
      ? []
      : Object.entries(believed).flatMap(([name, value]) => ['-o', `${name}=${value}`])),
    ...['-o', 'ControlPath=none'],
    ...(identity === undefined ? [] : ['-i', identity]),
    ...(certificate === undefined ? [] : ['-o', `CertificateFile=${certificate}`]),
  ];
}

/** A text as a value of ssh's SetEnv. */
const quoted = (text: string) => `"${text.replaceAll(/[\\"]/g, '\\$&')}"`;

/**
 * What a person's ssh_config and known_hosts need so that `ssh HOST`, and `ssh -J BASTION HOST`, go through the bastion. Where only
 * certificates lead on, the one of `key` comes before every other key, also before those of the agent.
 */
export function clientFiles(
  site: Site,
  person: string,
  machines: readonly { readonly host: Host; readonly account?: string }[],
  { knownHosts, key }: { readonly knownHosts: string; readonly key: string },
): { readonly config: string; readonly known: string } {
  const bastion = bastionHost(site);
  if (!bastion) throw new Error('no bastion');
  const block = (host: Host, more: readonly string[]) =>
    [
      `Host ${host.name}`,
      `  HostName ${ledBy(host)[0] ?? host.address ?? host.name}`,
      ...(host.ssh && host.ssh.port !== 22 ? [`  Port ${host.ssh.port}`] : []),
      `  HostKeyAlias ${host.name}`,
      `  UserKnownHostsFile ${knownHosts} ~/.ssh/known_hosts`,
      ...more,
    ].join('\n');
  const blocks = [
    block(bastion, [`  User ${person}`, '  ForwardAgent no']),
    ...machines
      .filter(({ host }) => host.name !== bastion.name)
      .map(({ host, account }) =>
        block(host, [
          ...(account === undefined ? [] : [`  User ${account}`]),
          ...[`  ProxyJump ${bastion.name}`, '  ForwardAgent no'],
        ]),
      ),
  ];
  if (!site.bastion?.staticKeys) {
    const names = new Set([bastion.name, ...machines.map(({ host }) => host.name)]);
    // Without a certificate there, ssh goes on with the keys it always has: one of them gets a certificate.
    blocks.push(
      [
        `Match originalhost ${[...names].join(',')} exec "test -s ${key}-cert.pub"`,
        `  CertificateFile ${key}-cert.pub`,
        `  IdentityFile ${key}`,
      ].join('\n'),
    );
  }
  const hostKey = bastion.ssh?.hostKey;
  const known = [
    ...(hostKey === undefined ? [] : [`${[bastion.name, ...bastion.addresses].join(',')} ${hostKey}`]),
    ...machines.map(({ host }) => authorityLine(site, host)),
  ];
  return { config: `${blocks.join('\n\n')}\n`, known: `${known.join('\n')}\n` };
}
