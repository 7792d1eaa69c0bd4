import { readFile } from 'node:fs/promises';
import { publicKey } from '../lib/public-key.ts';
import { message } from '../model/message.ts';
import { WrongRequest } from './exit.ts';
import { unreadable } from './run-request.ts';

/** The lines of files of public keys, each with its comment and without options. Throws `keys.key`. */
export async function publicKeysIn(files: readonly string[]): Promise<readonly string[]> {
  const lines = await Promise.all(files.map(linesOf));
  return [...new Set(lines.flat())];
}

/** The one public key of a file, with its comment. Throws `keys.key`. */
export async function publicKeyIn(file: string): Promise<string> {
  const [line, ...more] = await linesOf(file);
  if (line !== undefined && more.length === 0) return line;
  throw unusable(file, `${more.length + 1} keys`);
}

async function linesOf(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw unreadable(file, error);
  });
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const bad = lines.findIndex((line) => publicKey(line) === undefined);
  if (lines.length === 0) throw unusable(file, '0 keys');
  if (bad >= 0) throw unusable(file, `line ${bad + 1}`);
  return lines;
}

function unusable(file: string, reason: string): WrongRequest {
  return new WrongRequest('keys.key', { file, reason }, { next: message('keys.key.next') });
}
