import { join } from 'node:path';
import { sha256 } from '../lib/digest.ts';

/**
 * A path that a host names, as one below a folder of ours: it cannot lead out of it, nor do harm on a terminal. Two paths
 * of a host are never the same one here.
 */
export function pathBelow(path: Uint8Array): string {
  const parts = textOf(path).split('/').filter(Boolean).map(plainName);
  const below = join(...(parts.length > 0 ? parts : ['%']));
  return Buffer.byteLength(below) > 3000 ? `%long-${sha256(path)}` : below;
}

/** One name as a file name of ours. */
export function plainName(name: string): string {
  const plain = /^\.{1,2}$/.test(name) ? name.replaceAll('.', '%2E') : name;
  return Buffer.byteLength(plain) > 255 ? `${cut(plain)}%${sha256(plain).slice(0, 16)}` : plain;
}

/** A path of a host as text: control characters, `%` and bytes that are no UTF-8 as `%` and two digits. */
export function textOf(path: Uint8Array): string {
  const text = Buffer.from(path).toString('latin1');
  // Nearly all of them are like that.
  if (/^[ !-$&-~]*$/.test(text)) return text;
  return pieces(Buffer.from(path))
    .map((piece) => (typeof piece === 'number' ? escaped(piece) : piece))
    .join('');
}

/** Characters where bytes are UTF-8, and the other bytes as numbers. */
function pieces(bytes: Buffer): readonly (string | number)[] {
  const found: (string | number)[] = [];
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] as number;
    const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    const character = bytes.toString('utf8', at, at + length);
    const isWhole = Buffer.from(character).equals(bytes.subarray(at, at + length));
    // What a terminal obeys, and what turns the direction of writing.
    const isPlain = isWhole && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}%]/u.test(character);
    if (isPlain) found.push(character);
    else for (const byte of bytes.subarray(at, at + (isWhole ? length : 1))) found.push(byte);
    at += isWhole ? length : 1;
  }
  return found;
}

function escaped(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** The begin of a name, no longer than leaves room for a digest. */
function cut(name: string): string {
  let kept = name;
  while (Buffer.byteLength(kept) > 200) kept = [...kept].slice(0, -1).join('');
  return kept;
}
