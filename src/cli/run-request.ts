import { requireDigest, specOf as specOfRequest } from '../fleet/request.ts';
import { isBatch, shareOf } from '../lib/batches.ts';
import { parseDuration } from '../lib/duration.ts';
import { parseSize } from '../lib/size.ts';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import type { Placing, RunSpec } from '../model/run.ts';
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
  readonly install?: string;
  readonly installMode?: string;
  readonly installOwner?: string;
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
  readonly archive?: string;
  readonly mail: readonly string[];
  readonly message?: string;
  readonly messageFile?: string;
}

/** What a command line asks to be run. Throws `WrongRequest`. */
export async function specOf(
  script: string | undefined,
  options: RunOptions,
): Promise<{ readonly spec: RunSpec; readonly script: Uint8Array }> {
  const { on, as, login = false, arg, stdin, collect } = options;
  if (script === undefined) throw missing('SCRIPT');
  if (on === undefined) throw missing('--on');
  if (as !== undefined) accountOf(as);
  const collectMost = parseSize(options.collectMost);
  if (collectMost === undefined) throw wrong('--collect-most', options.collectMost, '--collect-most 200MB');
  return asked(
    specOfRequest({
      ...{ script, on, login, args: arg, collect, collectMost },
      ...(as === undefined ? {} : { as }),
      ...(stdin === undefined ? {} : { stdin }),
      ...paceOf(options),
      ...installOf(options),
    }),
  );
}

/** Options of the commands that go from host to host. */
export interface PaceOptions {
  readonly limit: string;
  readonly batches?: string;
  readonly stopAt?: string;
  readonly retries: string;
}

/** How hosts follow one another. Throws `WrongRequest`. */
export function paceOf(options: PaceOptions): Pick<RunSpec, 'limit' | 'retries' | 'batches' | 'stopAt'> {
  const limit = parseDuration(options.limit);
  if (!limit || limit < 1000) throw wrong('--limit', options.limit, '--limit 30m');
  const batches = options.batches?.split(',').map((size) => size.trim()) ?? [];
  const bad = batches.find((size) => !isBatch(size));
  if (bad !== undefined) throw wrong('--batches', bad, '--batches 1,10%,rest');
  const stopAt = options.stopAt === undefined ? (batches.length > 0 ? 0 : 1) : shareOf(options.stopAt);
  if (stopAt === undefined) throw wrong('--stop-at', options.stopAt ?? '', '--stop-at 20%');
  return {
    limit: Math.ceil(limit / 1000),
    retries: numberOf('--retries', options.retries, 0, 10),
    batches,
    stopAt,
  };
}

function installOf({ install, installMode, installOwner }: RunOptions): Pick<RunSpec, 'install'> {
  if (install === undefined) {
    if (installMode !== undefined || installOwner !== undefined) throw missing('--install');
    return {};
  }
  return { install: placingOf('--install', install, installMode ?? '755', installOwner) };
}

/** How a file is put at a place. Throws `WrongRequest`. */
export function placingOf(
  option: string,
  to: string,
  mode: string | undefined,
  owner: string | undefined,
): Placing {
  if (!isPlace(to)) throw wrong(option, to, `${option} /script/NAME`);
  // No setuid, no setgid: Poterne hands nobody another's rights.
  if (mode !== undefined && !/^0?[0-7]{3}$/.test(mode)) throw wrong('--mode', mode, '--mode 640');
  if (owner !== undefined && !/^[\w.@$-]+(:[\w.@$-]+)?$/.test(owner))
    throw wrong('--owner', owner, '--owner USER:GROUP');
  return {
    to,
    ...(mode === undefined ? {} : { mode: mode.replace(/^0(?=...)/, '') }),
    ...(owner === undefined ? {} : { owner }),
  };
}

/** An absolute path of a file, without steps back. */
function isPlace(path: string): boolean {
  return /^\/[^\0\n]*[^/\0\n]$/.test(path) && !path.split('/').some((part) => part === '..' || part === '.');
}

/** The files that are put on hosts must still be what the run began with. */
export async function requireUnchanged({ put = [] }: RunSpec): Promise<void> {
  for (const { file, sha256: digest } of put) await asked(requireDigest(file, digest));
}

/** What is wrong with a file that was asked for makes the request wrong. */
export async function asked<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    if (!(error instanceof Fault)) throw error;
    const { code, params, next, cause } = error;
    throw new WrongRequest(code, params, { cause, ...(next ? { next } : {}) });
  });
}

/** The name of an account, as a host may have it. Throws `WrongRequest`. */
export function accountOf(name: string, option = '--as'): string {
  if (/^[\w.@\\$-]+$/.test(name)) return name;
  throw wrong(option, name, `${option} deploy`);
}

/** How many hosts at once, when that was asked for. */
export function parallelOf({ parallel }: Pick<RunOptions, 'parallel'>): number | undefined {
  return parallel === undefined ? undefined : numberOf('--parallel', parallel, 1, 1000);
}

function numberOf(option: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw wrong(option, text, `${option} ${Math.max(least, 2)}`);
}

export function missing(what: string): WrongRequest {
  return new WrongRequest('run.missing', { what }, { next: message('run.missing.next') });
}

export function wrong(option: string, value: string, example: string): WrongRequest {
  return new WrongRequest('run.option', { option, value }, { next: message('run.option.next', { example }) });
}

export function unreadable(file: string, { message: reason }: Error): WrongRequest {
  return new WrongRequest('run.file', { file, reason }, { next: message('run.file.next') });
}
