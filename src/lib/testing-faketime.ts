import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The environment of a process whose clock libfaketime shows, and those of its children; the monotonic clock stays true. */
export async function faketime(
  how: { readonly FAKETIME: string } | { readonly FAKETIME_TIMESTAMP_FILE: string },
): Promise<Readonly<Record<string, string>>> {
  return { LD_PRELOAD: await library(), ...how, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}

async function library(): Promise<string> {
  for (const folder of await readdir('/usr/lib')) {
    const found = join('/usr/lib', folder, 'faketime', 'libfaketimeMT.so.1');
    if (folder.endsWith('-linux-gnu') && (await readdir(join(found, '..')).catch(() => [])).length > 0)
      return found;
  }
  throw new Error('libfaketime is not installed');
}
