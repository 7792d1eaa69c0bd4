import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { serverEngines } from '../../engines/index.ts';
import { directSocket } from '../../lib/direct-socket.ts';
import type { Known } from './live.ts';

/** What is put behind the name of a socket that nobody is to find. */
const aside = '.cut';

/**
 * Shuts and opens the way to publications that are passed through, for which nginx looks for no file: the socket of each has another name as
 * long as it is cut off, so that whoever asks for it is hung up on at once. A restarted engine makes it anew, and it is put aside again.
 */
export async function shutTunnels(
  state: string,
  publications: readonly Known[],
  cut: ReadonlySet<string>,
): Promise<void> {
  const direct = publications.filter(({ scenario }) => scenario === 'direct');
  for (const { name } of serverEngines)
    for (const { id } of direct) {
      const open = join(state, name, directSocket(id));
      const shut = `${open}${aside}`;
      if (cut.has(id)) await renamed(open, shut);
      else if (await isThere(open)) await rm(shut, { force: true });
      else await renamed(shut, open);
    }
}

async function renamed(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
