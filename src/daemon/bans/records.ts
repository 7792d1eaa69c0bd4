import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { giveToOwner, readIfThere, writeDurably } from '../../hosts/files.ts';
import { inForce } from '../../lib/bans.ts';
import { networkFiles } from '../../lib/cut-networks.ts';
import { sha256 } from '../../lib/digest.ts';
import { xml } from '../../lib/escape.ts';
import { contains, parseNetwork } from '../../lib/ip.ts';
import { type Ban, banPlaces, offenceKinds } from '../../model/bans.ts';
import { askWall } from '../wall.ts';

/**
 * Who is banned, below a state folder: a record for each network that is or was, and files that the engine looks for, which follow from
 * those in force and are made again from them. A database may be down: nothing here needs one.
 */

/** A ban, and when it was removed before its end; where gateways share it, both times by the store's clock too, by which they agree what was later. */
export type BanRecord = Ban & {
  readonly removed?: string;
  readonly agreed?: { readonly at: string; readonly removed?: string };
};

const folder = (state: string) => join(state, 'bans');
const records = (state: string) => join(folder(state), 'records');
const recordOf = (state: string, network: string) =>
  join(records(state), `${sha256(network).slice(0, 32)}.json`);

const time = () => z.iso.datetime();
const recordSchema = z.object({
  // Another gateway tells it: it becomes the names of files, and a line that root reads.
  network: z.string().refine((text) => parseNetwork(text) === text),
  kind: z.enum([...offenceKinds, 'hand']),
  at: time(),
  until: time().optional(),
  by: z.string(),
  reason: z.string(),
  gateway: z.string(),
  before: z.int(),
  offences: z.array(
    z.object({ kind: z.enum(offenceKinds), at: z.string(), address: z.string(), what: z.string() }),
  ),
  removed: time().optional(),
  agreed: z.object({ at: time(), removed: time().optional() }).optional(),
});

/** A ban as JSON has it; `undefined` for what is none. */
export function parseBan(text: string): BanRecord | undefined {
  try {
    const parsed = recordSchema.safeParse(JSON.parse(text));
    return parsed.success ? (parsed.data as BanRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** All that is remembered, the oldest first. */
export async function readBans(state: string): Promise<readonly BanRecord[]> {
  const names = await readdir(records(state)).catch(() => []);
  const texts = await Promise.all(
    names.filter((name) => name.endsWith('.json')).map((name) => readIfThere(join(records(state), name))),
  );
  return texts
    .flatMap((text) => (text === undefined ? [] : (parseBan(text) ?? [])))
    .sort((a, b) => (a.at < b.at ? -1 : 1));
}

/** Those that are in force. */
export function banned(all: readonly BanRecord[], at = new Date().toISOString()): readonly BanRecord[] {
  return inForce(
    all.filter(({ removed }) => removed === undefined),
    at,
  );
}

/** Keeps a ban, in place of an earlier one of the same network. */
export async function keepBan(state: string, ban: BanRecord): Promise<void> {
  await makeFolders(state);
  await writeDurably(recordOf(state, ban.network), `${JSON.stringify(ban)}\n`, 0o600);
  await giveAll(state);
}

/** Whether it ended before a time. */
export const isOver = ({ removed, until }: BanRecord, before: string): boolean =>
  (removed ?? until ?? '9') < before;

/** Forgets what ended long ago. */
export async function forgetBans(
  state: string,
  all: readonly BanRecord[],
  before: string,
): Promise<readonly BanRecord[]> {
  const old = all.filter((ban) => isOver(ban, before));
  for (const { network } of old) await rm(recordOf(state, network), { force: true });
  return all.filter((ban) => !old.includes(ban));
}

async function makeFolders(state: string): Promise<void> {
  // The engine's account goes through, and cannot list.
  await mkdir(folder(state), { recursive: true, mode: 0o711 });
  await mkdir(records(state), { recursive: true, mode: 0o700 });
  for (const each of Object.values(banPlaces))
    await mkdir(join(state, each), { recursive: true, mode: 0o711 });
}

async function giveAll(state: string): Promise<void> {
  for (const each of [records(state), ...Object.values(banPlaces).map((of) => join(state, of))])
    await giveToOwner(each);
  await giveToOwner(folder(state));
}

/** Makes the files that the engine looks for, and what is asked of the firewall, be those of who is banned now. */
export async function markBans(
  state: string,
  all: readonly BanRecord[],
  contact: string | undefined,
): Promise<void> {
  const now = banned(all);
  if (all.length === 0 && (await readdir(folder(state)).catch(() => [])).length === 0) return;
  await makeFolders(state);
  const wanted = new Map<string, string>();
  for (const { network, until } of now) {
    const files = networkFiles(network);
    const text = `${untilText(until)}${contact === undefined ? '' : ` · ${xml(contact)}`}`;
    for (const name of files?.names ?? [])
      wanted.set(`${banPlaces[(files as { kind: 'addresses' }).kind]}/${name}`, text);
  }
  const there = (
    await Promise.all(
      Object.values(banPlaces).map(async (each) =>
        (await readdir(join(state, each)).catch(() => [])).map((name) => `${each}/${name}`),
      ),
    )
  ).flat();
  const known = new Set(there);
  for (const [path, text] of wanted) {
    if (known.has(path) && (await readIfThere(join(state, path))) === text) continue;
    // Nothing that stands there already is written through: the folder may be another account's than ours.
    await rm(join(state, path), { force: true });
    await writeFile(join(state, path), text, { mode: 0o644, flag: 'wx' });
  }
  for (const path of there) if (!wanted.has(path)) await rm(join(state, path), { force: true });
  await askWall(state, 'bans', wallLines(now));
  await giveAll(state);
}

/** What the page of the banned says: by the world's clock, for it is read anywhere. */
function untilText(until: string | undefined): string {
  return until === undefined ? '–' : `${until.slice(0, 16).replace('T', ' ')} UTC`;
}

/** Far enough for what has no end: 2100. */
const never = 4_102_444_800;

/** What is asked of the firewall: a flood is not even answered; nothing stands in a set twice. */
function wallLines(now: readonly BanRecord[]): readonly string[] {
  const widest = now.filter(
    ({ network }) => !now.some((other) => other.network !== network && contains(other.network, network)),
  );
  return widest
    .map(({ kind, network, until }) => {
      const seconds = until === undefined ? never : Math.ceil(Date.parse(until) / 1000);
      return `${kind === 'floods' ? 'drop' : 'shut'} ${network} ${seconds}`;
    })
    .sort();
}
