import { expect, test } from 'vitest';
import { type Code, en } from '../i18n/en.ts';
import type { Evidence } from '../model/evidence.ts';
import { message } from '../model/message.ts';
import { answerExcerpt, excerptOf, printable } from './excerpt.ts';
import { adviceFor, evidenceJson, evidenceReport, wrap } from './report.ts';

const one = (about: string, held: boolean, more: Partial<Evidence> = {}): Evidence => ({
  expectation: `${about}#answers`,
  about,
  // Any message will do for a promise.
  promise: message('seen.answers.content', { status: 200, contains: 'Open-Prod' }),
  held,
  seen: message('seen.answers.held', { status: 200 }),
  vantage: 'this machine',
  at: '2026-03-01T08:00:00.000Z',
  milliseconds: 12,
  ...more,
});
const mixed = [
  one('erp.localhost', true),
  one('gateway', true, {
    promise: message('seen.listens.held', { place: '127.0.0.1:8443' }),
    seen: message('seen.listens.held', { place: '127.0.0.1:8443' }),
  }),
  one('erp.localhost', false, {
    seen: message('seen.gateway.bad'),
    excerpt: 'HTTP 502 Bad Gateway\nserver: nginx',
    milliseconds: 12_345,
  }),
];

test('a table a person can read', () => {
  expect(evidenceReport(mixed, { language: 'en', width: 90 })).toMatchInlineSnapshot(`
    "  promise                                                                             time

    erp.localhost
    ✓ status 200, with “Open-Prod”                                                       12 ms
    ✗ status 200, with “Open-Prod”                                                        12 s
      502 from the gateway: the service does not answer
      → Is the service running, at the address in the description, and can the gateway reach
        it?
      │ HTTP 502 Bad Gateway
      │ server: nginx

    the gateway
    ✓ 127.0.0.1:8443 accepts connections                                                 12 ms

    Promises broken: 1; kept: 2 of 3 (seen from this machine)."
  `);
});

test('in French, in few columns', () => {
  const report = evidenceReport(mixed, { language: 'fr', width: 60 });
  expect(report).toMatchInlineSnapshot(`
    "  promesse                                             durée

    erp.localhost
    ✓ statut 200, avec « Open-Prod »                       12 ms
    ✗ statut 200, avec « Open-Prod »                        12 s
      502 de la passerelle : le service ne répond pas
      → Le service tourne-t-il, à l’adresse de la description,
        et la passerelle peut-elle l’atteindre ?
      │ HTTP 502 Bad Gateway
      │ server: nginx

    la passerelle
    ✓ 127.0.0.1:8443 accepte les connexions                12 ms

    Promesses rompues : 1 ; tenues : 2 sur 3 (vues de this
    machine)."
  `);
  expect(Math.max(...report.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
});

test('colour only when asked', () => {
  expect(evidenceReport(mixed, { language: 'en' })).not.toContain('\u001b');
  const coloured = evidenceReport(mixed, { language: 'en', colour: true });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI colours begin with a control character
  expect(coloured.replace(/\u001b\[\d+m/g, '').replace(/ +$/gm, '')).toBe(
    evidenceReport(mixed, { language: 'en' }),
  );
  expect(coloured).toContain('\u001b[31m✗');
});

test('all kept, and nothing at all', () => {
  expect(evidenceReport([one('x', true)], { language: 'en' })).toMatch(/All promises kept: 1/);
  expect(evidenceReport([], { language: 'fr' })).toBe('Aucune promesse à vérifier.');
});

test('JSON for programs, with the words of a language', () => {
  const said = evidenceJson(mixed, 'en');
  expect(JSON.parse(JSON.stringify(said))).toEqual(said);
  expect(said.counts).toEqual({ total: 3, held: 2, broken: 1 });
  expect(said.evidence[2]).toMatchObject({
    seen: { code: 'seen.gateway.bad' },
    say: {
      seen: '502 from the gateway: the service does not answer',
      advice: expect.stringMatching(/^Is the/),
    },
  });
  expect(said.evidence[0]?.say).not.toHaveProperty('advice');
});

test('every piece of advice belongs to something seen, and uses its values only', () => {
  const values = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]);
  for (const code of Object.keys(en).filter((c) => c.startsWith('advice.')) as Code[]) {
    const seen = code.replace('advice.', 'seen.') as Code;
    expect(en).toHaveProperty([seen]);
    expect(values(en[seen])).toEqual(expect.arrayContaining(values(en[code])));
    expect(adviceFor(message(seen))?.code).toBe(code);
  }
  expect(adviceFor(message('seen.answers.held'))).toBeUndefined();
});

test('words wrap, too long ones are cut, French punctuation is not left alone', () => {
  expect(wrap('one two three', 8)).toEqual(['one two', 'three']);
  expect(wrap('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
  expect(wrap('est « là » : oui', 8)).toEqual(['est', '«\u00a0là\u00a0»\u00a0:', 'oui']);
  expect(wrap('within 3 s', 8)).toEqual(['within', '3\u00a0s']);
  expect(wrap('', 8)).toEqual(['']);
});

test('foreign text is made safe to print', () => {
  expect(printable('a\u001b[31mb\u202Ec\r\nd')).toBe('a·[31mb·c··d');
  expect(printable('x'.repeat(300))).toHaveLength(200);
  expect(excerptOf('one\n\n\ntwo  \n'.repeat(9)).split('\n')).toEqual([
    'one',
    'two',
    'one',
    'two',
    'one',
    'two',
  ]);
  expect(excerptOf('{"access_token": "abc", "password":"x", "user": "marie"}')).toBe(
    '{"access_token": "…", "password":"…", "user": "marie"}',
  );
  expect(excerptOf('bearer eyJhbGciOiJIUzI1.eyJzdWIiOiIx.sig-nature here')).toBe('bearer … here');
});

test('of a page, what it says and not its markup', () => {
  const page =
    '<!doctype html><title>502</title><style>p { color: red }</style>\n<h1>Not there</h1><!-- x --><p>Try <b>later</b>';
  const answer = {
    statusCode: 502,
    statusMessage: 'Bad Gateway',
    headers: { 'content-type': 'text/html; charset=utf-8' },
  };
  const said = answerExcerpt(answer, page);
  expect(said).toMatch(/^HTTP 502 Bad Gateway\n/);
  expect(said).toMatch(/502\s+Not there\s+Try later$/);
  expect(said).not.toMatch(/[<>]|color/);
  expect(answerExcerpt({ ...answer, headers: {} }, page)).toContain('<h1>');
});

test('what was seen of kept promises, when asked', () => {
  const kept = [one('erp.localhost', true, { excerpt: 'HTTP 200' })];
  const [brief, full] = [false, true].map((full) => evidenceReport(kept, { language: 'en', full }));
  expect(brief).not.toMatch(/HTTP 200/);
  expect(full).toMatch(/\n {2}status 200\n {2}│ HTTP 200\n/);
});
