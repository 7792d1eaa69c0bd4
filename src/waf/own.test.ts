import { expect, test } from 'vitest';
import { marked, ownKeyOf, ownMark, ownMarkLasts } from '../lib/own-question.ts';
import { wafQuestion } from '../lib/waf-question.ts';
import type { Route } from '../model/site.ts';
import type { Waf } from '../model/waf.ts';
import { ownBy } from './own.ts';
import type { WafTransaction } from './transaction.ts';

const key = ownKeyOf('a machine’s key');
const now = new Date('2026-11-26T08:00:00Z');
const question = wafQuestion([] as readonly Route[], { skip: [] as readonly string[] } as Waf) as string;
const found = (target: string, rule = 942100): WafTransaction['found'][number] => ({
  ...{ rule, target, message: '', severity: 2, file: '', tags: [] },
});
const asked = (uri: string, more: Partial<WafTransaction> = {}): WafTransaction => ({
  ...{ at: now, request: 'r', address: '192.0.2.1', method: 'GET', uri, status: 403 },
  ...{ isDetectionOnly: false, sums: [], found: [found('ARGS:poterne')], isCut: false },
  ...more,
});
const after = (milliseconds: number) => new Date(now.getTime() + milliseconds);

test('a question with the gateway’s mark is its own, for some minutes', () => {
  const own = asked(marked(question, ownMark(key, now)));
  const isOwn = ownBy(key);
  expect(isOwn(own)).toBe(true);
  expect(isOwn({ ...own, at: after(ownMarkLasts - 1000) })).toBe(true);
  expect(isOwn({ ...own, found: [found('ARGS:poterne'), found('REQUEST_HEADERS:Host', 920350)] })).toBe(true);
  const brief = {
    uri: marked(question, ownMark(key, now), 'erp.1'),
    found: [],
    isCut: true,
    isBrief: true,
  } as const;
  expect(isOwn({ ...own, ...brief })).toBe(true);
  // In the hour that comes twice, the log's time may be that of an hour ago.
  expect(isOwn({ ...own, at: after(-3_600_000) })).toBe(true);
});

test('whoever imitates it is a visitor', () => {
  const mark = ownMark(key, now);
  const uri = marked(question, mark);
  const isOwn = ownBy(key);
  for (const other of [
    asked(question),
    asked(marked(question, 'zzzzzz.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')),
    asked(marked(question, ownMark(ownKeyOf('another'), now))),
    asked(marked(question, mark.replace(/^./, 'z'))),
    // A mark that was seen somewhere: too late, too early, and with more than the question.
    asked(uri, { at: after(ownMarkLasts + 2000) }),
    asked(uri, { at: after(-ownMarkLasts - 3_700_000) }),
    asked(`${uri}&q=1`),
    asked(marked(`/?own=1&a=${question}`, mark)),
    asked(marked('/search?q=%3Cscript%3E', mark)),
    asked(uri, { method: 'POST' }),
    asked(uri, { found: [found('ARGS:poterne'), found('REQUEST_COOKIES:c')] }),
    asked(uri, { found: [found('ARGS:poterne'), found('REQUEST_HEADERS:User-Agent', 913100)] }),
    asked(uri, { isCut: true }),
    asked(marked(question, ownMark(ownKeyOf('another'), now), 'erp'), { isCut: true, isBrief: true }),
    asked(marked(`${question}&q=1`, mark, 'erp'), { isCut: true, isBrief: true }),
  ])
    expect(isOwn(other), other.uri).toBe(false);
});
