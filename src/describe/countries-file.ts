import path from 'node:path';
import type { Finding } from '../model/finding.ts';
import { message } from '../model/message.ts';
import type { Files } from './files.ts';
import { sourceOf } from './locate.ts';
import type { Sources } from './merge.ts';
import type { Parsed } from './parse.ts';

/** Addresses change countries; what is older than this is told. */
const old = 365 * 86_400_000;

/** What is wrong with the file that tells the countries of addresses. */
export async function countriesFindings(
  { site }: Parsed,
  sources: Sources,
  files: Files,
  now: Date,
): Promise<readonly Finding[]> {
  const name = site?.countries;
  if (name === undefined) return [];
  const at = '/countries';
  const file = path.resolve(path.dirname(sourceOf(sources, at)?.path ?? sources.main), name);
  const found = (severity: Finding['severity'], code: Finding['code'], params: Finding['params']) => [
    { severity, code, params: { file: name, ...params }, pointer: at, hint: message('countries.hint') },
  ];
  let bytes: Uint8Array;
  try {
    bytes = files.bytes ? await files.bytes(file) : new TextEncoder().encode(await files.read(file));
  } catch (error) {
    const { code, message: reason } = error as NodeJS.ErrnoException;
    return found('error', 'countries.unreadable', { reason: code ?? reason });
  }
  // A reader of a format that most descriptions have nothing in.
  const { readCountries } = await import('../lib/countries.ts');
  try {
    const { made } = readCountries(bytes);
    return now.getTime() - made.getTime() > old
      ? found('warning', 'countries.old', { made: made.toISOString().slice(0, 10) })
      : [];
  } catch (error) {
    return found('error', 'countries.broken', { reason: (error as Error).message });
  }
}
