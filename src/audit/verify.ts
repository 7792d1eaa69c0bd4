import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { type AuditRecord, genesis, readLine } from './entry.ts';
import { auditFolder, parseHead, publicKeyOf, readHead, segmentsOf } from './files.ts';
import { linesOf } from './lines.ts';

/** What is wrong with a log, and where: `first` to `last` are numbers of records. */
export interface AuditBreak {
  /**
   * `altered`: a record is not as it was written. `inserted`: something that was never written, or a copy. `moved`: a record
   * stands elsewhere. `removed`: records are not there. `truncated`: the end is not there. `head`: the signed head is missing
   * or not this log's. `key`: the log's key is missing.
   */
  readonly kind: 'altered' | 'inserted' | 'moved' | 'removed' | 'truncated' | 'head' | 'key';
  readonly file?: string;
  readonly line?: number;
  readonly first?: number;
  readonly last?: number;
}

export interface Verified {
  /** How many records are as they were written. */
  readonly records: number;
  readonly breaks: readonly AuditBreak[];
}

interface Line {
  readonly file: string;
  readonly line: number;
  readonly record: Pick<AuditRecord, 'seq' | 'hash' | 'previous'> | undefined;
}

/**
 * Reads a whole log and says where its chain breaks. `kept` is a head that was kept elsewhere (what `poterne audit head`
 * printed): it shows what somebody did who holds the log's key.
 */
export async function verifyAudit(state: string, kept?: string): Promise<Verified> {
  const folder = auditFolder(state);
  const key = await publicKeyOf(folder);
  const segments = await segmentsOf(folder);
  if (!key) return { records: 0, breaks: segments.length > 0 || kept !== undefined ? [{ kind: 'key' }] : [] };
  const lines: Line[] = [];
  for (const segment of segments)
    for await (const { text, line } of linesOf(join(folder, segment))) {
      const record = readLine(text, key);
      lines.push({
        file: segment,
        line,
        record: record && { seq: record.seq, hash: record.hash, previous: record.previous },
      });
    }
  const hashes = new Map(lines.flatMap(({ record }) => (record ? [[record.seq, record.hash] as const] : [])));
  const last = Math.max(0, ...hashes.keys());
  const breaks = [
    ...chainBreaks(lines),
    ...headBreaks(hashes, last, lines.length, await readHead(folder, key)),
    ...(kept === undefined ? [] : keptBreaks(hashes, last, kept, key)),
  ];
  return { records: hashes.size, breaks: unique(breaks) };
}

function chainBreaks(lines: readonly Line[]): readonly AuditBreak[] {
  const breaks: AuditBreak[] = [];
  const seen = new Map<number, string>();
  const whole = new Set(lines.flatMap(({ record }) => record?.seq ?? []));
  // Where a later line has the number that is expected, what stands in between does not belong there.
  let expected = 1;
  for (const [n, { file, line, record }] of lines.entries()) {
    const at = { file, line };
    if (!record) {
      const next = lines.slice(n + 1).find((each) => each.record)?.record?.seq;
      const isAltered = !whole.has(expected) && (next === undefined || next > expected);
      breaks.push(isAltered ? { kind: 'altered', ...at, first: expected } : { kind: 'inserted', ...at });
      if (isAltered) expected++;
      continue;
    }
    const { seq } = record;
    if (seen.has(seq)) {
      breaks.push({ kind: 'inserted', ...at, first: seq });
      continue;
    }
    seen.set(seq, record.hash);
    if (seq < expected) {
      breaks.push({ kind: 'moved', ...at, first: seq });
      continue;
    }
    breaks.push(...missing(expected, seq - 1, whole, at));
    // What was written after a record says so; whoever has the key can sign another, and the next one does not follow it.
    const before = seq === 1 ? genesis : seen.get(seq - 1);
    if (before !== undefined && before !== record.previous)
      breaks.push({ kind: 'altered', ...at, first: seq - 1 });
    expected = seq + 1;
  }
  return breaks;
}

/** Numbers that no record has, in stretches. */
function missing(
  from: number,
  to: number,
  whole: ReadonlySet<number>,
  at: { readonly file: string; readonly line: number },
): readonly AuditBreak[] {
  const breaks: AuditBreak[] = [];
  for (let seq = from; seq <= to; seq++) {
    if (whole.has(seq)) continue;
    const first = seq;
    while (seq < to && !whole.has(seq + 1)) seq++;
    breaks.push({ kind: 'removed', ...at, first, last: seq });
  }
  return breaks;
}

type Hashes = ReadonlyMap<number, string>;

function headBreaks(
  hashes: Hashes,
  last: number,
  lines: number,
  head: Awaited<ReturnType<typeof readHead>>,
): readonly AuditBreak[] {
  if (!head) return lines === 0 ? [] : [{ kind: 'head' }];
  return beyond(hashes, last, head);
}

function keptBreaks(hashes: Hashes, last: number, kept: string, key: KeyObject): readonly AuditBreak[] {
  const head = parseHead(kept, key);
  return head ? beyond(hashes, last, head) : [{ kind: 'head' }];
}

function beyond(
  hashes: Hashes,
  last: number,
  { seq, hash }: { readonly seq: number; readonly hash: string },
): readonly AuditBreak[] {
  if (seq > last) return [{ kind: 'truncated', first: last + 1, last: seq }];
  const there = hashes.get(seq);
  return there === undefined || there === hash || seq === 0 ? [] : [{ kind: 'altered', first: seq }];
}

function unique(breaks: readonly AuditBreak[]): readonly AuditBreak[] {
  const seen = new Set<string>();
  return breaks.filter((each) => {
    const text = JSON.stringify(each);
    return !seen.has(text) && seen.add(text);
  });
}
