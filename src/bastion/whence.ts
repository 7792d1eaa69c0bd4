import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { localhost } from '../hosts/local.ts';
import type { Whence } from './entry.ts';

/** Where root writes who made which connection (packaging/poterne/bastion/bastion-whence). */
const folder = '/run/poterne-ground/whence';

/** Who made the connection of an SSH_CONNECTION; `undefined` when root could not see it. */
export async function whenceOf(connection: string): Promise<Whence | undefined> {
  const [address = '', port = ''] = connection.split(' ');
  if (!/^[0-9a-f.:]+$/.test(address) || !/^\d+$/.test(port)) return undefined;
  const text = await readFile(join(folder, `${address}-${port}`), 'utf8').catch(() => '');
  const [uid = '', from] = text.trim().split(' ');
  if (!/^\d+$/.test(uid) || !from) return undefined;
  const [account] = (await localhost.run(['getent', 'passwd', uid])).stdout.split(':');
  return account ? { account, address: from } : undefined;
}
