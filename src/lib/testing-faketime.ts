import { readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The environment of a process whose clock libfaketime shows, and those of its children; the monotonic clock stays true. */
export async function faketime(
  how: { readonly FAKETIME: string } | { readonly FAKETIME_TIMESTAMP_FILE: string },
): Promise<Readonly<Record<string, string>>> {
  return { LD_PRELOAD: await library(), ...how, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}

/** A clock that is set while processes run: their environment, and what sets it, `-1d` or `+0` from the true time. */
export async function settableClock(folder: string): Promise<{
  readonly env: Readonly<Record<string, string>>;
  readonly set: (offset: string) => Promise<void>;
}> {
  const clock = join(folder, 'clock');
  /** In one step: it is read at every look at the clock. */
  const set = async (offset: string) => {
    await writeFile(`${clock}.new`, `${offset}\n`);
    await rename(`${clock}.new`, clock);
  };
  await set('+0');
  return { env: await faketime({ FAKETIME_TIMESTAMP_FILE: clock }), set };
}

async function library(): Promise<string> {
  for (const folder of await readdir('/usr/lib')) {
    const found = join('/usr/lib', folder, 'faketime', 'libfaketimeMT.so.1');
    if (folder.endsWith('-linux-gnu') && (await readdir(join(found, '..')).catch(() => [])).length > 0)
      return found;
  }
  throw new Error('libfaketime is not installed');
}
