import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { sha256 } from '../lib/digest.ts';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import type { RunSpec } from '../model/run.ts';

/** What is asked to be run: on a command line, or in the description as a job. */
export interface RunRequest extends Omit<RunSpec, 'script' | 'sha256' | 'stdin' | 'stopAt' | 'put' | 'task'> {
  /** The path of the script. */
  readonly script: string;
  /** The path of what it reads. */
  readonly stdin?: string;
  /** Without, 0 where there are batches, else 1: never. */
  readonly stopAt?: number;
}

/** The same with the bytes of now. Throws `run.file`. */
export async function specOf({
  script,
  stdin,
  stopAt,
  ...rest
}: RunRequest): Promise<{ readonly spec: RunSpec; readonly script: Uint8Array }> {
  const bytes = await readFile(script).catch((error: Error) => {
    throw unreadable(script, error);
  });
  const spec: RunSpec = {
    ...rest,
    script: basename(script),
    sha256: sha256(bytes),
    ...(stdin === undefined ? {} : { stdin: { file: resolve(stdin), sha256: await digestOf(stdin) } }),
    stopAt: stopAt ?? (rest.batches.length > 0 ? 0 : 1),
  };
  return { spec, script: bytes };
}

/** The length of the file for standard input. Throws `run.stdin.changed` when it is not what the run began with. */
export async function stdinLength({ stdin }: RunSpec): Promise<number> {
  if (!stdin) return 0;
  await requireDigest(stdin.file, stdin.sha256);
  return (await stat(stdin.file)).size;
}

/** Throws `run.stdin.changed` when a file is not what it was. */
export async function requireDigest(file: string, digest: string): Promise<void> {
  if ((await digestOf(file)) !== digest)
    throw new Fault('run.stdin.changed', { file }, { next: message('run.stdin.changed.next') });
}

/** The SHA-256 of a file. Throws `run.file`. */
export async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const bytes of createReadStream(file)) hash.update(bytes);
  } catch (error) {
    throw unreadable(file, error as Error);
  }
  return hash.digest('hex');
}

function unreadable(file: string, { message: reason }: Error): Fault {
  return new Fault('run.file', { file, reason }, { next: message('run.file.next') });
}
