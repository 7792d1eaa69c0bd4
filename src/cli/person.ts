import { readdir, readFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { localhost } from '../hosts/local.ts';
import { publicKey } from '../lib/public-key.ts';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import type { Site } from '../model/site.ts';
import { WrongRequest } from './exit.ts';

/**
 * Whom the one at this machine is in the description: as asked (`--me`, POTERNE_ME), else the person who has their account's name,
 * else the one who has registered a key of theirs. Throws `ssh.me.unknown`.
 */
export async function whoIsHere({ people }: Site, asked: string | undefined): Promise<string> {
  const named = asked ?? process.env.POTERNE_ME;
  const { username } = userInfo();
  const found = people.find(({ name }) => name === (named ?? username));
  if (found) return found.name;
  if (named === undefined) {
    const own = await ownKeys();
    const owner = people.find(({ keys }) => keys.some((key) => own.has(key)));
    if (owner) return owner.name;
  }
  const params = { name: named ?? username, names: people.map(({ name }) => name).join(', ') || '–' };
  throw new WrongRequest('ssh.me.unknown', params, { next: message('ssh.me.unknown.next', params) });
}

/** The public keys in this account's agent and .ssh folder. */
async function ownKeys(): Promise<ReadonlySet<string>> {
  const folder = join(homedir(), '.ssh');
  const names = await readdir(folder).catch(() => []);
  const texts = await Promise.all(
    names
      .filter((name) => name.endsWith('.pub'))
      .map((name) => readFile(join(folder, name), 'utf8').catch(() => '')),
  );
  const agent = process.env.SSH_AUTH_SOCK
    ? await localhost.run(['ssh-add', '-L']).catch(faultless)
    : undefined;
  const lines = [...texts, agent?.stdout ?? ''].flatMap((text) => text.split('\n'));
  return new Set(lines.flatMap((line) => publicKey(line) ?? []));
}

function faultless(error: unknown): undefined {
  if (!(error instanceof Fault)) throw error;
}
