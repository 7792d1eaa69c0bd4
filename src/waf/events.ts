import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { mask, maskName } from './mask.ts';
import { type IsOwn, nobodysOwn } from './own.ts';
import { parseCut, parseTransaction, type WafFound, type WafTransaction } from './transaction.ts';

/** What one rule found, as it may be shown to people. */
export interface WafMatch {
  readonly rule: number;
  /** What of the request: `ARGS:q`, `REQUEST_METHOD`. */
  readonly target?: string;
  /** What the rule says of it, in the rules' own English. */
  readonly message: string;
  /** As syslog has them (RFC 5424): 2 critical … 5 notice. */
  readonly severity: number;
  /** What was there, masked. */
  readonly value?: string;
  /** File of the rules. */
  readonly file: string;
}

/** A request in which the web application firewall found something. Nothing in it is secret, or drives a terminal. */
export interface WafEvent {
  readonly at: Date;
  /** nginx's `$request_id`: the reference on the page of the blocked, and `request` in the access log. */
  readonly request: string;
  /** Id of the publication; absent where the log does not tell. */
  readonly publication?: string;
  readonly address: string;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  /** Refused by the firewall. */
  readonly blocked: boolean;
  /** It would have been, were the publication not only observed. */
  readonly wouldBlock: boolean;
  /** Anomaly score of the request, and of the answer to it. */
  readonly score: number;
  readonly outboundScore: number;
  readonly matches: readonly WafMatch[];
  /** What matched is not known: the line was too long to be read whole, or does not tell. */
  readonly cut: boolean;
  /** So much was found that further families of rules were not asked: what they would have found is not told. */
  readonly unfinished?: true;
}

/** What was read of a log. */
export interface WafLogCounts {
  lines: number;
  /** Lines that are no transaction: cut off by a crash, or somebody else's. */
  broken: number;
  /** Lines longer than what is kept of one. */
  cut: number;
}

/**
 * A line of the log for whoever follows it (as `tail -F` does), or the beginning and the end of one that is too long; nothing when it is none, or
 * the gateway's own question.
 */
export function parseWafEvent(line: string, end?: string, isOwn: IsOwn = nobodysOwn): WafEvent | undefined {
  const read = end === undefined ? parseTransaction(line) : parseCut(line, end);
  return read && !isOwn(read) ? eventOf(read) : undefined;
}

/** Which of a log is read. */
export interface WafReading {
  /** Nothing that is older. */
  readonly since?: Date;
  /** Told what was read. */
  readonly counts?: WafLogCounts;
  /** What is left out. */
  readonly isOwn?: IsOwn;
}

/**
 * The events of a log, oldest file first, one in memory at a time. `file` is the log that is written now; its rotated ones
 * (`.1`, `.2.gz`) are read before it.
 */
export async function* readWafEvents(file: string, options: WafReading = {}): AsyncGenerator<WafEvent> {
  for await (const read of readTransactions(file, options)) yield eventOf(read);
}

/** The numbers of the requests of a publication, without what was found: a tenth of the work. */
export async function* requestsOf(files: readonly string[], publication: string): AsyncGenerator<string> {
  // Of the engine's own writing: a client's quotes are escaped.
  const [begin, mark] = ['"unique_id":"', `"data":"${publication} `];
  for (const file of files)
    for await (const block of blocksOf(file)) {
      let told = block.indexOf(mark);
      for (let at = block.indexOf(begin); at >= 0 && told >= 0; at = block.indexOf(begin, at + 1)) {
        if (told < at) told = block.indexOf(mark, at);
        const end = block.indexOf('\n', at);
        if (told < 0 || (end >= 0 && told > end)) continue;
        yield block.slice(at + begin.length, at + begin.length + 32);
      }
    }
}

/** The same with what clients sent, secrets too: for what replays a request on this machine. */
export async function* readTransactions(
  file: string,
  { since, counts = { lines: 0, broken: 0, cut: 0 }, isOwn = nobodysOwn }: WafReading = {},
): AsyncGenerator<WafTransaction> {
  for (const each of await withRotated(file, since))
    for await (const { text, end } of linesOf(each)) {
      counts.lines++;
      if (end !== undefined) counts.cut++;
      const read = end === undefined ? parseTransaction(text) : parseCut(text, end);
      if (!read) counts.broken++;
      else if ((!since || read.at >= since) && !isOwn(read)) yield read;
    }
}

function eventOf(read: WafTransaction): WafEvent {
  const { at, request, address, method, uri, summary, found, sums, isDetectionOnly, status, isCut } = read;
  const inbound = summary?.inbound ?? totalOf(sums, 949_000);
  const outbound = summary?.outbound ?? totalOf(sums, 959_000);
  const reached = summary
    ? summary.inbound >= summary.inboundThreshold || summary.outbound >= summary.outboundThreshold
    : sums.some(({ rule }) => rule < 980_000);
  const observes = summary ? summary.mode === 'observe' : isDetectionOnly;
  // What cannot be read (a broken body) is refused whatever the sum.
  const refuses = reached || found.some(isRefusal);
  return {
    at,
    request: maskName(request),
    ...(summary ? { publication: summary.publication } : {}),
    address: maskName(address),
    method: maskName(method),
    path: pathOf(uri),
    blocked: refuses && !observes && (isCut || status === 0 || status >= 400),
    wouldBlock: refuses && observes,
    score: inbound,
    outboundScore: outbound,
    matches: found.map(matchOf),
    cut: isCut,
    ...(summary?.isUnfinished ? { unfinished: true } : {}),
  };
}

/** Debian's own rules for bodies that cannot be parsed (modsecurity.conf) refuse by themselves. */
const isRefusal = ({ rule }: WafFound): boolean => rule >= 200_000 && rule < 200_100;

function matchOf({ rule, message, target, value, matched, severity, file }: WafFound): WafMatch {
  const shown = value ?? matched;
  return {
    rule,
    ...(target === undefined ? {} : { target: maskName(target) }),
    message: maskName(message),
    severity,
    ...(shown === undefined ? {} : { value: mask(shown, target) }),
    file: maskName(file),
  };
}

function totalOf(sums: readonly WafFound[], from: number): number {
  const sum = sums.find(({ rule }) => rule >= from && rule < from + 1000);
  return Number(/Score: (\d+)/.exec(sum?.message ?? '')?.[1] ?? 0);
}

function pathOf(uri: string): string {
  const path = uri.split('?', 1)[0] ?? '';
  const shown = path.replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd');
  return shown.length > 1000 ? `${shown.slice(0, 1000)}…` : shown;
}

/** A log and what it was before logrotate renamed it, oldest first; without those that were last written before a time. */
export async function withRotated(file: string, since?: Date): Promise<readonly string[]> {
  const name = basename(file);
  const folder = dirname(file);
  const found = (await readdir(folder)).flatMap((entry) => {
    if (entry === name) return [{ entry, age: 0 }];
    const age = entry.startsWith(name) ? /^\.(\d+)(?:\.gz)?$/.exec(entry.slice(name.length))?.[1] : undefined;
    return age === undefined ? [] : [{ entry, age: Number(age) }];
  });
  const files = found.sort((a, b) => b.age - a.age).map(({ entry }) => join(folder, entry));
  if (!since) return files;
  const times = await Promise.all(files.map((each) => stat(each).catch(() => undefined)));
  return files.filter((_, n) => !((times[n]?.mtimeMs ?? Number.POSITIVE_INFINITY) < since.getTime()));
}

/** What is kept of a line: its first bytes, and when it is longer, its last. */
const most = 1024 * 1024;
const kept = 16 * 1024;

/** Lines of a file, also of one that gzip made; of one that is too long, its beginning and its end. */
export async function* linesOf(
  file: string,
): AsyncGenerator<{ readonly text: string; readonly end?: string }> {
  let parts: Buffer[] = [];
  let size = 0;
  let tail = Buffer.alloc(0);
  const take = (chunk: Buffer) => {
    if (size + chunk.length <= most) parts.push(chunk);
    else {
      if (size <= most && tail.length === 0) {
        const all = Buffer.concat([...parts, chunk]);
        parts = [Buffer.from(all.subarray(0, kept))];
        tail = Buffer.from(all.subarray(-kept));
      } else tail = Buffer.from(Buffer.concat([tail, chunk.subarray(-kept)]).subarray(-kept));
    }
    size += chunk.length;
  };
  const line = () => {
    const text = Buffer.concat(parts).toString('utf8');
    const end = size > most ? tail.toString('utf8') : undefined;
    parts = [];
    size = 0;
    tail = Buffer.alloc(0);
    return { text, ...(end === undefined ? {} : { end }) };
  };
  for await (const data of bytesOf(file)) {
    const chunk = data as Buffer;
    let begin = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, begin)) {
      take(chunk.subarray(begin, at));
      if (size > 0) yield line();
      begin = at + 1;
    }
    if (begin < chunk.length) take(chunk.subarray(begin));
  }
  if (size > 0) yield line();
}

/**
 * A file's lines, some hundred kilobytes of them together, for what only looks for bytes in them: as Latin-1. Of a line that is too long, its
 * beginning and its end stand together.
 */
export async function* blocksOf(file: string): AsyncGenerator<string> {
  let rest = '';
  for await (const data of bytesOf(file)) {
    const text = rest + (data as Buffer).toString('latin1');
    const end = text.lastIndexOf('\n') + 1;
    if (end > 0) yield text.slice(0, end);
    rest = text.slice(end);
    if (rest.length > most) rest = rest.slice(0, kept) + rest.slice(-kept);
  }
  if (rest !== '') yield rest;
}

/** What is in a file, also in one that gzip made. */
function bytesOf(file: string): NodeJS.ReadableStream {
  const raw = createReadStream(file, { highWaterMark: 64 * 1024 });
  if (!file.endsWith('.gz')) return raw;
  const stream = createGunzip();
  raw.on('error', (error) => stream.destroy(error)).pipe(stream);
  return stream;
}
