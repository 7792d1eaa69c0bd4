import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere, syncFolder, writeDurably, writeSynced } from '../hosts/files.ts';
import type { Message } from '../model/message.ts';
import type { Letter } from './letter.ts';

/** A letter that has not left. JSON-safe. */
export interface QueuedLetter {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly attachment?: string;
  readonly attempts: number;
  /** Why it has not left yet; absent when nobody has tried. */
  readonly last?: { readonly at: string; readonly fault: Message; readonly next?: Message };
  /** Nobody has to do anything: it is tried again by itself. */
  readonly passes: boolean;
}

interface Entry extends QueuedLetter {
  readonly letter: Letter;
}

/** Where letters wait, in the state folder; only their owner reads there. */
export function queueFolder(state: string): string {
  return join(state, 'mail');
}

/** Puts a letter on the disk with its attachment, so that nothing loses it any more. */
export async function enqueue(state: string, letter: Letter): Promise<string> {
  const queue = queueFolder(state);
  await mkdir(queue, { recursive: true, mode: 0o700 });
  const id = `${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}-${randomBytes(4).toString('hex')}`;
  const aside = join(queue, `.${id}`);
  await mkdir(aside, { mode: 0o700 });
  try {
    const { attachment } = letter;
    if (attachment) await keep(attachment.path, join(aside, 'attachment'));
    const entry: Entry = {
      ...{ id, since: new Date().toISOString(), to: letter.to, subject: letter.subject },
      ...(attachment ? { attachment: attachment.name } : {}),
      ...{ attempts: 0, passes: true },
      letter: attachment
        ? { ...letter, attachment: { ...attachment, path: join(queue, id, 'attachment') } }
        : letter,
    };
    await writeSynced(join(aside, 'letter.json'), JSON.stringify(entry), 0o600);
    await syncFolder(aside);
    await rename(aside, join(queue, id));
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
  await syncFolder(queue);
  return id;
}

/** The letters that wait, oldest first. */
export async function readQueue(state: string): Promise<readonly QueuedLetter[]> {
  const names = await readdir(queueFolder(state)).catch(() => []);
  const entries = await Promise.all(
    names
      .filter(isId)
      .sort()
      .map((id) => readEntry(state, id)),
  );
  return entries.flatMap((entry) => (entry ? [shown(entry)] : []));
}

/** One letter that waits, whole. */
export async function readEntry(state: string, id: string): Promise<Entry | undefined> {
  const text = isId(id) ? await readIfThere(join(queueFolder(state), id, 'letter.json')) : undefined;
  return text === undefined ? undefined : (JSON.parse(text) as Entry);
}

/** Remembers how an attempt went, and to whom the letter has still to go. */
export async function noteAttempt(
  state: string,
  entry: Entry,
  attempt: {
    readonly to: readonly string[];
    readonly fault: Message;
    readonly next?: Message;
    readonly passes: boolean;
  },
): Promise<QueuedLetter> {
  const { to, fault, next, passes } = attempt;
  const last = { at: new Date().toISOString(), fault, ...(next ? { next } : {}) };
  const noted: Entry = {
    ...entry,
    ...{ to, passes, last, attempts: entry.attempts + 1 },
    letter: { ...entry.letter, to },
  };
  await writeDurably(join(queueFolder(state), entry.id, 'letter.json'), JSON.stringify(noted), 0o600);
  return shown(noted);
}

/** Forgets a letter: it has left, or nobody wants it to. `false` when there is none. */
export async function forget(state: string, id: string): Promise<boolean> {
  if (!(await readEntry(state, id))) return false;
  const queue = queueFolder(state);
  // In one step: half a letter must never be sent.
  const aside = join(queue, `.${id}`);
  await rename(join(queue, id), aside);
  await rm(aside, { recursive: true, force: true });
  return true;
}

function shown({ letter: _, ...entry }: Entry): QueuedLetter {
  return entry;
}

function isId(name: string): boolean {
  return /^\d{8}-\d{6}-[0-9a-f]{8}$/.test(name);
}

/** Another name for the same bytes where that can be, else a copy: the file may be removed or replaced where it was. */
async function keep(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    const file = await open(to, 'r+');
    try {
      await file.chmod(0o600);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}
