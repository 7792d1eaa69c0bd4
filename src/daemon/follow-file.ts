import { type FileHandle, open, stat } from 'node:fs/promises';

/** Bytes that are read at once, and of which the rest is passed over when more has come than anybody could judge. */
const most = { read: 4 << 20, behind: 64 << 20 } as const;
/** Of a line that is longer and not yet at its end, the ends are kept: a visitor makes the firewall's log have lines of some megabytes. */
const longest = 1 << 20;
const ends = 16 << 10;

/** Stands in a line for what was left out of it; no log has it. */
export const leftOut = '\0';

const shortened = (text: string): string =>
  text.length <= longest ? text : `${text.slice(0, ends)}${leftOut}${text.slice(-ends)}`;

/**
 * Follows a log from its end on, or from its beginning, over rotations as `tail -F` does: `lines` gives what has come since the last time.
 * A file that is not there has nothing.
 */
export function followFile(path: string, from: 'beginning' | 'end') {
  let handle: FileHandle | undefined;
  let place = { inode: 0, offset: 0 };
  let rest = '';
  let isFirst = true;

  const reopen = async (): Promise<void> => {
    await handle?.close();
    handle = await open(path, 'r').catch(() => undefined);
    const found = await handle?.stat();
    place = { inode: found?.ino ?? 0, offset: isFirst && from === 'end' ? (found?.size ?? 0) : 0 };
    rest = '';
    isFirst = false;
  };

  const read = async (): Promise<readonly string[]> => {
    if (!handle) return [];
    const { size } = await handle.stat();
    // Emptied in place.
    if (size < place.offset) place.offset = 0;
    if (size - place.offset > most.behind) place.offset = size - most.read;
    const bytes = Buffer.alloc(Math.min(size - place.offset, most.read));
    if (bytes.length === 0) return [];
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, place.offset);
    place.offset += bytesRead;
    const lines = (rest + bytes.toString('utf8', 0, bytesRead)).split('\n');
    rest = shortened(lines.pop() ?? '');
    return lines;
  };

  return {
    async lines(): Promise<readonly string[]> {
      if (!handle) await reopen();
      const some = await read();
      const inode = (await stat(path).catch(() => undefined))?.ino ?? place.inode;
      if (inode === place.inode) return some;
      // What was written to the old one before it was put away is read already.
      await reopen();
      return [...some, ...(await read())];
    },
    close: async () => {
      await handle?.close();
      handle = undefined;
    },
  };
}
