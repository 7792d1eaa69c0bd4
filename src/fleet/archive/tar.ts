import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { textOf } from '../paths.ts';
import type { Reader, Sink } from '../reader.ts';

/*
 * Reads tar (POSIX pax, IEEE Std 1003.1 "pax interchange format") as `writeTar` writes it, and refuses everything else that
 * tar can say: links, devices, other extensions, names that lead out. Whoever sends an archive chooses every byte of it.
 */

/** A file or folder of an archive. */
export interface TarEntry {
  /** Relative, without a final slash, and nowhere but below where it is unpacked. */
  readonly name: string;
  readonly kind: 'file' | 'folder';
  readonly size: number;
}

/** Takes an entry, and calls `content` once to have its bytes. */
export type Take = (entry: TarEntry, content: (sink: Sink) => Promise<void>) => Promise<void>;

const block = 512;
const longestName = 4096;
const longestExtension = 65_536;

/**
 * Hands the entries of a tar to `take`, one after another. Throws `archive.torn` when it ends in the middle, and
 * `archive.kind`, `archive.name` and `archive.form` for what is refused.
 */
export async function readTar(reader: Reader, take: Take): Promise<void> {
  let path: string | undefined;
  for (;;) {
    const header = await bytesOf(reader, block);
    if (header.every((byte) => byte === 0)) return ended(reader);
    const { name, type, size } = parsed(header);
    if (type === 'x') {
      if (path !== undefined || size > longestExtension) throw refused('archive.form', name);
      path = pathIn(await bytesOf(reader, size), name);
      await pad(reader, size);
      continue;
    }
    const kind = type === '0' ? 'file' : type === '5' ? 'folder' : undefined;
    const whole = path ?? name;
    path = undefined;
    if (!kind || (kind === 'folder' && size > 0)) throw refused('archive.kind', whole);
    await take({ name: safe(whole, kind), kind, size }, async (sink) => {
      if (!(await reader.exactly(size, sink))) throw torn();
    });
    await pad(reader, size);
  }
}

/** After the end come zeros alone, and no more than fill a tape's record. */
async function ended(reader: Reader): Promise<void> {
  for (let left = 128; left > 0; left--) {
    const bytes: Buffer[] = [];
    const isFull = await reader.exactly(block, (some) => void bytes.push(Buffer.from(some)));
    const all = Buffer.concat(bytes);
    if (all.some((byte) => byte !== 0)) break;
    if (!isFull && all.length === 0) return;
  }
  throw refused('archive.form', '');
}

function parsed(header: Buffer): { readonly name: string; readonly type: string; readonly size: number } {
  const text = (from: number, to: number) => {
    const field = header.subarray(from, to);
    const end = field.indexOf(0);
    return field.subarray(0, end < 0 ? field.length : end);
  };
  const [name, prefix] = [text(0, 100), text(345, 500)];
  const whole = prefix.length > 0 ? Buffer.concat([prefix, Buffer.from('/'), name]) : name;
  const shown = textOf(whole);
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  if (header.toString('latin1', 257, 265) !== 'ustar\x0000' || octal(header, 148, 156) !== sum)
    throw refused('archive.form', shown);
  const type = String.fromCharCode(header[156] as number);
  if (text(157, 257).length > 0) throw refused('archive.kind', shown);
  const size = sizeIn(header);
  if (size === undefined) throw refused('archive.form', shown);
  return { name: utf8(whole) ?? fail(shown), type, size };
}

/** A size in octal, or in base 256 where it is larger than that can say (GNU). */
function sizeIn(header: Buffer): number | undefined {
  if (header[124] !== 0x80) return octal(header, 124, 136);
  const size = Number(header.readBigUInt64BE(128));
  return Number.isSafeInteger(size) && header.readUInt32BE(124) === 0x80000000 ? size : undefined;
}

function octal(header: Buffer, from: number, to: number): number | undefined {
  const text = header
    .toString('latin1', from, to)
    .replace(/[\0 ]+$/, '')
    .trimStart();
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

/** The path of a pax header; nothing else may be in it. */
function pathIn(bytes: Buffer, name: string): string {
  const text = utf8(bytes) ?? fail(name);
  const [, length, path] = /^(\d+) path=([^\0]*)\n$/s.exec(text) ?? [];
  if (path === undefined || Number(length) !== bytes.length) throw refused('archive.form', name);
  return path;
}

/** The name, if nothing that unpacks it could be led elsewhere, and no terminal be driven by it. */
function safe(name: string, kind: TarEntry['kind']): string {
  const plain = kind === 'folder' ? name.replace(/\/$/, '') : name;
  const parts = plain.split('/');
  const isSafe =
    Buffer.byteLength(plain) <= longestName &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..') &&
    !/[\p{Cc}\p{Cs}]/u.test(plain);
  if (!isSafe) throw refused('archive.name', name);
  return plain;
}

function utf8(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : undefined;
}

async function bytesOf(reader: Reader, length: number): Promise<Buffer> {
  const bytes: Buffer[] = [];
  if (!(await reader.exactly(length, (some) => void bytes.push(Buffer.from(some))))) throw torn();
  return Buffer.concat(bytes);
}

async function pad(reader: Reader, size: number): Promise<void> {
  if (!(await reader.exactly((block - (size % block)) % block, () => undefined))) throw torn();
}

function fail(name: string): never {
  throw refused('archive.name', name);
}

/** It ends before it should. */
export function torn(cause?: unknown): Fault {
  return new Fault('archive.torn', {}, { cause, next: message('archive.torn.next') });
}

function refused(code: 'archive.form' | 'archive.kind' | 'archive.name', name: string): Fault {
  return new Fault(code, { name: textOf(Buffer.from(name)) }, { next: message(`${code}.next`) });
}
