import { expect, test } from 'vitest';
import type { Bans, Offence } from '../../model/bans.ts';
import { counter, enough } from './counting.ts';
import { ofAccess, ofAudit, ofHandshake, type SignInSeen } from './offences.ts';

const bans: Bans = {
  thresholds: {
    portal: { failures: 5, within: 60_000, for: 1, longest: 1 },
    scans: { failures: 3, within: 60_000, for: 1, longest: 1 },
  },
  never: [],
  pointer: '/bans',
};
const at = '2026-01-01T00:00:00.000Z';
const scan: Offence = { kind: 'scans', at, address: '192.0.2.7', what: 'x' };
const signIn = (who: string, isGood = false): SignInSeen => ({
  offence: { kind: 'portal', at, address: '192.0.2.7', what: who },
  ...{ who, isGood, count: 1 },
});

test('what is long ago counts no more', () => {
  let now = 0;
  const counting = counter(() => now);
  expect(counting.count(scan, bans)).toBeUndefined();
  now = 61_000;
  expect([1, 2].map(() => counting.count(scan, bans))).toEqual([undefined, undefined]);
  expect(counting.count(scan, bans)).toMatchObject({ network: '192.0.2.7/32', kind: 'scans' });
  expect(counting.count({ ...scan, kind: 'waf' }, bans)).toBeUndefined();
});

test('ten colleagues who mistype twice and then get in, or do not, ban no office', () => {
  const counting = counter();
  const people = Array.from({ length: 10 }, (_, n) => `person${n}`);
  const times = people.flatMap((who) => [1, 2].map(() => counting.weighSignIn(signIn(who), false)));
  expect(times.every((each) => each === 0)).toBe(true);
  expect(counting.weighSignIn(signIn('person0', true), false)).toBe(0);
  expect([1, 2, 3].map(() => counting.weighSignIn(signIn('person0'), false))).toEqual([0, 0, 1]);
});

test('one who guesses counts from the third time, and one name after the other from the eleventh', () => {
  const one = counter();
  expect([1, 2, 3, 4].map(() => one.weighSignIn(signIn('alice'), false))).toEqual([0, 0, 1, 1]);
  const spray = counter();
  const names = Array.from({ length: 14 }, (_, n) => spray.weighSignIn(signIn(`name${n}`), false));
  expect(names).toEqual([...Array(10).fill(0), 1, 1, 1, 1]);
  expect(counter().weighSignIn({ ...signIn('alice'), count: 60 }, false)).toBe(58);
});

test('where somebody is signed in, one in five counts', () => {
  const counting = counter();
  const counted = Array.from({ length: 10 }, () => counting.weigh(scan, true));
  expect(counted.filter(Boolean)).toHaveLength(2);
  expect(counting.weigh({ ...scan, address: 'nobody' }, false)).toBe(false);
});

test('of a flood as many are counted as ban, and all of the others', () => {
  const floods = { failures: 3, within: 60_000, for: 1000, longest: 1000 };
  const bans = { thresholds: { floods }, never: [], pointer: '' };
  const of = (address: string) => ({ kind: 'floods', at, address, what: '' }) as const;
  const flood = [...Array(9).fill(of('2001:db8::1')), of('2001:db8::2'), of('192.0.2.1')];
  expect(
    enough([...flood, { ...of('192.0.2.2'), kind: 'scans' }], bans).map(({ address }) => address),
  ).toEqual([...Array(3).fill('2001:db8::1'), '192.0.2.1']);
});

test('lines of logs are offences, or nothing', () => {
  const access = (status: number, limited = 'requests', known = '') =>
    `{"time":"2026-01-01T01:00:00+01:00","client":"192.0.2.7","method":"GET","host":"a\\u001b","uri":"/x?secret=1","status":${status},"bytes":0,"limited":"${limited}","known":"${known}"}`;
  expect(ofAccess(access(444))).toEqual({ kind: 'scans', at, address: '192.0.2.7', what: 'a?' });
  expect(ofAccess(access(429))?.what).toBe('GET a?/x');
  expect(ofAccess(access(429, 'connections'))?.kind).toBe('floods');
  for (const blameless of [access(429, 'shared'), access(429, ''), access(429, 'requests', 's1')])
    expect(ofAccess(blameless)).toBeUndefined();
  expect(ofAccess(access(200))).toBeUndefined();
  expect(ofAccess('"status":429, no JSON')).toBeUndefined();
  const reset = (duration: string, more = '') =>
    access(499).replace('"bytes":0', `"bytes":0,"duration":${duration},"protocol":"HTTP/2.0"${more}`);
  for (const duration of ['0.000', '0', '0.004']) expect(ofAccess(reset(duration))?.kind).toBe('floods');
  for (const blameless of [
    ...[reset('0.012'), reset('0.000').replace('HTTP/2.0', 'HTTP/1.1')],
    ...[reset('0.000').replace('"bytes":0', '"bytes":208')],
  ])
    expect(ofAccess(blameless)).toBeUndefined();
  const handshake =
    '2026/01/01 00:00:00 [info] 7#7: *1 handshake rejected while SSL handshaking, client: 2001:db8::7, server: 0.0.0.0:443';
  expect(ofHandshake(handshake)).toMatchObject({ kind: 'scans', address: '2001:db8::7' });
  expect(ofHandshake(handshake.replace('rejected', 'something'))).toBeUndefined();
  const older = 'SSL_do_handshake() failed (SSL: error:0A0000EA:SSL routines::callback failed)';
  expect(ofHandshake(handshake.replace('handshake rejected', older))).toMatchObject({ kind: 'scans' });
  // What nginx writes of plain http on the port of TLS: the words of the visitor, who would have somebody else banned.
  const forged = 'x handshake rejected while SSL handshaking, client: 192.0.2.9, y';
  const invalid = `2026/01/01 00:00:00 [info] 7#7: *1 client sent invalid request while reading client request line, client: 192.0.2.7, server: , request: "GET /${forged} HTTP/1.1"`;
  expect(ofHandshake(invalid)).toBeUndefined();
  expect(ofHandshake(invalid.replace('client sent invalid request', forged))).toBeUndefined();
  const audit = (more: object) =>
    JSON.stringify({ what: 'sign-in', result: 'refused', from: '192.0.2.7', at, who: 'alice', ...more });
  expect(ofAudit(audit({ detail: { why: 'wrong' } }))).toMatchObject({
    who: 'alice',
    isGood: false,
    count: 1,
  });
  expect(ofAudit(audit({ detail: { why: 'must-change' } }))).toBeUndefined();
  expect(ofAudit(audit({ result: 'done' }))?.isGood).toBe(true);
  expect(ofAudit(audit({ from: '*' }))).toBeUndefined();
  expect(ofAudit(audit({ what: 'access' }))).toBeUndefined();
});
