import { createHash } from 'node:crypto';
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  statfs,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { type CastHeader, castHeader, castWriter } from './asciicast.ts';
import { mostOfCommand, type Size, type Transfer } from './protocol.ts';
import type { SessionRecord } from './record.ts';

/** What a session's folder holds. */
const files = { record: 'session.json', cast: 'recording.cast', transfers: 'transfers.jsonl' } as const;

/** A session's recording while it goes on; what is written to it can only be added to. */
export interface Recording {
  shown(stream: 'output' | 'error', bytes: Uint8Array): Promise<void>;
  resized(size: Size): Promise<void>;
  remark(text: string): Promise<void>;
  transfer(transfer: Transfer): Promise<void>;
  /** Everything that changed of the record, once it has ended; adds what became of the recording. */
  finish(record: SessionRecord): Promise<SessionRecord>;
}

/** The sessions that a bastion keeps, in a folder that only its daemon's account may enter. */
export interface Recordings {
  begin(record: SessionRecord, header: CastHeader): Promise<Recording>;
  /** From the newest to the oldest. */
  list(): Promise<readonly SessionRecord[]>;
  transfers(id: string): Promise<readonly Transfer[]>;
  /** The file of a session's recording; `undefined` for a session that there is not. */
  castOf(id: string): string | undefined;
  /** Writes over a record, of a session whose end nobody wrote. */
  amend(record: SessionRecord): Promise<void>;
  /** Removes those that ended before; the number of them. */
  forget(before: Date): Promise<number>;
  /** Bytes that may still be written. */
  free(): Promise<number>;
}

/** Opens the sessions below a state folder, and makes the folder the first time. */
export async function openRecordings(state: string): Promise<Recordings> {
  const root = join(state, 'sessions');
  await mkdir(root, { recursive: true, mode: 0o700 });
  const folderOf = (id: string) => join(root, id);
  const list = async () => {
    const names = (await readdir(root)).filter((name) => idPattern.test(name));
    const records = await Promise.all(names.map((name) => readRecord(folderOf(name))));
    return records.flatMap((record) => record ?? []).sort((a, b) => (a.began < b.began ? 1 : -1));
  };
  return {
    list,
    begin: (record, header) => begin(folderOf(record.id), record, header),
    transfers: (id) => (idPattern.test(id) ? readTransfers(folderOf(id)) : Promise.resolve([])),
    castOf: (id) => (idPattern.test(id) ? join(folderOf(id), files.cast) : undefined),
    amend: (record) => writeRecord(folderOf(record.id), record),
    async forget(before) {
      const old = (await list()).filter(({ ended }) => ended !== undefined && new Date(ended) < before);
      for (const { id } of old) await rm(folderOf(id), { recursive: true, force: true });
      return old.length;
    },
    async free() {
      const { bavail, bsize } = await statfs(root);
      return bavail * bsize;
    },
  };
}

/** What a session is called: when it began, and letters that make it the only one. */
const idPattern = /^\d{8}-\d{6}-[a-z2-7]{6}$/;

/** A new name for a session. */
export function sessionId(at: Date, random: Uint8Array): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  const letters = [...random.subarray(0, 6)].map((byte) => alphabet[byte % 32]).join('');
  const [day = '', time = ''] = at.toISOString().replaceAll(/[-:]/g, '').slice(0, 15).split('T');
  return `${day}-${time}-${letters}`;
}

async function begin(folder: string, record: SessionRecord, header: CastHeader): Promise<Recording> {
  await mkdir(folder, { mode: 0o700 });
  await writeRecord(folder, record);
  const cast = await appendOnly(join(folder, files.cast));
  await cast.add(castHeader(header));
  const writer = castWriter();
  const start = performance.now();
  const now = () => (performance.now() - start) / 1000;
  let transfers: Awaited<ReturnType<typeof appendOnly>> | undefined;
  let recorded = 0;
  let isCut = false;
  return {
    async shown(stream, bytes) {
      recorded += bytes.length;
      if (record.activity === 'terminal' || recorded <= mostOfCommand)
        return cast.add(writer.shown(now(), stream, bytes));
      if (isCut) return;
      isCut = true;
      await cast.add(writer.remark(now(), `more than ${mostOfCommand} bytes: the rest is counted`));
    },
    resized: (size) => cast.add(writer.resized(now(), size)),
    remark: (text) => cast.add(writer.remark(now(), text)),
    async transfer(transfer) {
      transfers ??= await appendOnly(join(folder, files.transfers));
      await transfers.add(`${JSON.stringify(transfer)}\n`);
    },
    async finish(ended) {
      await transfers?.close();
      const done = { ...ended, recording: await cast.close() };
      await writeRecord(folder, done);
      return done;
    },
  };
}

/** A file that is only ever added to, and the digest of what went into it. */
async function appendOnly(path: string) {
  const handle: FileHandle = await open(path, 'ax', 0o600);
  const digest = createHash('sha256');
  let bytes = 0;
  return {
    async add(text: string): Promise<void> {
      const chunk = Buffer.from(text);
      for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten;
      digest.update(chunk);
      bytes += chunk.length;
    },
    async close(): Promise<{ readonly bytes: number; readonly sha256: string }> {
      await handle.sync().finally(() => handle.close());
      return { bytes, sha256: digest.digest('hex') };
    },
  };
}

async function writeRecord(folder: string, record: SessionRecord): Promise<void> {
  const path = join(folder, files.record);
  await writeFile(`${path}.new`, `${JSON.stringify(record)}\n`, { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
}

async function readRecord(folder: string): Promise<SessionRecord | undefined> {
  const text = await readFile(join(folder, files.record), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
}

async function readTransfers(folder: string): Promise<readonly Transfer[]> {
  const text = await readFile(join(folder, files.transfers), 'utf8').catch(() => '');
  // The last line may be cut off.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
