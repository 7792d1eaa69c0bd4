import { bastionOf, mayReach } from '../../lib/access.ts';
import { bastionPlaces } from '../../model/access.ts';
import type { Pointer } from '../../model/pointer.ts';
import type { Host, Site } from '../../model/site.ts';
import type { Rendered } from '../engine.ts';
import { authorityPath, frontPath, peopleFolder, principalsFolder, revocationsPath } from './places.ts';
import { gap, keyword, match, type Node, note, write } from './syntax.ts';

/** The drop-in of a host's sshd. */
export function render(site: Site, host: Host): Rendered {
  const bastion = bastionOf(site);
  const isBastion = bastion?.host === host.name;
  const because = site.bastion?.pointer ?? '';
  const common = commonKeywords(because);
  return write([
    note('Written by Poterne: whom this SSH server believes. Of several values, sshd takes the first.'),
    ...common,
    ...(isBastion ? [gap, ...peopleBlocks(site), ...managementBlock(site, host)] : []),
    gap,
    note('Again, before any Match block of other files.'),
    match(
      because,
      ['all'],
      [...common, ...(site.bastion?.staticKeys === false ? noStaticKeys(because) : [])],
    ),
  ]);
}

/** What everybody gets. */
function commonKeywords(because: Pointer): readonly Node[] {
  const say = (...words: readonly string[]) => keyword(because, ...words);
  return [
    say('PasswordAuthentication', 'no'),
    say('KbdInteractiveAuthentication', 'no'),
    say('HostbasedAuthentication', 'no'),
    say('PubkeyAuthentication', 'yes'),
    say('TrustedUserCAKeys', authorityPath),
    say('AuthorizedPrincipalsFile', `${principalsFolder}/%u`),
    say('AuthorizedPrincipalsCommand', 'none'),
    say('RevokedKeys', revocationsPath),
  ];
}

const noStaticKeys = (because: Pointer): readonly Node[] => {
  const at = `${because}/static-keys`;
  return [
    keyword(at, 'AuthorizedKeysFile', 'none'),
    keyword(at, 'AuthorizedKeysCommand', 'none'),
    keyword(at, 'GSSAPIAuthentication', 'no'),
  ];
};

/** What `sshd -T` must tell of everybody. */
export function wantedOfAll(site: Site): readonly string[] {
  return [
    'passwordauthentication no',
    'kbdinteractiveauthentication no',
    'hostbasedauthentication no',
    'pubkeyauthentication yes',
    `trustedusercakeys ${authorityPath}`,
    `authorizedprincipalsfile ${principalsFolder}/%u`,
    `revokedkeys ${revocationsPath}`,
    ...(site.bastion?.staticKeys === false ? ['authorizedkeysfile none', 'authorizedkeyscommand none'] : []),
  ];
}

/** On the bastion, people have no shell: they talk to the front, and pass on to the machines that rules name. */
function peopleBlocks(site: Site): readonly Node[] {
  const because = site.bastion?.pointer ?? '';
  const group = ['Group', bastionPlaces.people];
  const say = (...words: readonly string[]) => keyword(because, ...words);
  return [
    ...openings(site).map(({ people, places }) =>
      match(because, [...group, 'User', people.join(',')], [say('PermitOpen', ...places)]),
    ),
    match(because, group, [
      say('AuthenticationMethods', 'publickey'),
      say('AuthorizedKeysFile', `${peopleFolder}/%u.keys`),
      say('AuthorizedKeysCommand', 'none'),
      say('AuthorizedPrincipalsFile', `${peopleFolder}/%u.principals`),
      say('ExposeAuthInfo', 'yes'),
      say('ForceCommand', frontPath),
      say('PermitTTY', 'no'),
      say('PermitUserRC', 'no'),
      say('AllowTcpForwarding', 'local'),
      say('PermitOpen', 'none'),
      say('PermitListen', 'none'),
      say('GatewayPorts', 'no'),
      say('AllowStreamLocalForwarding', 'no'),
      say('AllowAgentForwarding', 'no'),
      say('X11Forwarding', 'no'),
      say('PermitTunnel', 'no'),
    ]),
  ];
}

/** Where people pass on to; those who have the same places together. */
function openings(
  site: Site,
): readonly { readonly people: readonly string[]; readonly places: readonly string[] }[] {
  const together = new Map<string, { people: string[]; places: readonly string[] }>();
  for (const { name } of site.people) {
    const reached = new Set(mayReach(site, name));
    const places = site.hosts
      .filter((host) => reached.has(host.name))
      .flatMap(({ name, addresses, ssh }) =>
        [...new Set([name, ...addresses])].map(
          (at) => `${at.includes(':') ? `[${at}]` : at}:${ssh?.port ?? 22}`,
        ),
      );
    if (places.length === 0) continue;
    const known = together.get(places.join(' '));
    if (known) known.people.push(name);
    else together.set(places.join(' '), { people: [name], places });
  }
  return [...together.values()];
}

/**
 * Poterne's own account on the bastion keeps its keys there: it is from the bastion that certificates come, and somebody must be
 * able to mend it.
 */
function managementBlock(site: Site, { ssh }: Host): readonly Node[] {
  if (site.bastion?.staticKeys !== false || ssh?.user === undefined) return [];
  return [
    match(
      ssh.pointer,
      ['User', ssh.user],
      [keyword(ssh.pointer, 'AuthorizedKeysFile', '.ssh/authorized_keys', '.ssh/authorized_keys2')],
    ),
  ];
}
