import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AccessRule, Bastion, Person } from '../model/access.ts';
import type { Host } from '../model/site.ts';
import { accountsOf, mayBreakGlass, mayEnter, reachableBy } from './access.ts';
import { parseHours } from './hours.ts';

const host = (name: string) => ({ name }) as Host;
const person = (name: string, more: Partial<Person> = {}): Person => ({
  name,
  keys: [],
  groups: [],
  pointer: `/people/${name}`,
  ...more,
});
const rule = (n: number, more: Partial<AccessRule> = {}): AccessRule => ({
  people: ['alice'],
  hosts: ['prod1'],
  as: ['debian'],
  allow: ['shell', 'files'],
  pointer: `/access/${n}`,
  ...more,
});
const bastion: Bastion = {
  host: 'gate',
  certificates: 600_000,
  staticKeys: true,
  keep: 1,
  breakGlass: rule(0, { people: ['bob'], as: ['root'], pointer: '/bastion/break-glass' }),
  pointer: '/bastion',
};
const site = (...access: readonly AccessRule[]) => ({
  people: [person('alice'), person('bob', { until: '2026-12-31' })],
  hosts: [host('gate'), host('prod1'), host('prod2')],
  access,
  bastion,
  timezone: 'Europe/Paris',
});
const entry = {
  ...{ person: 'alice', host: 'prod1', account: 'debian', kind: 'shell' as const },
  at: new Date('2026-11-25T10:00:00Z'),
};
const office = parseHours('Mon-Fri 07:00-20:00') ?? [];
const whyOf = (...args: Parameters<typeof mayEnter>) => {
  const verdict = mayEnter(...args);
  return verdict.allowed ? 'allowed' : verdict.why.code;
};

describe('mayEnter', () => {
  test('lets in whom a rule names, and tells which', () => {
    expect(mayEnter(site(rule(0)), entry)).toEqual({ allowed: true, rule: '/access/0' });
  });

  test.each([
    ['nobody knows them', { person: 'carol' }, 'entry.person.unknown'],
    ['there is no such host', { host: 'prod9' }, 'entry.host.unknown'],
    ['it is another host', { host: 'prod2' }, 'entry.none'],
    ['it is another person', { person: 'bob' }, 'entry.none'],
    ['it is another account', { account: 'root' }, 'entry.account'],
    ['the account differs in case', { account: 'Debian' }, 'entry.account'],
  ])('refuses when %s', (_, other, why) => {
    expect(whyOf(site(rule(0)), { ...entry, ...other })).toBe(why);
  });

  test('nothing described lets nobody in', () => {
    expect(whyOf(site(), entry)).toBe('entry.none');
    const { bastion: _, ...without } = site(rule(0));
    expect(whyOf(without, entry)).toBe('entry.bastion');
  });

  test('files alone give no shell, and a shell alone no files', () => {
    expect(whyOf(site(rule(0, { allow: ['files'] })), entry)).toBe('entry.kind.shell');
    expect(whyOf(site(rule(0, { allow: ['shell'] })), { ...entry, kind: 'files' })).toBe('entry.kind.files');
  });

  test('hours are those of the site, and their end is told', () => {
    const described = site(rule(0, { when: office }));
    expect(mayEnter(described, entry)).toMatchObject({ until: new Date('2026-11-25T19:00:00Z') });
    expect(whyOf(described, { ...entry, at: new Date('2026-11-25T19:00:00Z') })).toBe('entry.hours');
    expect(whyOf(described, { ...entry, at: new Date('2026-11-28T10:00:00Z') })).toBe('entry.hours');
  });

  test('of several rules the one that lasts longest counts', () => {
    const later = parseHours('Mon-Fri 09:00-22:00') ?? [];
    const verdict = mayEnter(site(rule(0, { when: office }), rule(1, { when: later })), entry);
    expect(verdict).toEqual({ allowed: true, rule: '/access/1', until: new Date('2026-11-25T21:00:00Z') });
    expect(mayEnter(site(rule(0, { when: office }), rule(1)), entry)).toEqual({
      allowed: true,
      rule: '/access/1',
    });
  });

  test('the last day is whole, in the time zone of the site, and ends what goes on', () => {
    const described = site(rule(0, { people: ['bob'] }));
    const last = { ...entry, person: 'bob', at: new Date('2026-12-31T22:59:59Z') };
    expect(mayEnter(described, last)).toMatchObject({
      allowed: true,
      until: new Date('2026-12-31T23:00:00Z'),
    });
    expect(whyOf(described, { ...last, at: new Date('2026-12-31T23:00:00Z') })).toBe('entry.person.ended');
  });

  test('what is allowed is what some rule says in all its parts', () => {
    const some = <T>(...all: T[]) => fc.subarray(all, { minLength: 1 });
    const rules = fc.array(
      fc.record({
        people: some('alice', 'bob'),
        hosts: some('prod1', 'prod2'),
        as: some('debian', 'root'),
        allow: some('shell' as const, 'files' as const),
      }),
      { maxLength: 4 },
    );
    const entries = fc.record({
      person: fc.constantFrom('alice', 'bob', 'carol'),
      host: fc.constantFrom('prod1', 'prod2', 'gate'),
      account: fc.constantFrom('debian', 'root', 'x'),
      kind: fc.constantFrom('shell' as const, 'files' as const),
    });
    fc.assert(
      fc.property(rules, entries, (some, asked) => {
        const wanted = some.some(
          (r) =>
            (r.people as string[]).includes(asked.person) &&
            (r.hosts as string[]).includes(asked.host) &&
            (r.as as string[]).includes(asked.account) &&
            r.allow.includes(asked.kind),
        );
        const verdict = mayEnter(site(...some.map((r, n) => rule(n, r))), { ...asked, at: entry.at });
        expect(verdict.allowed).toBe(wanted);
      }),
    );
  });
});

test('break-glass is for those it names, at any hour until their last day, and gives no rule to others', () => {
  const glass = { ...entry, person: 'bob', account: 'root', at: new Date('2026-11-28T03:00:00Z') };
  expect(mayBreakGlass(site(), glass)).toMatchObject({ allowed: true, rule: '/bastion/break-glass' });
  expect(mayBreakGlass(site(rule(0)), { ...glass, person: 'alice' }).allowed).toBe(false);
  expect(mayBreakGlass(site(), { ...glass, at: new Date('2027-01-02T03:00:00Z') }).allowed).toBe(false);
  expect(mayEnter(site(), glass).allowed).toBe(false);
});

test('what can be reached, and the accounts that a host must know', () => {
  const described = site(rule(0, { as: ['debian', 'User_DollarU'] }));
  expect(reachableBy(described, 'alice').map(({ host, account }) => `${account}@${host}`)).toEqual([
    'debian@prod1',
    'User_DollarU@prod1',
  ]);
  expect(accountsOf(described, 'prod1')).toEqual(['User_DollarU', 'debian', 'root']);
  expect(accountsOf(described, 'prod2')).toEqual([]);
});
