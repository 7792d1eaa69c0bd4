import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { sha256 } from '../../lib/digest.ts';
import type { Bundle, BundleFile, BundlePart, Word } from '../../model/bundle.ts';

/** A bundle as a host takes it in: what should be there, and the contents to send when asked for. */
export interface Manifest {
  readonly text: string;
  /** The content of a file of a part by its path, or of a carried package by its name. */
  content(part: number, kind: 'file' | 'package', name: string): Uint8Array | Readable;
  /** Every line of every secret, to be struck out of what programs say. */
  readonly secrets: readonly string[];
}

/**
 * Writes a bundle's manifest: a line for each thing, its fields separated by tabs; a file is there by its SHA-256. The
 * parts of `hold` are compared only.
 */
export async function manifestOf(bundle: Bundle, hold: readonly string[] = []): Promise<Manifest> {
  const lines: string[] = [];
  const contents = new Map<string, Uint8Array | string>();
  const secrets = new Set<string>();
  const seen = new Set<string>();
  for (const [index, part] of bundle.parts.entries()) {
    const key = (kind: string, name: string) => `${index + 1} ${kind} ${name}`;
    requireOnce(seen, `part ${part.name}`);
    if (!/^[a-z0-9][a-z0-9-]*$/.test(part.name)) throw new Error(`"${part.name}" cannot be a part's name`);
    lines.push(row('part', part.name, part.confirm ?? '-', hold.includes(part.name) ? 'hold' : '-'));
    for (const name of part.packages) lines.push(row('package', name));
    for (const carried of part.carried) {
      const { name, version, sha256: sum, file, unless } = carried;
      const otherwise = unless ? [unless.name, unless.version] : [];
      lines.push(row('carried', name, version, sum, (await stat(file)).size, ...otherwise));
      contents.set(key('package', name), file);
    }
    for (const { name, home } of part.accounts) lines.push(row('account', name, home));
    for (const { path, mode, owner, group } of part.folders) {
      requirePath(path);
      // Five digits: fewer would leave a set-group-ID bit as it is.
      lines.push(row('folder', path, hex(0o040000, mode), octal(mode, 5), owner, group));
    }
    for (const file of part.files) {
      requirePath(file.path);
      requireOnce(seen, file.path);
      const bytes = await bytesOf(file);
      contents.set(key('file', file.path), bytes);
      lines.push(fileRow(file, bytes));
      if (file.secret) for (const line of bytes.toString('utf8').split('\n')) secrets.add(line.trim());
    }
    lines.push(...commandRows(part));
    if (part.observe) lines.push(['observe', ...part.observe.map(wordField)].join('\t'));
    for (const { name, enabled, running, onChange } of part.units)
      lines.push(row('unit', name, Number(enabled), Number(running), onChange));
  }
  return {
    text: lines.map((line) => `${line}\n`).join(''),
    content: (part, kind, name) => {
      const held = contents.get(`${part} ${kind} ${name}`);
      if (held === undefined) throw new Error(`the host asked for ${kind} ${name}, which the bundle has not`);
      return typeof held === 'string' ? createReadStream(held) : held;
    },
    // Shorter ones are in many a text by chance.
    secrets: [...secrets].filter((line) => line.length >= 6).sort((a, b) => b.length - a.length),
  };
}

async function bytesOf({ content }: BundleFile): Promise<Buffer> {
  return 'text' in content ? Buffer.from(content.text) : readFile(content.file);
}

function fileRow({ path, mode, owner, group, secret }: BundleFile, bytes: Uint8Array): string {
  const attributes = [hex(0o100000, mode), octal(mode, 4), owner, group];
  return row('file', path, ...attributes, sha256(bytes), Number(secret), bytes.length);
}

function commandRows({ checks, actions, undo = [], restore = [] }: BundlePart): readonly string[] {
  const rows = (kind: string, commands: readonly (readonly Word[])[]) =>
    commands.map((words) => [kind, ...words.map(wordField)].join('\t'));
  return [
    ...rows('check', checks),
    ...rows('action', actions),
    ...rows('undo', undo),
    ...rows('restore', restore),
  ];
}

/** A word of a command as a field that is never empty and has neither tabs nor line feeds; `wordOf` reads it again. */
export function wordField(word: Word): string {
  if (typeof word !== 'string') return `@${word.staged}`;
  if (word.includes('\0')) throw new Error('no argument can hold a zero byte');
  return `=${word.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n')}`;
}

/** The word, or the path of the staged file, that a field stands for. */
export function wordOf(field: string): string {
  if (!field.startsWith('=')) return field.slice(1);
  const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', '\\': '\\' };
  return field.slice(1).replace(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter);
}

function row(...fields: readonly (string | number)[]): string {
  for (const field of fields)
    if (/\p{Cc}/u.test(String(field)) || field === '')
      throw new Error(`not for a host's manifest: ${JSON.stringify(field)}`);
  return fields.join('\t');
}

/** Paths as the programs on the host write them too, unescaped. */
function requirePath(path: string): void {
  if (!/^(\/[^/\\]+)+$/.test(path) || /\/\.\.?(\/|$)/.test(path))
    throw new Error(`not an absolute, plain path: ${JSON.stringify(path)}`);
}

function requireOnce(seen: Set<string>, name: string): void {
  if (seen.has(name)) throw new Error(`twice in the bundle: ${name}`);
  seen.add(name);
}

/** As `stat` shows type and mode together. */
function hex(type: number, mode: number): string {
  return (type | mode).toString(16);
}

function octal(mode: number, digits: number): string {
  return mode.toString(8).padStart(digits, '0');
}
