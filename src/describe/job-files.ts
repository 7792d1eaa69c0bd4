import path from 'node:path';
import { holidayLists } from '../model/job.ts';
import { type Pointer, pointer } from '../model/pointer.ts';
import { type Days, parseDaysFile, parseDaysWord, type WrongLine } from '../schedule/days.ts';
import type { Files } from './files.ts';
import { sourceOf } from './locate.ts';
import type { Sources } from './merge.ts';
import type { Parsed } from './parse.ts';

/** What the files say that calendars and jobs name. By the pointer to where each is named. */
export interface JobFiles {
  readonly days: ReadonlyMap<Pointer, { readonly path: string } & (Days | { readonly wrong: WrongLine })>;
  /** Those that cannot be read, and why. */
  readonly unreadable: ReadonlyMap<Pointer, { readonly path: string; readonly reason: string }>;
}

/** Whether a word of a calendar's `except` was meant as a file: it is no day and no list, and has a dot or a slash. */
export function isDaysFile(word: string): boolean {
  return !parseDaysWord(word) && !holidayLists.some((list) => list === word) && /[./]/.test(word);
}

/** Reads the files of days of calendars, and sees whether those are there that jobs run. */
export async function readJobFiles(parsed: Parsed, sources: Sources, files: Files): Promise<JobFiles> {
  const days = new Map<Pointer, { path: string } & (Days | { wrong: WrongLine })>();
  const unreadable = new Map<Pointer, { path: string; reason: string }>();
  const read = async (name: string, at: Pointer) => {
    const file = path.resolve(path.dirname(sourceOf(sources, at)?.path ?? sources.main), name);
    try {
      return { path: file, text: await files.read(file) };
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      // A program need not be text.
      if (code !== 'ERR_ENCODING_INVALID_ENCODED_DATA')
        unreadable.set(at, { path: file, reason: code || message });
      return undefined;
    }
  };
  for (const [name, { except }] of parsed.calendars)
    for (const [i, word] of except.entries()) {
      if (!isDaysFile(word)) continue;
      const at = pointer('calendars', name, 'except', i);
      const found = await read(word, at);
      if (found) days.set(at, { path: found.path, ...parseDaysFile(found.text) });
    }
  for (const [name, { run, stdin }] of parsed.jobs) {
    await read(run, pointer('jobs', name, 'run'));
    if (stdin !== undefined) await read(stdin, pointer('jobs', name, 'stdin'));
  }
  return { days, unreadable };
}
