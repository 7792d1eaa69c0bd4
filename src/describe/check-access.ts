import { knownHint, shortList } from '../lib/hints.ts';
import { message } from '../model/message.ts';
import { pointer } from '../model/pointer.ts';
import type { Checking } from './checking.ts';
import type { Parsed } from './parse.ts';
import type { BastionEntry, RuleEntry } from './schema.ts';
import { selectDescribed } from './select-described.ts';

/** Accounts that Debian or Poterne has: a person of such a name would be that account on the bastion. */
const taken = new Set(
  'root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc gnats _apt nobody messagebus sshd polkitd poterne poterne-bastion poterne-session poterne-people'.split(
    ' ',
  ),
);
const certificateBounds = { least: 60_000, most: 86_400_000 };

/** People, what they may enter, and the machine that they go through. */
export function checkAccess(checking: Checking): void {
  checkPeople(checking);
  const { parsed, report } = checking;
  const rules = parsed.site?.access ?? [];
  for (const [i, rule] of rules.entries()) checkRule(checking, rule, pointer('access', i));
  const bastion = parsed.site?.bastion;
  if (bastion) checkBastion(checking, bastion);
  else if (rules.length > 0 && checking.whole(''))
    report('error', {
      code: 'access.bastion.missing',
      params: {},
      pointer: '/access',
      onKey: true,
      hint: message('access.bastion.missing.hint'),
    });
}

function checkPeople({ parsed, sources, report, other, whole }: Checking): void {
  const logins = new Map([...parsed.hosts].map(([name, { ssh }]) => [ssh?.user ?? '', name]));
  const keys = new Map<string, string>();
  for (const name of parsed.names.people) {
    const at = pointer('people', name);
    if (!/^[a-z_][a-z0-9_-]{0,30}$/.test(name))
      report('error', {
        code: 'person.name',
        params: { name },
        pointer: at,
        onKey: true,
        hint: message('person.name.hint'),
      });
    else if (taken.has(name) || logins.has(name))
      report('error', {
        code: 'person.name.taken',
        params: { name },
        pointer: at,
        onKey: true,
        hint: message('person.name.taken.hint'),
      });
    const person = parsed.people.get(name);
    if (
      person?.keys.length === 0 &&
      whole(at) &&
      (!('sign-in' in sources.root) || entersMachines(parsed, name))
    )
      report('note', {
        code: 'person.keys.missing',
        params: { name },
        pointer: at,
        onKey: true,
        hint: message('person.keys.missing.hint'),
      });
    for (const [i, key] of (person?.keys ?? []).entries()) {
      const first = keys.get(key);
      const here = `${at}/keys/${i}`;
      if (first === undefined) keys.set(key, here);
      else
        report('error', {
          code: 'person.key.twice',
          params: { name },
          pointer: here,
          hint: other(first, false),
        });
    }
  }
}

/** Whether rules of access name somebody; who only signs in at the portal needs no key. */
function entersMachines({ site, people }: Parsed, name: string): boolean {
  const glass = site?.bastion?.['break-glass'];
  const groups = people.get(name)?.groups ?? [];
  return [...(site?.access ?? []), ...(glass ? [glass] : [])].some(
    (rule) => rule.people.includes(name) || rule.groups.some((group) => groups.includes(group)),
  );
}

function checkRule(checking: Checking, rule: Omit<RuleEntry, 'as' | 'allow'>, at: string): void {
  const { parsed, report, reference } = checking;
  for (const [i, name] of rule.people.entries()) reference('people', name, `${at}/people/${i}`);
  const groups = [...new Set([...parsed.people.values()].flatMap((person) => person.groups))];
  for (const [i, name] of rule.groups.entries())
    if (!groups.includes(name))
      report('error', {
        code: 'person.group.unknown',
        params: { name },
        pointer: `${at}/groups/${i}`,
        hint: knownHint(name, groups),
      });
  if (rule.people.length + rule.groups.length === 0)
    report('error', {
      code: 'access.nobody',
      params: {},
      pointer: at,
      hint: message('access.nobody.hint'),
    });
  const selection = selectDescribed(parsed, rule.to);
  if ('wrong' in selection) {
    for (const wrong of selection.wrong) report('error', { ...wrong, pointer: `${at}/to` });
    return;
  }
  if (selection.names.length === 0)
    report('warning', { code: 'access.none', params: { to: rule.to }, pointer: `${at}/to` });
  const unmanaged = selection.names.filter((name) => !isEnterable(parsed, name));
  const nameless = selection.names.filter(
    (name) => isEnterable(parsed, name) && parsed.hosts.get(name)?.ssh?.['host-key'] === undefined,
  );
  if (nameless.length > 0)
    report('warning', {
      code: 'access.host-key.missing',
      params: { hosts: shortList(nameless) },
      pointer: `${at}/to`,
      hint: message('access.host-key.missing.hint'),
    });
  if (unmanaged.length > 0)
    report(unmanaged.length === selection.names.length ? 'warning' : 'note', {
      code: 'access.host.unmanaged',
      params: { hosts: shortList(unmanaged) },
      pointer: `${at}/to`,
      hint: message('access.host.unmanaged.hint'),
    });
}

/** Whether Poterne can have a host trust the bastion's word. */
export function isEnterable({ hosts }: Parsed, name: string): boolean {
  const host = hosts.get(name);
  return host?.ssh !== undefined && !host.roles.includes('vantage');
}

function checkBastion(checking: Checking, entry: BastionEntry): void {
  const { parsed, report, reference, whole } = checking;
  const gateway = [...parsed.hosts].find(([, { roles }]) => roles.includes('gateway'))?.[0];
  const host = entry.host ?? gateway;
  if (entry.host !== undefined) reference('hosts', entry.host, '/bastion/host');
  if (host === undefined || (parsed.hosts.has(host) && !isEnterable(parsed, host)))
    report('error', {
      code: 'bastion.host.unmanaged',
      params: { name: host ?? 'localhost' },
      pointer: entry.host === undefined ? '/bastion' : '/bastion/host',
      onKey: entry.host === undefined,
      hint: message('bastion.host.unmanaged.hint'),
    });
  if (entry.certificates < certificateBounds.least || entry.certificates > certificateBounds.most)
    report('error', { code: 'bastion.certificates', params: {}, pointer: '/bastion/certificates' });
  if (entry['break-glass']) checkRule(checking, entry['break-glass'], '/bastion/break-glass');
  if (!whole('')) return;
  const { authority, 'host-authority': hostAuthority } = entry;
  if (authority === undefined || hostAuthority === undefined)
    report('warning', {
      code: 'bastion.authority.missing',
      params: { key: authority === undefined ? 'authority' : 'host-authority' },
      pointer: '/bastion',
      onKey: true,
      hint: message('bastion.authority.missing.hint', { host: host ?? '' }),
    });
  else if (authority === hostAuthority)
    report('error', { code: 'bastion.authority.same', params: {}, pointer: '/bastion/host-authority' });
  if (!isOff(entry)) return;
  // Poterne's certificates are for accounts that the description names.
  for (const [name, { ssh }] of parsed.hosts)
    if (isEnterable(parsed, name) && ssh?.user === undefined && whole(pointer('hosts', name)))
      report('error', {
        code: 'bastion.login.missing',
        params: { name },
        pointer: pointer('hosts', name, 'ssh'),
        onKey: true,
        hint: message('bastion.login.missing.hint'),
      });
}

/** YAML 1.1 readers take `off` for false. */
export function isOff({ 'static-keys': keys }: Pick<BastionEntry, 'static-keys'>): boolean {
  return keys === 'off' || keys === false;
}
