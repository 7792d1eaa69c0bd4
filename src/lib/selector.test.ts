import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { confirmationNeeded } from '../fleet/confirmation.ts';
import { say } from '../i18n/index.ts';
import type { HostFacts } from '../model/host-facts.ts';
import { siteOf } from '../plan/testing.ts';
import { type Known, select } from './selector.ts';
import { parseSelector, printSelector, type Selector, selectorKeys, type Term } from './selector-syntax.ts';

const site = await siteOf(`site: s
zones: { dmz: { networks: [10.20.0.0/24] }, lan: { networks: [10.10.0.0/24] }, empty: { networks: [10.99.0.0/24] } }
hosts:
  web-2: { address: 10.20.0.3, groups: [A, production], ssh: {}, firewall: false }
  web-1: { address: 10.20.0.2, roles: [gateway], groups: [A], ssh: {}, firewall: false }
  db-1: { address: 10.10.0.2, groups: [B, production, two words], ssh: {}, firewall: false }
  all: { address: 192.0.2.9, zone: lan, groups: [B], ssh: {}, firewall: false }
admin: { from: [lan] }
confirm: [production]
`);

function facts(host: string, version: string | undefined, login: string[], system: string[] = []): HostFacts {
  return {
    host,
    at: '2026-11-25T00:00:00.000Z',
    os: { id: 'debian', ...(version === undefined ? {} : { version }) },
    architecture: 'x86_64',
    disks: [],
    accounts: { login, system },
    root: 'no',
  };
}

const some = [facts('web-1', '12', ['root', 'scheduler']), facts('db-1', '13', ['root'], ['postgres'])];
const every = [...some, facts('web-2', '13', ['root']), facts('all', undefined, ['root'])];
const known: Known = { site, facts: every };

test.each([
  ['all', 'web-2 web-1 db-1 all'],
  ['name:all', 'all'],
  ['"all"', 'all'],
  ['web-1', 'web-1'],
  ['web-*', 'web-2 web-1'],
  ['w?b-1', 'web-1'],
  ['db-1 or web-2', 'web-2 db-1'],
  ['group:A and not web-1', 'web-2'],
  ['not group:A', 'db-1 all'],
  ['not not group:A', 'web-2 web-1'],
  ['group:A or group:B and has:postgres', 'web-2 web-1 db-1'],
  ['(group:A or group:B) and has:postgres', 'db-1'],
  ['GROUP:A AND NOT web-1', 'web-2'],
  ['group:"two words"', 'db-1'],
  ["group:'two words'", 'db-1'],
  ['zone:dmz', 'web-2 web-1'],
  ['zone:lan', 'db-1 all'],
  ['zone:empty', ''],
  ['role:gateway', 'web-1'],
  ['role:router', ''],
  ['os:debian-13', 'web-2 db-1'],
  ['os:debian', 'web-2 web-1 db-1 all'],
  ['os:debian-*', 'web-2 web-1 db-1'],
  ['arch:x86_64 and has:scheduler', 'web-1'],
  ['  (\tgroup:A\n) ', 'web-2 web-1'],
  ['group:A and group:B', ''],
])('%s', (expression, names) => {
  expect(select(expression, known)).toEqual({ names: names.split(' ').filter(Boolean), notes: [] });
});

/** Finding codes, each with the text that its carets stand under, and the hint in English. */
function mistakes(expression: string, from = known): readonly string[] {
  const selection = select(expression, from);
  if ('names' in selection) return selection.names;
  return selection.findings.map(({ code, at, hint }) => {
    if (at?.file !== '--on' || at.line !== 1) throw new Error(JSON.stringify(at));
    const under = expression.slice(at.column - 1, at.column - 1 + at.length);
    return [code, at.column, under, ...(hint ? [`(${say('en', hint)})`] : [])].join(' ').trim();
  });
}

const operatorHint = `(${say('en', { code: 'selector.operator.hint', params: {} })})`;

test.each([
  ['', ['selector.empty 1']],
  ['   ', ['selector.empty 4']],
  ['()', ['selector.operand 2 )']],
  ['web-1 and', ['selector.end 10']],
  ['and web-1', ['selector.operand 1 and']],
  ['web-1 web-2', [`selector.operator 7 web-2 ${operatorHint}`]],
  ['web-1, web-2', ['selector.operator 6 , (did you mean "or"?)']],
  ['web-1 && web-2', ['selector.operator 7 && (did you mean "and"?)']],
  ['!web-1', ['selector.operand 1 ! (did you mean "not"?)']],
  ['web-1 et web-2', ['selector.operator 7 et (did you mean "and"?)']],
  ['(web-1', ['selector.open 1 (']],
  ['(web-1 or (db-1)', ['selector.open 1 (']],
  ['web-1)', ['selector.close 6 )']],
  ['group:"two words', ['selector.quote 7 "']],
  ['web-1\\', ['selector.operand 6 \\']],
  ['grp:A', ['selector.key 1 grp (did you mean "group"?)']],
  ['group:', ['selector.value 1 group:']],
  ['group:""', ['selector.value 1 group:""']],
  ['group: A', ['selector.value 1 group:']],
  [`${'('.repeat(500)}all${')'.repeat(500)}`, ['selector.deep 102 (']],
  ['not '.repeat(100_000), ['selector.deep 405 not']],
  ['web-11', ['selector.name.unknown 1 web-11 (did you mean "web-1"?)']],
  ['mail-*', ['selector.name.unknown 1 mail-* (known here: web-2, web-1, db-1, all)']],
  ['A', ['selector.name.unknown 1 A (did you mean "group:A"?)']],
  ['zone:dmzz', ['selector.zone.unknown 1 zone:dmzz (did you mean "dmz"?)']],
  ['role:gatway', ['selector.role.unknown 1 role:gatway (did you mean "gateway"?)']],
  ['os:debian-14', ['selector.os.unknown 1 os:debian-14 (did you mean "debian-13"?)']],
  ['has:schedulr', ['selector.has.unknown 1 has:schedulr (did you mean "scheduler"?)']],
  ['arch:arm64', ['selector.arch.unknown 1 arch:arm64 (known here: x86_64)']],
  [
    'group:C and not (nobody or web-1)',
    ['selector.group.unknown 1 group:C', 'selector.name.unknown 18 nobody'],
  ],
] as [string, string[]][])('mistake: %s', (expression, expected) => {
  const found = mistakes(expression);
  expect(found.map((text, i) => text.slice(0, expected[i]?.length))).toEqual(expected);
});

describe('a host that was never asked', () => {
  const from: Known = { site, facts: some };

  test('is told where it decides, with what to do', () => {
    const selection = select('group:A and has:scheduler', from);
    expect(selection).toMatchObject({
      findings: [
        {
          code: 'selector.facts.missing',
          params: { count: 1, hosts: 'web-2' },
          at: { column: 13, length: 13 },
          hint: { code: 'selector.facts.missing.hint' },
        },
      ],
    });
    // Neither is it taken for one that has not.
    expect(mistakes('not has:scheduler', from)[0]).toContain('selector.facts.missing');
    expect(mistakes('not has:nobody', from)[0]).toContain('selector.facts.missing');
  });

  test('does not matter where it decides nothing', () => {
    expect(select('has:scheduler and web-1', from)).toMatchObject({ names: ['web-1'] });
    expect(select('group:A and (has:scheduler or web-2)', from)).toMatchObject({ names: ['web-2', 'web-1'] });
    expect(select('all or has:scheduler', from)).toMatchObject({ names: { length: 4 } });
  });
});

test('the machine that nobody described is not selected', async () => {
  const local = await siteOf('site: s\nhosts: { a: {} }\n');
  expect(local.hosts.map(({ name }) => name)).toEqual(['a', 'localhost']);
  expect(select('all', { site: local, facts: [] })).toMatchObject({ names: ['a'] });
});

test('a host that nobody can ask is left out, and that is said', async () => {
  const mixed = await siteOf(
    'site: s\nadmin: { from: [192.0.2.0/24] }\nhosts:\n  a: { address: 192.0.2.1, ssh: {}, firewall: false }\n  paper: {}\n',
  );
  const from: Known = { site: mixed, facts: [facts('a', '12', ['scheduler'])] };
  const notes = [
    { severity: 'note', code: 'selector.facts.unaskable', params: { count: 1, hosts: 'paper' } },
  ];
  expect(select('has:scheduler', from)).toMatchObject({ names: ['a'], notes });
  expect(select('not has:scheduler', from)).toMatchObject({ names: [], notes });
  expect(select('has:schedulr', from)).toMatchObject({ findings: [{ code: 'selector.has.unknown' }] });
});

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((each) => each.length > 0);
const pattern = fc.stringMatching(/^[a-z0-9:-]{0,4}[*?][a-z0-9*?-]{0,4}$/);
const place = { start: 0, end: 0 };
const term: fc.Arbitrary<Term> = fc
  .oneof(
    fc.record({
      kind: fc.constant('term' as const),
      key: fc.constantFrom(...selectorKeys),
      value: fc.oneof(text, fc.constantFrom('and', 'OR', 'not', 'all', 'a"b', 'a\\', '\\"', "'", '*')),
      glob: fc.constant(false),
    }),
    fc.record({
      kind: fc.constant('term' as const),
      key: fc.constantFrom(...selectorKeys),
      value: pattern,
      glob: fc.constant(true),
    }),
  )
  .filter(({ key, value, glob }) => !(glob && key === 'name' && value.includes(':')))
  .map((each) => ({ ...each, ...place }));
const { selector } = fc.letrec<{ selector: Selector }>((tie) => ({
  selector: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    term,
    fc.constant({ kind: 'all' as const }),
    tie('selector').map((of) => ({ kind: 'not' as const, of })),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      of: fc.array(tie('selector'), { minLength: 2, maxLength: 3 }),
    }),
  ),
}));

/** Without places, which printing does not keep. */
function placeless(read: Selector): Selector {
  if (read.kind === 'term') return { ...read, ...place };
  if (read.kind === 'not') return { ...read, of: placeless(read.of) };
  return read.kind === 'all' ? read : { ...read, of: read.of.map(placeless) };
}

test('what is printed reads as the same selector', () => {
  fc.assert(
    fc.property(selector, (written) => {
      const read = parseSelector(printSelector(written));
      expect('selector' in read && placeless(read.selector)).toEqual(written);
    }),
    { numRuns: 2000 },
  );
});

test('any text is a selector or has one finding, at a place within it', () => {
  const pieces = fc.constantFrom(
    '(',
    ')',
    ' ',
    'and',
    'or',
    'not',
    'all',
    'a',
    'group:',
    '"',
    "'",
    '\\',
    ',',
    '&',
    '😀',
  );
  const written = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 12 }).map((some) => some.join('')),
  );
  fc.assert(
    fc.property(written, (expression) => {
      const read = parseSelector(expression);
      if ('selector' in read) return;
      expect(read.findings).toHaveLength(1);
      const at = read.findings[0]?.at;
      expect(at?.column).toBeGreaterThan(0);
      expect(at?.column).toBeLessThanOrEqual(expression.length + 1);
    }),
    { numRuns: 2000 },
  );
});

test('groups that need confirming, with the hosts that were selected', () => {
  expect(confirmationNeeded(['web-1', 'all'], site)).toEqual([]);
  expect(confirmationNeeded(['web-1', 'db-1', 'web-2'], site)).toEqual([
    { group: 'production', hosts: ['web-2', 'db-1'] },
  ]);
});
