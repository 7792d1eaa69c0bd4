import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { message } from '../../model/message.ts';
import { nextTry, renewalMoment, renewalWindow } from './renewal.ts';
import type { Advice, Attempts } from './types.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const now = Date.parse('2026-11-25T12:00:00Z');
const life = fc.record({
  start: fc.integer({ min: now - 400 * day, max: now }),
  days: fc.double({ min: 0.1, max: 400, noNaN: true }),
});
const span = life.map(({ start, days }) => ({ start, end: start + days * day }));

describe('renewalWindow', () => {
  test('without advice: after two thirds of the life, and long before its end', () => {
    fc.assert(
      fc.property(span, (valid) => {
        const { start, end } = renewalWindow(valid);
        expect(start).toBeGreaterThan(valid.start);
        expect(valid.end - start).toBeCloseTo((valid.end - valid.start) / 3, 0);
        expect(end).toBeGreaterThan(start);
        expect(valid.end - end).toBeGreaterThan((valid.end - valid.start) / 5);
      }),
    );
  });

  test('a certificate of six days has two days for it', () => {
    const { start } = renewalWindow({ start: now, end: now + 6 * day });
    expect(start).toBe(now + 4 * day);
  });

  test('advice is followed, also when it says at once', () => {
    const window = { start: now - 2 * day, end: now - day };
    expect(renewalWindow({ start: now, end: now + 90 * day }, { window, again: now })).toEqual(window);
  });

  test('advice that makes no sense is not followed', () => {
    const valid = { start: now, end: now + 90 * day };
    for (const window of [
      { start: now + 100 * day, end: now + 101 * day },
      { start: now + day, end: now },
      { start: Number.NaN, end: Number.NaN },
    ]) {
      const advice: Advice = { window, again: now };
      expect(renewalWindow(valid, advice)).toEqual(renewalWindow(valid));
    }
  });
});

describe('renewalMoment', () => {
  test('is in the window, and the same each time', () => {
    fc.assert(
      fc.property(span, fc.string(), (window, identity) => {
        const moment = renewalMoment(window, identity);
        expect(moment).toBeGreaterThanOrEqual(window.start);
        expect(moment).toBeLessThan(window.end);
        expect(renewalMoment(window, identity)).toBe(moment);
      }),
    );
  });

  test('a thousand certificates of one day are spread over all of it', () => {
    const tenths = Array<number>(10).fill(0);
    for (let n = 0; n < 1000; n++)
      (tenths[Math.floor(renewalMoment({ start: 0, end: 10 }, `site ${n}`))] as number) += 1;
    for (const count of tenths) expect(count).toBeGreaterThan(60);
  });
});

describe('nextTry', () => {
  const attempts = (failures: number, last: number, notBefore?: number): Attempts => ({
    ...{ failures, last, fault: message('acme.key', { file: '' }) },
    ...(notBefore === undefined ? {} : { notBefore }),
  });

  test('nothing failed: at once', () => {
    expect(nextTry(undefined, 'a')).toBe(0);
  });

  test('each failure waits longer than the one before, half a day and a spread at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.string(), (failures, identity) => {
        const wait = nextTry(attempts(failures, now), identity) - now;
        expect(wait).toBeGreaterThanOrEqual(5 * minute);
        expect(wait).toBeLessThanOrEqual(0.6 * day);
        expect(nextTry(attempts(failures + 7, now), identity) - now).toBeGreaterThanOrEqual(12 * 60 * minute);
      }),
    );
  });

  test('never before the authority allows, were it not longer than any limit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 0, max: 400 * day }),
        (failures, wait) => {
          const next = nextTry(attempts(failures, now, now + wait), 'a');
          expect(next).toBeGreaterThanOrEqual(Math.min(now + wait, now + 7 * day));
          expect(next).toBeLessThanOrEqual(now + Math.max(7 * day, 0));
        },
      ),
    );
  });

  test('who tries whenever allowed makes four attempts in any hour at most', () => {
    fc.assert(
      fc.property(fc.string(), (identity) => {
        const times = [now];
        for (let failures = 1; failures < 20; failures++)
          times.push(nextTry(attempts(failures, times.at(-1) as number), identity));
        for (const start of times) {
          const within = times.filter((time) => time >= start && time < start + 60 * minute);
          expect(within.length).toBeLessThanOrEqual(4);
        }
      }),
    );
  });
});
