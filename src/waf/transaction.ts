import { askedAt } from '../lib/own-question.ts';
import { isSumRule, parseWafSummary, type WafSummary, wafCanary, wafSummary } from '../lib/waf-log.ts';

/** One line of ModSecurity's audit log (JSON), as it stands there: with what clients sent, secrets too. It stays in this process. */
export interface WafTransaction {
  readonly at: Date;
  readonly request: string;
  readonly address: string;
  readonly method: string;
  /** Path and query as sent. */
  readonly uri: string;
  readonly status: number;
  /** Whether the engine only looked: what ModSecurity itself says. */
  readonly isDetectionOnly: boolean;
  readonly summary?: WafSummary;
  /** Of rules that add up what others found. */
  readonly sums: readonly WafFound[];
  readonly found: readonly WafFound[];
  /** What was found is not known: the line was too long to be read whole, or does not tell. */
  readonly isCut: boolean;
  /** The line does not tell, since this is the very question that a gateway asks itself, with a mark or with one that is made up. */
  readonly isBrief?: true;
}

/** What one rule found. */
export interface WafFound {
  readonly rule: number;
  readonly message: string;
  /** What of the request: `ARGS:q`, `REQUEST_METHOD`. */
  readonly target?: string;
  /** What matched there, after the rule's transformations; ModSecurity shortens it. */
  readonly matched?: string;
  /** The whole of what was looked at there. */
  readonly value?: string;
  /** As syslog has them (RFC 5424): 2 critical … 5 notice. */
  readonly severity: number;
  /** File of the rules. */
  readonly file: string;
  readonly tags: readonly string[];
}

/** Rules of ours, which find nothing. */
const ofOurs: readonly number[] = [wafSummary.rule, wafCanary.rule];

/** A line of the audit log; nothing when it is none. Text in it is whatever clients sent. */
export function parseTransaction(line: string): WafTransaction | undefined {
  let read: unknown;
  try {
    read = JSON.parse(line);
  } catch {
    return undefined;
  }
  const transaction = record(record(read).transaction);
  const request = record(transaction.request);
  const at = timeOf(text(transaction.time_stamp));
  const id = text(transaction.unique_id);
  const address = text(transaction.client_ip);
  if (!at || id === '' || address === '') return undefined;
  const who = {
    ...{ at, request: id, address },
    ...{ method: text(request.method), uri: text(request.uri) },
    status: Number(record(transaction.response).http_code) || 0,
  };
  if (transaction.messages === undefined) return { ...who, ...untold(who.uri) };
  const messages = list(transaction.messages).map(foundOf);
  const summary = summaryOf(list(transaction.messages));
  return {
    ...who,
    isDetectionOnly: record(transaction.producer).secrules_engine === 'DetectionOnly',
    ...(summary ? { summary } : {}),
    sums: messages.filter(({ rule }) => isSumRule(rule)),
    found: messages.filter(({ rule }) => !isSumRule(rule) && !ofOurs.includes(rule)),
    isCut: false,
  };
}

/** What is known where a line does not tell what was found: that it was refused, by one that found enough (`src/engines/nginx/waf/canary.ts`). */
function untold(uri: string) {
  const publication = askedAt(uri);
  const [inbound, outbound] = [
    { inbound: 5, inboundThreshold: 5 },
    { outbound: 0, outboundThreshold: 5 },
  ];
  return {
    ...(publication ? { summary: { publication, mode: 'block' as const, ...inbound, ...outbound } } : {}),
    ...{ isDetectionOnly: false, sums: [], found: [], isCut: true, isBrief: true as const },
  };
}

/**
 * What the ends of a line tell that is too long to be kept: ModSecurity writes who asked first, before anything that a client
 * sent, and the summary last.
 */
export function parseCut(head: string, tail: string): WafTransaction | undefined {
  const before = (head.split('"request":{')[0] ?? '').replace(/,$/, '');
  let first: Record<string, unknown>;
  try {
    first = record(record(JSON.parse(`${before}}}`)).transaction);
  } catch {
    return undefined;
  }
  const at = timeOf(text(first.time_stamp));
  const id = text(first.unique_id);
  const address = text(first.client_ip);
  if (!at || id === '' || address === '') return undefined;
  // The last message is the summary's: what clients sent cannot come after it, and in a JSON text they have no bare quote.
  const last = tail.slice(tail.lastIndexOf('{"message":'));
  let summary: WafSummary | undefined;
  try {
    summary = summaryOf([JSON.parse(last.replace(/\]\}\}\s*$/, ''))]);
  } catch {
    summary = undefined;
  }
  const method = /^\{"method":"([A-Z]{1,20})"/.exec(`{${head.split('"request":{')[1] ?? ''}`)?.[1] ?? '';
  return {
    ...{ at, request: id, address, method, uri: '', status: 0, isDetectionOnly: false },
    ...(summary ? { summary } : {}),
    ...{ sums: [], found: [], isCut: true },
  };
}

function summaryOf(messages: readonly unknown[]): WafSummary | undefined {
  for (const each of [...messages].reverse()) {
    const { details } = record(each);
    const { ruleId, data } = record(details);
    if (Number(ruleId) === wafSummary.rule) return parseWafSummary(text(data));
  }
  return undefined;
}

function foundOf(entry: unknown): WafFound {
  const details = record(record(entry).details);
  const match = text(details.match);
  const data = text(details.data);
  const target = targetOf(match, data);
  const value = lookedAt(match, data, target);
  const matched = /^Matched Data: ([\s\S]*?) found within /.exec(data)?.[1];
  return {
    rule: Number(details.ruleId) || 0,
    message: text(record(entry).message),
    ...(target === undefined ? {} : { target }),
    ...(matched === undefined ? {} : { matched }),
    ...(value === undefined ? {} : { value }),
    severity: severityOf(details.severity),
    file: text(details.file).split('/').at(-1) ?? '',
    tags: list(details.tags).map(text),
  };
}

/**
 * What of the request matched. The operator's own words come first, which are the rules', then the name, then the value. Operators of
 * libinjection tell it only in the CRS's `logdata`, and so do chains, whose last rule looks at something else.
 */
function targetOf(match: string, data: string): string | undefined {
  const told = /' against variable `([\s\S]*?)' \(Value: `/.exec(match)?.[1];
  const said = /^Matched Data: (?:[\s\S]*?) found within ([A-Z_]+(?::[^\s]*?)?): /.exec(data)?.[1];
  return told === undefined || /^(?:TX|MATCHED_VARS?|MATCHED_VARS?_NAMES?)\b/.test(told)
    ? (said ?? told)
    : told;
}

function lookedAt(match: string, data: string, target: string | undefined): string | undefined {
  const mark = ` found within ${target}: `;
  const at = target === undefined ? -1 : data.indexOf(mark);
  // The CRS's word is whole, where ModSecurity's is shortened and has its bytes written as \xNN.
  if (at >= 0) return data.slice(at + mark.length);
  return /' \(Value: `([\s\S]*)' \)$/.exec(match)?.[1];
}

/** `Thu Nov 26 04:38:44 2026`: asctime(3), in the zone of the machine. */
function timeOf(written: string): Date | undefined {
  const found = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})$/.exec(written);
  if (!found) return undefined;
  const [, month = '', day, hour, minute, second, year] = found;
  const index = 'JanFebMarAprMayJunJulAugSepOctNovDec'.indexOf(month) / 3;
  if (!Number.isInteger(index) || index < 0) return undefined;
  return new Date(Number(year), index, Number(day), Number(hour), Number(minute), Number(second));
}

const names = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'];

function severityOf(written: unknown): number {
  const number = Number(written);
  if (written !== '' && Number.isInteger(number)) return number;
  const named = names.indexOf(text(written).toLowerCase());
  return named < 0 ? 5 : named;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const text = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
