import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import type { SecretRef } from '../model/secret.ts';

/** No password, key or token is longer. */
const largest = 65_536;

/**
 * The secret that a reference means, read at the last moment: text on one line, without its end of line. Throws
 * `secret.missing`, `secret.unreadable`, `secret.form`, and `secret.open` when others than its account may read it.
 */
export async function readSecret({ file, pointer }: SecretRef): Promise<string> {
  const fault = (
    code: 'secret.missing' | 'secret.unreadable' | 'secret.form' | 'secret.open',
    reason = '',
  ) => {
    const params = { file, reason };
    return new Fault(code, params, { pointer, next: message(`${code}.next`, params) });
  };
  // A pipe that nobody writes to would hold us for ever.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT'
        ? fault('secret.missing')
        : fault('secret.unreadable', error.code ?? error.message);
    },
  );
  try {
    const found = await handle.stat();
    if (!found.isFile() || found.size > largest) throw fault('secret.form');
    if (!isOurs(found)) throw fault('secret.open', (found.mode & 0o777).toString(8));
    const text = (await contentOf(handle)).replace(/\r?\n$/, '');
    if (text === '' || /[\p{Cc}\ufffd]/u.test(text)) throw fault('secret.form');
    return text;
  } finally {
    await handle.close();
  }
}

/** Whether nobody but its owner (we, or root) may read or write it, and besides a group that root chose to let read. */
function isOurs({ mode, uid }: Stats): boolean {
  if (uid !== 0 && uid !== process.getuid?.()) return false;
  return (mode & 0o077) === 0 || (uid === 0 && (mode & 0o037) === 0);
}

async function contentOf(handle: FileHandle): Promise<string> {
  const bytes = Buffer.alloc(largest);
  const { bytesRead } = await handle.read(bytes, 0, largest, 0);
  return bytes.toString('utf8', 0, bytesRead);
}
