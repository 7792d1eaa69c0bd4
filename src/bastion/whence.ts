import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { localhost } from '../hosts/local.ts';
import type { Whence } from './entry.ts';

/** Where root writes who made which connection (packaging/poterne/bastion/bastion-whence). */
const folder = '/run/poterne-ground/whence';

/** Who made the connection that an SSH_CONNECTION begins with, or that has just ended; `undefined` when root could not see it. */
export async function whenceOf(connection: string, isOver = false): Promise<Whence | undefined> {
  const [address = '', port = ''] = connection.split(' ');
  if (!/^[0-9a-f.:]+$/.test(address) || !/^\d+$/.test(port)) return undefined;
  const name = `${address}-${port}${isOver ? '.gone' : ''}`;
  const text = await readFile(join(folder, name), 'utf8').catch(() => '');
  const [uid = '', from] = text.trim().split(' ');
  if (!/^\d+$/.test(uid) || !from) return undefined;
  const [account] = (await localhost.run(['getent', 'passwd', uid])).stdout.split(':');
  return account ? { account, address: from } : undefined;
}
