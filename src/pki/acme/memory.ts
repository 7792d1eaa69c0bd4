import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readIfThere, writeDurably } from '../../hosts/files.ts';
import { sha256 } from '../../lib/digest.ts';
import type { Message } from '../../model/message.ts';
import type { Attempts, Wish } from './types.ts';

/** An order that has been placed, and the key that its certificate will have. */
const orderSchema = z.object({ url: z.string(), key: z.string() });

const memorySchema = z.object({
  names: z.array(z.string()),
  order: orderSchema.optional(),
  attempts: z
    .object({
      failures: z.number(),
      last: z.number(),
      notBefore: z.number().optional(),
      fault: z.custom<Message>((value) => typeof (value as Message | undefined)?.code === 'string'),
    })
    .optional(),
});

export type PlacedOrder = z.infer<typeof orderSchema>;

/** What is remembered, on disk, of one wish: so that a restart neither begins again at once nor loses an order. */
export interface Memory {
  readonly order: PlacedOrder | undefined;
  readonly attempts: Attempts | undefined;
}

/** What identifies a wish at an authority: a wish for other names, another kind of key or profile is another one. */
export function wishId(directory: string, { names, keyType, profile }: Wish): string {
  return sha256(JSON.stringify([directory, [...names].sort(), keyType, profile])).slice(0, 24);
}

function memoryFile(folder: string, id: string): string {
  return join(folder, 'orders', `${id}.json`);
}

/**
 * What is remembered of a wish. A file that is no memory of ours is as good as none; a failure that lies ahead was written by a clock
 * that was wrong, and counts from now.
 */
export async function recall(folder: string, id: string, now = Date.now()): Promise<Memory> {
  const text = await readIfThere(memoryFile(folder, id));
  let kept: z.infer<typeof memorySchema> | undefined;
  try {
    kept = memorySchema.parse(JSON.parse(text ?? 'null'));
  } catch {
    kept = undefined;
  }
  const attempts = kept?.attempts as Attempts | undefined;
  return {
    order: kept?.order,
    attempts: attempts && { ...attempts, last: Math.min(attempts.last, now) },
  };
}

/** Remembers; nothing to remember removes the file. */
export async function remember(
  folder: string,
  id: string,
  { names }: Pick<Wish, 'names'>,
  { order, attempts }: Memory,
): Promise<void> {
  const file = memoryFile(folder, id);
  if (!order && !attempts) return rm(file, { force: true });
  await mkdir(join(folder, 'orders'), { recursive: true, mode: 0o700 });
  await writeDurably(file, `${JSON.stringify({ names, order, attempts }, undefined, 2)}\n`, 0o600);
}

/** More than an order or a failure takes. */
const room = ' '.repeat(16_384);

/** Throws what the disk says where nothing can be remembered: then nothing is to be asked for either. */
export async function requireRoom(folder: string): Promise<void> {
  const orders = join(folder, 'orders');
  await mkdir(orders, { recursive: true, mode: 0o700 });
  await writeDurably(join(orders, 'room'), room, 0o600);
  await rm(join(orders, 'room'));
}

/** No order lives as long, and no pause. */
const stale = 30 * 86_400_000;

/** Forgets what nobody has asked for in a month: names that are described no longer leave no key behind. */
export async function forgetStale(folder: string, now: number): Promise<void> {
  const orders = join(folder, 'orders');
  const names = await readdir(orders).catch(() => []);
  for (const name of names) {
    const file = join(orders, name);
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: now }));
    if (now - mtimeMs > stale) await rm(file, { force: true });
  }
}
