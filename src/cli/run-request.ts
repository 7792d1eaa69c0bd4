import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { isBatch, shareOf } from '../fleet/batches.ts';
import { sha256 } from '../lib/digest.ts';
import { parseDuration } from '../lib/duration.ts';
import { parseSize } from '../lib/size.ts';
import { message } from '../model/message.ts';
import type { RunSpec } from '../model/run.ts';
import { WrongRequest } from './exit.ts';
import type { ReachOptions } from './reach.ts';

/** The options of `poterne run`, as they were written. */
export interface RunOptions extends ReachOptions {
  readonly site: string;
  readonly on?: string;
  readonly as?: string;
  readonly login?: boolean;
  readonly arg: readonly string[];
  readonly stdin?: string;
  readonly collect: readonly string[];
  readonly collectMost: string;
  readonly limit: string;
  readonly batches?: string;
  readonly stopAt?: string;
  readonly retries: string;
  readonly parallel?: string;
  readonly yes?: boolean;
  readonly quiet?: boolean;
  readonly resume?: string;
  readonly failedOf?: string;
}

/** What a command line asks to be run. Throws `WrongRequest`. */
export async function specOf(
  script: string | undefined,
  options: RunOptions,
): Promise<{ readonly spec: RunSpec; readonly script: Uint8Array }> {
  const { on, as, login = false, arg, stdin, collect } = options;
  if (script === undefined) throw missing('SCRIPT');
  if (on === undefined) throw missing('--on');
  if (as !== undefined && !/^[\w.@\\$-]+$/.test(as)) throw wrong('--as', as, '--as deploy');
  const bytes = await readFile(script).catch((error: Error) => {
    throw unreadable(script, error);
  });
  const limit = parseDuration(options.limit);
  if (!limit || limit < 1000) throw wrong('--limit', options.limit, '--limit 30m');
  const collectMost = parseSize(options.collectMost);
  if (collectMost === undefined) throw wrong('--collect-most', options.collectMost, '--collect-most 200MB');
  const batches = options.batches?.split(',').map((size) => size.trim()) ?? [];
  const bad = batches.find((size) => !isBatch(size));
  if (bad !== undefined) throw wrong('--batches', bad, '--batches 1,10%,rest');
  const stopAt = options.stopAt === undefined ? (batches.length > 0 ? 0 : 1) : shareOf(options.stopAt);
  if (stopAt === undefined) throw wrong('--stop-at', options.stopAt ?? '', '--stop-at 20%');
  const spec: RunSpec = {
    script: basename(script),
    sha256: sha256(bytes),
    on,
    ...(as === undefined ? {} : { as }),
    login,
    args: arg,
    ...(stdin === undefined ? {} : { stdin: { file: resolve(stdin), sha256: await digestOf(stdin) } }),
    collect,
    collectMost,
    limit: Math.ceil(limit / 1000),
    retries: numberOf('--retries', options.retries, 0, 10),
    batches,
    stopAt,
  };
  return { spec, script: bytes };
}

/** How many hosts at once, when that was asked for. */
export function parallelOf({ parallel }: RunOptions): number | undefined {
  return parallel === undefined ? undefined : numberOf('--parallel', parallel, 1, 1000);
}

/** The length of the file for standard input; it must still be what the run began with. */
export async function stdinLength({ stdin }: RunSpec): Promise<number> {
  if (!stdin) return 0;
  if ((await digestOf(stdin.file)) === stdin.sha256) return (await stat(stdin.file)).size;
  throw new WrongRequest(
    'run.stdin.changed',
    { file: stdin.file },
    { next: message('run.stdin.changed.next') },
  );
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const bytes of createReadStream(file)) hash.update(bytes);
  } catch (error) {
    throw unreadable(file, error as Error);
  }
  return hash.digest('hex');
}

function numberOf(option: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw wrong(option, text, `${option} ${Math.max(least, 2)}`);
}

function missing(what: string): WrongRequest {
  return new WrongRequest('run.missing', { what }, { next: message('run.missing.next') });
}

function wrong(option: string, value: string, example: string): WrongRequest {
  return new WrongRequest('run.option', { option, value }, { next: message('run.option.next', { example }) });
}

function unreadable(file: string, { message: reason }: Error): WrongRequest {
  return new WrongRequest('run.file', { file, reason }, { next: message('run.file.next') });
}
