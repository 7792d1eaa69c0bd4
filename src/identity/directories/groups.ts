import type { Filter } from 'ldapts';
import { sameDn } from '../../lib/dn.ts';
import type { GroupMap, LdapDirectory } from '../../model/sign-in.ts';
import { Answered } from './faults.ts';
import type { Found, LdapConnection } from './ldap-connection.ts';

/** Follows groups of groups to the end, on the server ([MS-ADTS] §3.1.1.3.4.4.3, LDAP_MATCHING_RULE_TRANSITIVE_EVAL). */
const inChain = '1.2.840.113556.1.4.1941';

/** Groups of groups are followed so far, and so many in all: nobody describes more, and somebody may have made a maze. */
const deepest = 16;
const mostGroups = 2000;
const atOnce = 50;

/** Where groups are looked for: where it is described, else the whole domain of Active Directory, else where people are. */
export function groupBaseOf({ kind, base, groupBase }: LdapDirectory): string {
  if (groupBase !== undefined) return groupBase;
  const domain = /(?:^|,)\s*(dc\s*=.*)$/i.exec(base)?.[1];
  return kind === 'active-directory' && domain !== undefined ? domain : base;
}

/** Which of the description's groups these groups of the directory give, sorted. */
export function oursOf(groups: GroupMap, dns: readonly string[], groupBase: string): readonly string[] {
  const names = new Set(dns.flatMap((dn) => sameDn(dn) ?? []));
  const under = sameDn(groupBase) ?? '';
  const within = [...names].filter((name) => name === under || name.endsWith(`,${under}`));
  const given = (theirs: string) => {
    const dn = sameDn(theirs);
    if (dn !== undefined) return names.has(dn);
    const first = sameDn(`cn=${escapeValue(theirs)}`);
    return within.some((name) => name.startsWith(`${first},`));
  };
  return Object.entries(groups)
    .flatMap(([ours, theirs]) => (theirs.some(given) ? [ours] : []))
    .sort();
}

/** The DN of a group that the description speaks of; `undefined` when it is not there, or when a common name is that of several. */
export async function foundGroup(
  connection: LdapConnection,
  directory: LdapDirectory,
  theirs: string,
): Promise<string | undefined> {
  const { EqualityFilter, PresenceFilter } = await import('ldapts');
  const isDn = sameDn(theirs) !== undefined;
  const search = isDn
    ? ({ base: theirs, scope: 'base', filter: new PresenceFilter({ attribute: 'objectClass' }) } as const)
    : ({
        base: groupBaseOf(directory),
        scope: 'sub',
        filter: new EqualityFilter({ attribute: 'cn', value: theirs }),
      } as const);
  const found = await connection
    .search({ ...search, attributes: ['cn'], most: 2 })
    .catch((error: unknown) => {
      if (error instanceof Answered && error.code === 32) return [];
      throw error;
    });
  return found.length === 1 ? found[0]?.dn : undefined;
}

/** Groups that the description speaks of, as filters on a group. */
async function spokenOf(groups: GroupMap): Promise<readonly Filter[]> {
  const { EqualityFilter } = await import('ldapts');
  const theirs = new Set(Object.values(groups).flat());
  return [...theirs].map((value) =>
    sameDn(value) === undefined
      ? new EqualityFilter({ attribute: 'cn', value })
      : new EqualityFilter({ attribute: 'distinguishedName', value }),
  );
}

/** The groups that the description speaks of and that somebody of Active Directory is in, through others too: their DNs. */
export async function adGroups(
  connection: LdapConnection,
  directory: LdapDirectory,
  person: Found,
): Promise<readonly string[]> {
  const spoken = await spokenOf(directory.groups);
  if (spoken.length === 0) return [];
  const { AndFilter, EqualityFilter, ExtensibleFilter, OrFilter } = await import('ldapts');
  const base = groupBaseOf(directory);
  const chain = (value: string) => new ExtensibleFilter({ matchType: 'member', rule: inChain, value });
  const ways: Filter[] = [chain(person.dn)];
  // Whoever is in a group by its being their primary one is not among its members.
  const primary = primarySid(person);
  if (primary) {
    const filter = new EqualityFilter({ attribute: 'objectSid', value: primary });
    const [group] = await connection.search({ base, scope: 'sub', filter, attributes: ['cn'], most: 1 });
    ways.push(filter, ...(group ? [chain(group.dn)] : []));
  }
  const filter = new AndFilter({
    filters: [
      new EqualityFilter({ attribute: 'objectClass', value: 'group' }),
      new OrFilter({ filters: [...spoken] }),
      new OrFilter({ filters: ways }),
    ],
  });
  const found = await connection.search({ base, scope: 'sub', filter, attributes: ['cn'], most: mostGroups });
  return found.map(({ dn }) => dn);
}

/** The SID of somebody's primary group: that of their domain, and the group's own last part ([MS-DTYP] §2.4.2.2). */
export function primarySid(person: Found): Buffer | undefined {
  const own = person.bytes('objectSid');
  const id = Number(person.first('primaryGroupID'));
  if (!own || own.length < 12 || !Number.isInteger(id) || id <= 0) return undefined;
  const sid = Buffer.from(own);
  sid.writeUInt32LE(id, sid.length - 4);
  return sid;
}

/**
 * All groups that somebody of another directory is in, through others too: those that their entry names (`memberOf`), and those that
 * name them (RFC 4519 `member`, `uniqueMember`; RFC 2307 `memberUid`), and so on upwards. A group already seen is not followed again.
 */
export async function ldapGroups(
  connection: LdapConnection,
  directory: LdapDirectory,
  person: Found,
  login: string,
): Promise<readonly string[]> {
  if (Object.keys(directory.groups).length === 0) return [];
  const { EqualityFilter, OrFilter } = await import('ldapts');
  const base = groupBaseOf(directory);
  const seen = new Map<string, string>();
  const fresh = (dns: readonly string[]) =>
    dns.filter((dn) => {
      const name = sameDn(dn);
      if (name === undefined || seen.has(name) || seen.size >= mostGroups) return false;
      seen.set(name, dn);
      return true;
    });
  let ask: readonly Filter[] = [new EqualityFilter({ attribute: 'memberUid', value: login })];
  let below: readonly string[] = [person.dn, ...fresh(person.values('memberOf'))];
  for (let depth = 0; depth < deepest && below.length > 0; depth += 1) {
    const filters = [...ask, ...below.flatMap((value) => memberFilters(value, EqualityFilter))];
    ask = [];
    const above: string[] = [];
    for (let i = 0; i < filters.length; i += atOnce) {
      const filter = new OrFilter({ filters: filters.slice(i, i + atOnce) });
      const attributes = ['cn', 'memberOf'];
      const found = await connection.search({ base, scope: 'sub', filter, attributes, most: mostGroups });
      above.push(...found.flatMap((group) => [group.dn, ...group.values('memberOf')]));
    }
    below = fresh(above);
  }
  return [...seen.values()];
}

const memberFilters = (value: string, Equality: typeof import('ldapts').EqualityFilter) =>
  ['member', 'uniqueMember'].map((attribute) => new Equality({ attribute, value }));

/** A value in a DN (RFC 4514 §2.4). */
function escapeValue(value: string): string {
  return value
    .replace(/[\\,+"<>;=#\0]/g, (each) => `\\${each === '\0' ? '00' : each}`)
    .replace(/^ | $/g, '\\ ');
}
