import { describe, expect, test } from 'vitest';
import { attacksOf } from './attacks.ts';
import { parseCrsFile } from './crs/format.ts';
import { requestOf } from './place.ts';
import { isCovered, mistakeOf, proposalsOf } from './proposals.ts';
import type { WafFound, WafTransaction } from './transaction.ts';

const found = (rule: number, target: string | undefined, severity = 2): WafFound => ({
  ...{ rule, message: '', severity, file: '', tags: [] },
  ...(target === undefined ? {} : { target }),
});
const transaction = (uri: string, ...some: WafFound[]): WafTransaction => ({
  ...{ at: new Date(), request: '', address: '', method: 'GET', uri, status: 403 },
  ...{ isDetectionOnly: false, sums: [], found: some, isCut: false },
});
const thresholds = { inbound: 5, outbound: 4 };
const proposed = (uri: string, ...some: WafFound[]) =>
  proposalsOf(mistakeOf(transaction(uri, ...some)), { thresholds });

describe('proposals', () => {
  test('leave out every rule that would refuse alone', () => {
    const [narrow] = proposed(
      '/s?q=x',
      found(941100, 'ARGS:q'),
      found(941110, 'ARGS:q'),
      found(941100, 'ARGS:q'),
    );
    expect(narrow).toEqual({
      kind: 'narrow',
      exclusions: [
        { rule: 941100, path: '/s', target: 'ARGS:q' },
        { rule: 941110, path: '/s', target: 'ARGS:q' },
      ],
    });
  });

  test('leave out only as many of small rules as it takes', () => {
    const notices = [
      found(920300, 'REQUEST_HEADERS:Accept', 5),
      found(920320, 'REQUEST_HEADERS:X', 5),
      found(942200, 'ARGS:q', 4),
    ];
    expect(proposed('/s', ...notices)[0]?.exclusions).toEqual([
      { rule: 942200, path: '/s', target: 'ARGS:q' },
    ]);
  });

  test('name no target that no exclusion can name, and are then for the rule', () => {
    expect(proposed('/s', found(911100, 'REQUEST_METHOD')).map(({ kind }) => kind)).toEqual(['rule']);
    expect(proposed('/s', found(942100, 'ARGS:a b')).map(({ kind }) => kind)).toEqual(['rule']);
    expect(proposed('/s', found(942100, 'ARGS_GET:q'))[0]?.exclusions[0]?.target).toBe('ARGS:q');
  });

  test('are for all paths of a kind where the path has an id, but never for all of a site', () => {
    const below = (uri: string) =>
      proposed(uri, found(942100, 'ARGS:q')).find(({ kind }) => kind === 'below');
    expect(below('/a/b/12/c?x=1')?.exclusions[0]?.path).toBe('/a/b/');
    expect(below('/12/c')).toBeUndefined();
    expect(below('/a/b')).toBeUndefined();
  });
});

test('an exclusion covers its rule, at its target, under its path, and nothing beside', () => {
  const exclusion = { rule: 942100, path: '/s/', target: 'ARGS:q' };
  const at = { path: '/s/1', rule: 942100, target: 'ARGS:q' };
  expect(isCovered(exclusion, at)).toBe(true);
  expect(isCovered(exclusion, { ...at, path: '/sx' })).toBe(false);
  expect(isCovered(exclusion, { ...at, target: 'ARGS:qx' })).toBe(false);
  expect(isCovered(exclusion, { ...at, rule: 942101 })).toBe(false);
  expect(isCovered({ rule: 942100, path: '/s' }, { ...at, path: '/s' })).toBe(true);
  expect(isCovered({ rule: 942100, path: '/s' }, at)).toBe(false);
});

test('attacks are what samples send, without what stands beside it', () => {
  const { tests } = parseCrsFile(
    `tests:
  - test_title: a
    stages:
      - input: { uri: '/x?id=7%27+or+1%3D1&lang=fr' }
        output: { log: { expect_ids: [942100] } }
  - test_title: b
    stages:
      - input: { method: POST, data: '{"a":["<svg/onload=x>"]}', headers: { Content-Type: application/json } }
        output: { log: { expect_ids: [941100] } }
  - test_title: honest
    stages:
      - input: { uri: '/x?q=an+honest+sentence,+really' }
        output: { status: 200 }
`,
    'a.yaml',
  );
  expect(attacksOf(tests)).toEqual([
    { id: 'a', payload: "7' or 1=1" },
    { id: 'b', payload: '<svg/onload=x>' },
  ]);
});

describe('a value is put where its target says', () => {
  const sent = (target: string, from: 'query' | 'form' | 'json', value = "a'b&c\r\nX: y") =>
    requestOf({ method: 'GET', path: '/été', from }, 'h', [[target, value]])?.toString();
  test.each([
    ['ARGS:q', 'query', 'GET /%C3%A9t%C3%A9?q=a%27b%26c%0D%0AX%3A%20y HTTP/1.1\r\n'],
    ['ARGS:q', 'form', '\r\n\r\nq=a%27b%26c%0D%0AX%3A%20y'],
    ['ARGS:json.a.array_1.b', 'json', '\r\n\r\n{"a":["",{"b":"a\'b&c\\r\\nX: y"}]}'],
    ['REQUEST_COOKIES:c', 'query', "\r\nCookie: c=a'b&c  X: y\r\n"],
    ['REQUEST_HEADERS:X-A', 'query', "\r\nX-A: a'b&c  X: y\r\n"],
    ['FILES:f', 'query', 'name="f"; filename="a\'b&c%0D%0AX: y"'],
  ] as const)('%s in a %s', (target, from, there) => {
    expect(sent(target, from)).toContain(there);
  });

  test('or nowhere', () => {
    expect(sent('REQUEST_METHOD', 'query')).toBeUndefined();
  });
});
