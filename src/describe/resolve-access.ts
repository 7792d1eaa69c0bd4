import type { AccessRule, Bastion, Person } from '../model/access.ts';
import { type Pointer, pointer } from '../model/pointer.ts';
import type { Host, Site } from '../model/site.ts';
import { isEnterable, isOff } from './check-access.ts';
import type { Parsed } from './parse.ts';
import type { BastionEntry, RuleEntry } from './schema.ts';
import { selectDescribed } from './select-described.ts';

/** People, rules and the bastion, with the people and the hosts that they name. */
export function resolveAccess(
  parsed: Parsed,
  hosts: readonly Host[],
): Pick<Site, 'people' | 'access' | 'bastion'> {
  const bastion = parsed.site?.bastion;
  return {
    people: [...parsed.people].map(
      ([name, { name: title, email, keys, groups, until }]): Person => ({
        name,
        ...(title === undefined ? {} : { title }),
        ...(email === undefined ? {} : { email }),
        keys: [...new Set(keys)],
        groups: [...new Set(groups)],
        ...(until === undefined ? {} : { until }),
        pointer: pointer('people', name),
      }),
    ),
    access: (parsed.site?.access ?? []).map((rule, i) => resolveRule(parsed, rule, pointer('access', i))),
    ...(bastion === undefined ? {} : { bastion: resolveBastion(parsed, bastion, hosts) }),
  };
}

function resolveRule(
  parsed: Parsed,
  rule: Omit<RuleEntry, 'when'> & Pick<Partial<RuleEntry>, 'when'>,
  at: Pointer,
): AccessRule {
  const selection = selectDescribed(parsed, rule.to);
  const members = [...parsed.people].filter(
    ([name, { groups }]) => rule.people.includes(name) || groups.some((group) => rule.groups.includes(group)),
  );
  return {
    people: members.map(([name]) => name),
    hosts: 'names' in selection ? selection.names.filter((name) => isEnterable(parsed, name)) : [],
    as: [...new Set(rule.as)],
    allow: [...new Set(rule.allow)],
    ...(rule.when === undefined ? {} : { when: rule.when }),
    pointer: at,
  };
}

function resolveBastion(parsed: Parsed, entry: BastionEntry, hosts: readonly Host[]): Bastion {
  const { authority, 'host-authority': hostAuthority, 'break-glass': breakGlass } = entry;
  return {
    host: entry.host ?? hosts.find(({ roles }) => roles.includes('gateway'))?.name ?? 'localhost',
    ...(authority === undefined ? {} : { authority }),
    ...(hostAuthority === undefined ? {} : { hostAuthority }),
    certificates: entry.certificates,
    staticKeys: !isOff(entry),
    keep: entry.keep,
    ...(breakGlass === undefined
      ? {}
      : { breakGlass: resolveRule(parsed, breakGlass, '/bastion/break-glass') }),
    pointer: '/bastion',
  };
}
