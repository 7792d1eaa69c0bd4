import { describe, expect, test } from 'vitest';
import { parseDuration, shortDuration } from './duration.ts';
import { contains, inNetwork, isLoopback, isPrivate, networkText, overlaps, parseNetwork } from './ip.ts';
import { parseRate } from './rate.ts';
import { parseSize, shortSize, writtenSize } from './size.ts';

test.each([
  ['30s', 30_000],
  ['5m', 300_000],
  ['1y', 31_536_000_000],
  ['5', undefined],
  ['-5s', undefined],
  ['5 minutes', undefined],
])('duration %s', (text, value) => expect(parseDuration(text)).toBe(value));

test('a span is short', () => {
  expect(shortDuration(90_000)).toBe('1 min');
  expect(shortDuration(12)).toBe('12 ms');
});

test.each([
  ['20MB', 20_000_000],
  ['1GiB', 1_073_741_824],
  ['5KB', 5000],
  ['20', undefined],
  ['lots', undefined],
])('size %s', (text, value) => expect(parseSize(text)).toBe(value));

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [3_840_000_000, '3.8 GB'],
  [120_400_000, '120 MB'],
  [5e15, '5000 TB'],
])('%d bytes in short', (bytes, text) => expect(shortSize(bytes)).toBe(text));

test.each(['0B', '999B', '128kB', '256KiB', '2GB', '1536KiB'])('%s is written as it was read', (text) =>
  expect(writtenSize(parseSize(text) as number)).toBe(text),
);

test.each([
  ['10/s', { count: 10, per: 's' }],
  ['300/m', { count: 300, per: 'm' }],
  ['0/s', undefined],
  ['10', undefined],
])('rate %s', (text, value) => expect(parseRate(text)).toEqual(value));

describe('networks', () => {
  test.each([
    ['10.0.0.7', '10.0.0.7/32'],
    ['10.0.0.7/24', '10.0.0.0/24'],
    ['2001:db8::1/32', '2001:db8::/32'],
    ['10.0.0', undefined],
    ['10.0.0.0/33', undefined],
    ['10.0.0.0/', undefined],
    ['fe80::1%eth0', undefined],
  ])('%s', (text, value) => expect(parseNetwork(text)).toBe(value));

  test('membership, mapped addresses included', () => {
    expect(inNetwork('10.0.0.9', '10.0.0.0/24')).toBe(true);
    expect(inNetwork('::ffff:10.0.0.9', '10.0.0.0/24')).toBe(true);
    expect(inNetwork('::1', '10.0.0.0/24')).toBe(false);
  });

  test.each([
    ['10.0.0.0/8', '10.0.0.0/24', true],
    ['10.0.0.0/24', '10.0.0.0/24', true],
    ['10.0.0.0/24', '10.0.0.0/8', false],
    ['0.0.0.0/0', '::/0', false],
    ['::/0', 'fd00::/64', true],
  ])('%s contains %s: %s', (outer, inner, is) => {
    expect(contains(outer, inner)).toBe(is);
    expect(overlaps(outer, inner)).toBe(is || contains(inner, outer));
  });

  test('what stays on a machine, and what stays at home', () => {
    expect(['127.1.2.3', '::1', '::ffff:127.0.0.1', '10.0.0.1', 'localhost'].map(isLoopback)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(['10.0.0.0/8', 'fd00:1::/64', '10.0.0.0/7', '0.0.0.0/0', '192.0.2.0/24'].map(isPrivate)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  test('a single address is written without its length', () => {
    expect(['10.0.0.7/32', 'fd00::7/128', '10.0.0.0/24', '2001:db8::/32', 'erp'].map(networkText)).toEqual([
      '10.0.0.7',
      'fd00::7',
      '10.0.0.0/24',
      '2001:db8::/32',
      'erp',
    ]);
  });
});
