import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { giveToOwner, syncFolder } from '../hosts/files.ts';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import { withLock } from '../store/lock.ts';
import { type AuditEntry, type AuditRecord, lineOf, type Position, readLine, recordOf } from './entry.ts';
import { auditFolder, beginning, openKey, readHead, segmentFrom, segmentsOf, writeHead } from './files.ts';

/** A new file begins when the last one is larger than this many bytes. */
const largest = 16 << 20;
/** No record's line is longer. */
const longestLine = 1 << 20;
/** How long another writer may hold the log, in milliseconds. */
const patience = 30_000;

/** The log of who did what, to which one can only add. */
export interface AuditLog {
  /**
   * Adds an entry: it is on the disk, and the chain goes on from it, when this comes back. Throws `audit.unwritable` when it
   * cannot be: what was to be done must not be done then.
   */
  append(entry: AuditEntry): Promise<AuditRecord>;
}

interface Waiting {
  readonly entry: AuditEntry;
  readonly at: string;
  readonly done: (record: AuditRecord) => void;
  readonly failed: (error: unknown) => void;
}

/** The end of the log as its files have it. */
interface End extends Position {
  /** The file that is written to; absent before the first record. */
  readonly segment?: string;
  readonly size: number;
}

/**
 * Opens the log of a state folder, made the first time. Any number of processes may write to it. What comes while the disk is
 * busy is written together, with one flush. Throws `audit.unwritable`.
 */
export async function openAudit(state: string, now: () => Date = () => new Date()): Promise<AuditLog> {
  const folder = auditFolder(state);
  const key = await withFault(folder, async () => {
    const made = await openKey(folder);
    await giveToOwner(folder);
    return made;
  });
  let waiting: Waiting[] = [];
  let isWriting = false;

  async function writeAll(): Promise<void> {
    if (isWriting) return;
    isWriting = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        const records = await withFault(folder, () =>
          withLock(folder, patience, () => writeBatch(folder, key, batch)),
        );
        for (const [i, { done }] of batch.entries()) done(records[i] as AuditRecord);
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    isWriting = false;
  }

  return {
    append: (entry) =>
      new Promise((done, failed) => {
        waiting.push({ entry, at: now().toISOString(), done, failed });
        void writeAll();
      }),
  };
}

async function withFault<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const reason =
      cause instanceof Fault ? cause.code : ((cause as NodeJS.ErrnoException).code ?? String(cause));
    const params = { folder, reason };
    throw new Fault('audit.unwritable', params, { cause, next: message('audit.unwritable.next', params) });
  }
}

async function writeBatch(
  folder: string,
  key: KeyObject,
  batch: readonly Waiting[],
): Promise<readonly AuditRecord[]> {
  const end = await findEnd(folder, key);
  const records: AuditRecord[] = [];
  let last: Position = end;
  for (const { entry, at } of batch) {
    const record = recordOf(entry, at, last, key);
    records.push(record);
    last = record;
  }
  const text = records.map((record) => `${lineOf(record)}\n`).join('');
  const isFresh = end.segment === undefined || end.size > largest;
  const segment = end.segment !== undefined && !isFresh ? end.segment : segmentFrom(end.seq + 1);
  const file = await open(join(folder, segment), isFresh ? 'ax' : 'a', 0o600);
  try {
    // A crash left a part of a line that nobody was told is written.
    if (!isFresh) await file.truncate(end.size);
    await file.appendFile(text);
    await file.datasync();
  } catch (error) {
    await file.truncate(isFresh ? 0 : end.size).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
  if (isFresh) {
    await syncFolder(folder);
    await giveToOwner(folder);
  }
  await writeHead(folder, last, key);
  await giveToOwner(folder);
  return records;
}

/**
 * Where the log goes on: after its last whole record. Where that is before what the signed head says, the end was taken away, and
 * the chain goes on from the head: the gap stays for `verify` to see.
 */
async function findEnd(folder: string, key: KeyObject): Promise<End> {
  const segment = (await segmentsOf(folder)).at(-1);
  const head = await readHead(folder, createPublicKey(key));
  if (segment === undefined) return { ...(head ?? beginning), size: 0 };
  const file = await open(join(folder, segment), 'r');
  try {
    const { line, end } = await lastLine(file);
    const record = line === undefined ? undefined : readLine(line, createPublicKey(key));
    const last = [record, head].reduce<Position>(
      (most, each) => (each && each.seq > most.seq ? { seq: each.seq, hash: each.hash } : most),
      line === undefined ? { seq: Number(segment.split('.')[0]) - 1, hash: beginning.hash } : beginning,
    );
    return { ...last, segment, size: end };
  } finally {
    await file.close();
  }
}

/** The last line of a file that ends with a line feed, and where it ends. */
async function lastLine(file: FileHandle): Promise<{ line: string | undefined; end: number }> {
  const { size } = await file.stat();
  const length = Math.min(size, 2 * longestLine);
  const bytes = Buffer.alloc(length);
  await file.read(bytes, 0, length, size - length);
  const end = bytes.lastIndexOf('\n');
  if (end < 0) return { line: undefined, end: 0 };
  const begin = bytes.lastIndexOf('\n', end - 1) + 1;
  return { line: bytes.toString('utf8', begin, end), end: size - length + end + 1 };
}
