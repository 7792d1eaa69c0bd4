import { realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Code } from '../i18n/en.ts';
import { languageOf, say, translate } from '../i18n/index.ts';
import { harmless } from '../lib/harmless.ts';
import type { Message, Params } from '../model/message.ts';
import type { Language } from '../model/site.ts';

/** What a command knows of the person in front of it. */
export interface Context {
  readonly language: Language;
  readonly colour: boolean;
  /** Columns to write in. */
  readonly width: number;
  /** What params hold may be a machine's own words: no text has control characters but line feeds and tabs. */
  t(code: Code, params?: Params): string;
  say(message: Message): string;
  /** To standard output: what was asked for. */
  out(text: string): void;
  /** To standard error: progress and complaints. */
  err(text: string): void;
}

/** The context of this process: language from the environment, colour on a terminal unless NO_COLOR asks otherwise. */
export function contextOf(environment: NodeJS.ProcessEnv): Context {
  const language = languageOf(environment);
  return {
    language,
    colour: process.stdout.isTTY === true && !environment.NO_COLOR,
    // A terminal that does not know its size says 0.
    width: process.stdout.columns || 100,
    t: (code, params) => harmless(translate(language, code, params)),
    say: (message) => harmless(say(language, message)),
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
  };
}

/** The same path without symbolic links, if it exists: an engine is recognised by the path of its folder. */
function truePath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Where Poterne keeps what it makes: `--state`, `POTERNE_STATE`, the system's folder for root, the user's otherwise (XDG). */
export function stateFolder(asked: string | undefined, environment: NodeJS.ProcessEnv): string {
  if (asked || environment.POTERNE_STATE)
    return truePath(resolve(asked || (environment.POTERNE_STATE as string)));
  if (process.getuid?.() === 0) return '/var/lib/poterne';
  return join(environment.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'poterne');
}

/**
 * The same for what reaches other machines: runs, letters, keys. Where the system's folder is a service's account's, root
 * has one beside it: that account could put links there, and other results in place of root's.
 */
export function controllerFolder(asked: string | undefined, environment: NodeJS.ProcessEnv): string {
  const folder = stateFolder(asked, environment);
  const isChosen = Boolean(asked || environment.POTERNE_STATE);
  return !isChosen && isAnothers(folder) ? besideFolder(folder) : folder;
}

/** Root's folder beside one of a service's account. */
export function besideFolder(folder: string): string {
  return `${folder}-controller`;
}

function isAnothers(folder: string): boolean {
  if (process.getuid?.() !== 0) return false;
  return (statSync(folder, { throwIfNoEntry: false })?.uid ?? 0) !== 0;
}
