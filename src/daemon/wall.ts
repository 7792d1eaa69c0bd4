import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { giveToOwner, readIfThere, writeDurably } from '../hosts/files.ts';
import { wallPlaces } from '../model/wall.ts';

/**
 * Asks the firewall of this machine for something, in the place of what was asked for before; nothing happens where that is the same, or where
 * nobody with root's rights reads it.
 */
export async function askWall(
  state: string,
  what: 'ports' | 'bans',
  lines: readonly string[],
): Promise<void> {
  const path = join(state, wallPlaces[what]);
  const before = await readIfThere(path);
  const text = lines.map((line) => `${line}\n`).join('');
  if (text === (before ?? '')) return;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeDurably(path, text, 0o600);
  await writeFile(join(state, wallPlaces.asked), '', { mode: 0o600 });
  await giveToOwner(dirname(path));
}

/** Waits until the firewall has these lines in force, or no longer has them; gives those of which that is not so in the end. */
export async function wallHas(
  lines: readonly string[],
  how: { readonly inForce: boolean; readonly patience: number },
): Promise<readonly string[]> {
  const end = performance.now() + how.patience;
  for (;;) {
    const done = new Set(((await readIfThere(wallPlaces.done)) ?? '').split('\n'));
    const left = lines.filter((line) => done.has(line) !== how.inForce);
    if (left.length === 0 || performance.now() >= end) return left;
    await delay(20);
  }
}
