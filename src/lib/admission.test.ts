import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Asking, AudienceRule, RuleWhen } from '../model/audience.ts';
import type { Publication } from '../model/site.ts';
import { type AdmissionSite, admit, changes, holds, mustGiveSecondFactor } from './admission.ts';
import { parseHours } from './hours.ts';
import { inNetwork } from './ip.ts';
import { speaksOf } from './path-class.ts';

const timezone = 'Europe/Paris';
const lan = '10.0.0.7';
const outside = '192.0.2.7';
/** A Thursday, noon in Paris. */
const noon = new Date('2026-11-26T11:00:00Z');

const rule = (over: Partial<AudienceRule> = {}): AudienceRule => ({
  verdict: 'allow',
  secondFactor: false,
  id: JSON.stringify(over),
  pointer: '',
  ...over,
});
const groups = (...names: string[]) => ({ people: [], groups: names, signedIn: false });
const signedIn = { people: [], groups: [], signedIn: true };
const weekly = (text: string): RuleWhen => ({ kind: 'weekly', hours: parseHours(text) ?? [], timezone });
const inLan = { from: ['lan'], networks: ['10.0.0.0/24'] };

function siteOf(rules: readonly AudienceRule[], over: Partial<AdmissionSite> = {}): AdmissionSite {
  const placed = rules.map((each, i) => ({ ...each, pointer: `/publications/a/audience/${i}` }));
  return {
    publications: [
      { id: 'a', audience: { from: ['everyone'], rules: placed, pointer: '/publications/a/audience' } },
    ] as unknown as Publication[],
    zones: [{ name: 'lan', networks: ['10.0.0.0/24', '198.51.100.0/24'], outgoing: 'free', pointer: '' }],
    ...over,
  };
}

const staff = { id: 'alice', groups: ['staff'] };
const asking = (over: Partial<Asking> = {}): Asking => ({
  publication: 'a',
  at: noon,
  address: lan,
  user: staff,
  ...over,
});
const nobody = (over: Partial<Asking> = {}): Asking => {
  const { user: _, ...rest } = asking(over);
  return rest;
};
const told = (rules: readonly AudienceRule[], what: Asking, over: Partial<AdmissionSite> = {}) => {
  const verdict = admit(siteOf(rules, over), what);
  return verdict.admitted ? `rule ${Number(verdict.rule.split('/').at(-1)) + 1}` : verdict.why;
};

describe('one rule must let in', () => {
  test.each([
    ['a group', [rule({ subject: groups('staff') })], asking(), 'rule 1'],
    ['another group', [rule({ subject: groups('it') })], asking(), 'group'],
    ['nobody signed in', [rule({ subject: groups('it') })], nobody(), 'sign-in'],
    ['a person', [rule({ subject: { ...groups(), people: ['alice'] } })], asking(), 'rule 1'],
    [
      'the same name in a directory',
      [rule({ subject: { ...groups(), people: ['alice@ad'] } })],
      asking(),
      'group',
    ],
    ['signed in', [rule({ subject: signedIn })], asking(), 'rule 1'],
    ['the second rule', [rule({ subject: groups('it') }), rule({ subject: signedIn })], asking(), 'rule 2'],
    ['anybody from the lan', [rule(inLan)], nobody(), 'rule 1'],
    ['anybody from elsewhere', [rule(inLan)], nobody({ address: outside }), 'network'],
    [
      'lan, or signed in',
      [rule(inLan), rule({ subject: signedIn })],
      nobody({ address: outside }),
      'sign-in',
    ],
    ['no address at all', [rule(inLan)], nobody({ address: 'unix:' }), 'network'],
    ['a mapped address', [rule(inLan)], nobody({ address: '::ffff:10.0.0.7' }), 'rule 1'],
    ['a second factor', [rule({ subject: signedIn, secondFactor: true })], asking(), 'second-factor'],
    [
      'one that was given',
      [rule({ subject: signedIn, secondFactor: true })],
      asking({ secondFactor: true }),
      'rule 1',
    ],
    ['hours', [rule({ subject: signedIn, when: weekly('Mon-Fri 08:00-18:00') })], asking(), 'rule 1'],
    ['other hours', [rule({ subject: signedIn, when: weekly('Sat') })], asking(), 'hours'],
    ['hours, before signing in', [rule({ subject: signedIn, when: weekly('Sat') })], nobody(), 'hours'],
    [
      'what is lacked of the rule that means one, not of others',
      [rule({ subject: groups('it') }), rule({ subject: groups('staff'), ...inLan, when: weekly('Sat') })],
      asking({ address: outside }),
      'network',
    ],
    ['a path', [rule({ subject: signedIn, paths: ['/a/'] })], asking({ pathClass: '/a/b/' }), 'rule 1'],
    ['another path', [rule({ subject: signedIn, paths: ['/a/'] })], asking(), 'group'],
    [
      'an unclear path',
      [rule({ subject: signedIn, paths: ['/a/'] })],
      asking({ pathClass: 'unclear' }),
      'group',
    ],
    ['a country', [rule({ countries: ['FR'] })], nobody({ address: outside, country: 'FR' }), 'rule 1'],
    [
      'another country',
      [rule({ countries: ['FR'] })],
      nobody({ address: outside, country: 'DE' }),
      'country',
    ],
    ['an unknown country', [rule({ countries: ['FR'] })], nobody({ address: outside }), 'country'],
    ['no country', [rule({ countries: ['FR'] })], nobody({ country: 'FR' }), 'country'],
    [
      'a zone has none',
      [rule({ countries: ['FR'] })],
      nobody({ address: '198.51.100.7', country: 'FR' }),
      'country',
    ],
    [
      'a certificate',
      [rule({ subject: { ...groups(), certificate: 'p' } })],
      nobody({ certificate: 'p' }),
      'rule 1',
    ],
    ['no certificate', [rule({ subject: { ...groups(), certificate: 'p' } })], nobody(), 'denied'],
    [
      'an approval',
      [rule({ subject: signedIn, approval: { people: [], groups: ['it'], lasts: 1 } })],
      asking(),
      'approval',
    ],
  ] as const)('%s', (_, rules, what, expected) => expect(told(rules, what)).toBe(expected));

  test('a denial wins over every other rule, and counts where one cannot tell', () => {
    const open = rule({ subject: signedIn });
    const suspended = rule({ verdict: 'deny', subject: groups('staff') });
    expect(told([open, suspended], asking())).toBe('denied');
    expect(told([suspended, open], asking())).toBe('denied');
    const elsewhere = rule({ verdict: 'deny', countries: ['RU'] });
    expect(told([open, elsewhere], asking())).toBe('rule 1');
    expect(told([open, elsewhere], asking({ address: outside }))).toBe('denied');
    expect(told([open, elsewhere], asking({ address: outside, country: 'FR' }))).toBe('rule 1');
    const admin = rule({ verdict: 'deny', paths: ['/admin/'] });
    expect(told([open, admin], asking({ pathClass: 'unclear' }))).toBe('denied');
    expect(told([open, admin], asking())).toBe('rule 1');
  });

  test('an approval is of one rule, and ends', () => {
    const approved = rule({ subject: signedIn, approval: { people: [], groups: ['it'], lasts: 1 } });
    const until = new Date(noon.getTime() + 3_600_000);
    const with1 = (id: string, end: Date) => asking({ approvals: [{ rule: id, until: end }] });
    expect(admit(siteOf([approved]), with1(approved.id, until))).toMatchObject({ admitted: true, until });
    expect(told([approved], with1('another', until))).toBe('approval');
    expect(told([approved], with1(approved.id, noon))).toBe('approval');
    expect(admit(siteOf([approved]), asking())).toMatchObject({ ask: { rule: approved.id } });
  });

  test('what the site asks of people from there, every rule for people does', () => {
    const signIn = {
      secondFactor: {
        methods: ['totp'],
        required: [{ groups: ['staff'], from: ['internet'], networks: ['192.0.2.0/24'], pointer: '' }],
      },
    } as unknown as NonNullable<AdmissionSite['signIn']>;
    const people = [rule({ subject: signedIn })];
    expect(told(people, asking({ address: outside }), { signIn })).toBe('second-factor');
    expect(told(people, asking(), { signIn })).toBe('rule 1');
    expect(told(people, asking({ address: outside, user: { id: 'b', groups: [] } }), { signIn })).toBe(
      'rule 1',
    );
    expect(told([rule()], asking({ address: outside }), { signIn })).toBe('rule 1');
    expect(mustGiveSecondFactor({ signIn }, ['staff'], 'nowhere')).toBe(false);
  });

  test('without rules, the networks decide; what is not published lets in nobody', () => {
    const site = siteOf([]);
    const plain = (networks?: readonly string[]): AdmissionSite => ({
      ...site,
      publications: [
        { id: 'a', audience: { from: ['x'], pointer: '', ...(networks ? { networks } : {}) } },
      ] as unknown as Publication[],
    });
    expect(admit(plain(), nobody()).admitted).toBe(true);
    expect(admit(plain(['10.0.0.0/24']), nobody()).admitted).toBe(true);
    expect(admit(plain(['10.0.0.0/24']), nobody({ address: outside }))).toMatchObject({ why: 'network' });
    expect(admit(site, asking({ publication: 'b' }))).toMatchObject({ admitted: false, why: 'denied' });
    expect(admit(site, asking())).toMatchObject({ admitted: false });
  });
});

describe('until', () => {
  const until = (rules: readonly AudienceRule[], what = asking()) =>
    admit(siteOf(rules), what).until?.toISOString().slice(0, 16);
  test.each([
    ['hours end', [rule({ subject: signedIn, when: weekly('08:00-18:00') })], '2026-11-26T17:00'],
    [
      'the longest of two',
      [rule({ when: weekly('08:00-18:00') }), rule({ when: weekly('10:00-20:00') })],
      '2026-11-26T19:00',
    ],
    ['one without end', [rule({ when: weekly('08:00-18:00') }), rule()], undefined],
    ['hours begin', [rule({ when: weekly('Sat 10:00-12:00') })], '2026-11-28T09:00'],
    ['a denial begins', [rule(), rule({ verdict: 'deny', when: weekly('14:00-15:00') })], '2026-11-26T13:00'],
    [
      'a denial of others begins',
      [rule(), rule({ verdict: 'deny', subject: groups('it'), when: weekly('14:00-15:00') })],
      undefined,
    ],
    ['a denial ends', [rule(), rule({ verdict: 'deny', when: weekly('11:00-15:00') })], '2026-11-26T14:00'],
    ['no group ever begins', [rule({ subject: groups('it'), when: weekly('Sat') })], undefined],
    [
      'a window ends',
      [rule({ when: { kind: 'once', from: '2026-11-26T10:00:00Z', to: '2026-11-26T14:00:00Z' } })],
      '2026-11-26T14:00',
    ],
    [
      'a window begins',
      [rule({ when: { kind: 'once', from: '2026-11-27T10:00:00Z', to: '2026-11-27T14:00:00Z' } })],
      '2026-11-27T10:00',
    ],
    [
      'a window is over',
      [rule({ when: { kind: 'once', from: '2026-11-25T10:00:00Z', to: '2026-11-25T14:00:00Z' } })],
      undefined,
    ],
  ] as const)('%s', (_, rules, expected) => expect(until(rules)).toBe(expected));
});

// Any audience and any question, over days on which clocks change.
const moment = fc.oneof(
  fc.integer({ min: Date.UTC(2026, 2, 27), max: Date.UTC(2026, 2, 31) }),
  fc.integer({ min: Date.UTC(2026, 9, 23), max: Date.UTC(2026, 9, 27) }),
);
const someWhen: fc.Arbitrary<RuleWhen> = fc.oneof(
  fc
    .constantFrom('Mon-Fri 08:00-18:00', '22:00-06:00', '02:15-02:45', 'Sat,Sun', 'Sun 01:30-03:30; Mon')
    .map(weekly),
  fc.tuple(moment, fc.integer({ min: 1, max: 86_400_000 })).map(([from, lasts]) => ({
    kind: 'once' as const,
    from: new Date(from).toISOString(),
    to: new Date(from + lasts).toISOString(),
  })),
);
const someOf = (...names: string[]) => fc.subarray(names);
const someRule = fc
  .record(
    {
      verdict: fc.constantFrom('allow' as const, 'allow' as const, 'deny' as const),
      subject: fc.record({
        people: someOf('alice', 'bob@ad'),
        groups: someOf('staff', 'it'),
        signedIn: fc.boolean(),
      }),
      networks: fc.constantFrom(['10.0.0.0/24'], ['192.0.2.0/24', '2001:db8::/32']),
      countries: fc.constantFrom(['FR'], ['FR', 'DE']),
      secondFactor: fc.boolean(),
      when: someWhen,
      paths: fc.constantFrom(['/a/'], ['/a/b/', '/c/']),
      approval: fc.constant({ people: [], groups: ['it'], lasts: 1 }),
    },
    { requiredKeys: ['verdict', 'secondFactor'] },
  )
  .map((each) =>
    rule(each.verdict === 'deny' ? { ...each, secondFactor: false, approval: undefined as never } : each),
  )
  .map(({ approval, ...rest }) => ({ ...rest, ...(approval ? { approval } : {}) }));
const someAsking = fc
  .record(
    {
      at: moment.map((time) => new Date(time)),
      address: fc.constantFrom(lan, outside, '2001:db8::1', '203.0.113.9'),
      country: fc.constantFrom('FR', 'DE', 'RU'),
      user: fc.record({ id: fc.constantFrom('alice', 'bob@ad', 'eve'), groups: someOf('staff', 'it') }),
      secondFactor: fc.boolean(),
      pathClass: fc.constantFrom('/', '/a/', '/a/b/', '/c/', 'unclear'),
    },
    { requiredKeys: ['at', 'address'] },
  )
  .map((each): Asking => ({ publication: 'a', ...each }));
const someRules = fc.array(someRule, { maxLength: 5 });

/** The same decision once more, word for word as the description tells it. */
function naively(rules: readonly AudienceRule[], what: Asking): boolean {
  const meets = (each: AudienceRule): boolean => {
    const { subject, networks, countries, when, verdict } = each;
    const { user } = what;
    if (!speaksOf(each, what.pathClass ?? '/')) return false;
    if (networks && !networks.some((network) => inNetwork(what.address, network))) return false;
    const hasCountry = what.address !== lan;
    if (countries && !hasCountry) return false;
    if (countries && !(what.country ? countries.includes(what.country) : verdict === 'deny')) return false;
    if (when && !holds(when, what.at)) return false;
    const names = subject && (subject.signedIn || subject.people.length + subject.groups.length > 0);
    if (subject && !names) return false;
    if (subject && !user) return false;
    if (subject && user && !subject.signedIn)
      if (!subject.people.includes(user.id) && !subject.groups.some((group) => user.groups.includes(group)))
        return false;
    if (each.secondFactor && !what.secondFactor) return false;
    return (
      !each.approval || (what.approvals ?? []).some((one) => one.rule === each.id && one.until > what.at)
    );
  };
  const of = (verdict: AudienceRule['verdict']) =>
    rules.filter((each) => each.verdict === verdict).some(meets);
  return of('allow') && !of('deny');
}

describe('for any audience', () => {
  test('whoever is let in is let in by what is written, and whoever is written is let in', () => {
    fc.assert(
      fc.property(someRules, someAsking, (rules, what) => {
        expect(admit(siteOf(rules), what).admitted).toBe(naively(rules, what));
      }),
      { numRuns: 800 },
    );
  });

  test('a denial never lets in anybody, and no rule that is taken away or narrowed does', () => {
    fc.assert(
      fc.property(someRules, someRule, someAsking, (rules, other, what) => {
        const before = admit(siteOf(rules), what).admitted;
        const denial = rule({ ...other, verdict: 'deny', secondFactor: false });
        if (!before) expect(admit(siteOf([...rules, denial]), what).admitted).toBe(false);
        if (admit(siteOf([...rules, rule({ verdict: 'deny' })]), what).admitted)
          throw new Error('a denial of everybody let somebody in');
        const letting = rules.findIndex(({ verdict }) => verdict === 'allow');
        if (letting < 0 || before) return;
        const narrowed = rules.map((each, i) =>
          i === letting ? { ...each, networks: ['10.0.0.7/32'], secondFactor: true } : each,
        );
        expect(admit(siteOf(rules.filter((_, i) => i !== letting)), what).admitted).toBe(false);
        expect(admit(siteOf(narrowed), what).admitted).toBe(false);
      }),
      { numRuns: 400 },
    );
  });

  test('it does not change by itself before it says so', () => {
    fc.assert(
      fc.property(
        someRules,
        someAsking,
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (rules, what, part) => {
          const site = siteOf(rules);
          const verdict = admit(site, what);
          const start = what.at.getTime();
          const end = verdict.until?.getTime() ?? start + 8 * 86_400_000;
          expect(end).toBeGreaterThan(start);
          const later = new Date(Math.floor(start + (end - start) * part));
          expect(admit(site, { ...what, at: later }).admitted).toBe(verdict.admitted);
        },
      ),
      { numRuns: 800 },
    );
  });

  test('it says why', () => {
    fc.assert(
      fc.property(someRules, someAsking, (rules, what) => {
        const verdict = admit(siteOf(rules), what);
        if (rules.some((each) => each.verdict === 'allow') || verdict.admitted)
          expect(verdict.because.length).toBeGreaterThan(0);
      }),
    );
  });
});

test('a window that has not begun changes when it does', () => {
  const when: RuleWhen = { kind: 'once', from: '2026-12-01T07:00:00.000Z', to: '2026-12-01T11:00:00.000Z' };
  expect(changes(when, noon)?.toISOString()).toBe(when.from);
  expect(holds(when, new Date(when.from))).toBe(true);
  expect(holds(when, new Date(when.to))).toBe(false);
});
