import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { anew, begin, by, cookieOf, end, gate, passOf } from './testing-badges.ts';
import { told } from './testing-gateway.ts';

// What somebody could write in a cookie to keep nginx busy, or to have it log what is secret: where PCRE gives up, nginx writes all that it read.

beforeAll(begin);
afterAll(end);
beforeEach(anew);

const errors = () => readFile(join(gate.gateway.prefix, 'log/error.log'), 'utf8');

/** Cookies of 16 KB, the most that nginx reads in one line. */
const long = (run: string, taken = 0) => run.repeat(Math.floor((16_000 - taken) / run.length));
const hostile: readonly string[] = [
  ' ',
  '\t',
  ';',
  '; ',
  '; \t',
  '|',
  'a; ',
  ';__Host-poterne=x',
  ';__Host-poterne',
].flatMap((run) =>
  ['', '__Host-poterne=x|', '__Host-poterne=', 'a=1; __Host-poterne', 'a=1; __Host-poterne=x|'].flatMap(
    (begun) =>
      ['', 'x', ';x', '"', `; ${cookieOf('alice')}`].map(
        (ended) => `${begun}${long(run, begun.length + ended.length)}${ended}`,
      ),
  ),
);

test('no cookie has PCRE give up, where people sign in and where they do not, shown by badge or not', async () => {
  const before = await errors();
  for (const host of ['open.localhost', 'other.localhost'])
    for (const cookie of hostile) {
      const { status } = await gate.gateway.get(host, '/', by(cookie));
      expect([200, 401]).toContain(status);
    }
  expect((await errors()).slice(before.length)).toBe('');
});

test('a cookie that PCRE would have given up on is taken out as others are', async () => {
  const more = Array.from({ length: 3 }, (_, n) => `__Host-poterne${n}=${' '.repeat(4000)}x`).join('; ');
  for (const host of ['open.localhost', 'other.localhost']) {
    const reply = await gate.gateway.get(host, '/', by(`a=1; ${cookieOf('alice')}; ${more}; b=2`));
    expect(told(reply).headers.cookie).toBe('a=1; b=2');
    expect(await errors()).not.toContain(passOf('alice').slice(18));
  }
});
