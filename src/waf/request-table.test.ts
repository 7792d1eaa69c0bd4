import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { RequestTable } from './request-table.ts';

const request = (n: number): string => createHash('md5').update(`${n}`).digest('hex');

test('each request has its own value, however many there are', () => {
  const table = new RequestTable();
  for (let n = 0; n < 20_000; n++) table.add(request(n));
  for (let n = 0; n < 20_000; n += 2) expect(table.set(request(n), n + 1)).toBe(true);
  table.add(request(2));
  expect(table.size).toBe(20_000);
  for (let n = 0; n < 20_000; n++) expect(table.get(request(n))).toBe(n % 2 === 0 ? n + 1 : 0);
  expect(table.set(request(20_000), 1)).toBe(false);
  expect(table.get(request(20_000))).toBe(0);
  expect(table.isFull).toBe(false);
});

test('what is no number of a request is in none, and zeros are one', () => {
  const table = new RequestTable();
  for (const text of ['', 'x', request(1).toUpperCase(), request(1).slice(1)]) table.add(text);
  expect(table.size).toBe(0);
  const zeros = '0'.repeat(32);
  table.add(zeros);
  expect(table.set(zeros, 7)).toBe(true);
  expect(table.get(zeros)).toBe(7);
});
