import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { giveToOwner, readIfThere, writeDurably } from '../../hosts/files.ts';
import { userCutFile } from '../../identity/cuts.ts';
import { networkFiles, unitOf } from '../../lib/cut-networks.ts';
import { sha256 } from '../../lib/digest.ts';
import { xml } from '../../lib/escape.ts';
import { type Cut, type CutTarget, cutPlaces } from '../../model/cut.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { askWall } from '../wall.ts';
import { portLines } from './forwarded.ts';
import type { Known } from './live.ts';
import { shutTunnels } from './tunnels.ts';

/**
 * What is cut off, below a state folder. A record each says what, why and until when; the files that the engine looks for follow from all
 * of them, and are made again from them.
 */

const folder = (state: string) => join(state, 'cut');
const records = (state: string) => join(folder(state), 'records');
const recordOf = (state: string, { kind, name }: CutTarget) =>
  join(records(state), `${kind}-${sha256(name).slice(0, 32)}.json`);

export const targetSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('publication'), name: z.string(), id: z.string().regex(/^[\w-]+$/) }),
  z.object({ kind: z.literal('user'), name: z.string() }),
  z.object({ kind: z.literal('address'), name: z.string() }),
  z.object({ kind: z.literal('all'), name: z.literal('all') }),
]);

/** A cut; where gateways share it, also when it was made by their store's clock, by which they agree what was later. */
export type CutRecord = Cut & { readonly agreed?: string };

export const cutSchema = z.object({
  target: targetSchema,
  at: z.string(),
  by: z.string(),
  reason: z.string(),
  say: z.boolean(),
  until: z.string().optional(),
  agreed: z.string().optional(),
});

/** A cut as JSON has it; `undefined` for what is none. */
export function parseCut(value: unknown): CutRecord | undefined {
  const parsed = cutSchema.safeParse(value);
  return parsed.success ? (parsed.data as CutRecord) : undefined;
}

/** What is cut off, the oldest first. */
export async function readCuts(state: string): Promise<readonly CutRecord[]> {
  const names = await readdir(records(state)).catch(() => []);
  const texts = await Promise.all(
    names.filter((name) => name.endsWith('.json')).map((name) => readIfThere(join(records(state), name))),
  );
  const held = unkeptOf(state);
  return texts
    .flatMap((text) => (text === undefined ? [] : (parseCut(parsed(text)) ?? [])))
    .filter((cut) => !held.some(({ target }) => recordOf(state, target) === recordOf(state, cut.target)))
    .concat(held)
    .sort((a, b) => (a.at < b.at ? -1 : 1));
}

/** Those whose record could not be written, by its path: this process holds to them all the same. */
const unkept = new Map<string, CutRecord>();

const unkeptOf = (state: string): CutRecord[] =>
  [...unkept].flatMap(([path, cut]) => (dirname(path) === records(state) ? cut : []));

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Keeps a cut, in place of an earlier one of the same. Throws `cut.record` where there is no room: then this process alone knows of it. */
export async function keepCut(state: string, cut: CutRecord): Promise<void> {
  const path = recordOf(state, cut.target);
  try {
    await makeFolders(state);
    await writeDurably(path, `${JSON.stringify(cut)}\n`, 0o600);
    unkept.delete(path);
    await giveAll(state);
  } catch (error) {
    unkept.set(path, cut);
    throw new Fault(
      'cut.record',
      { reason: String(error) },
      { cause: error, next: message('cut.record.next') },
    );
  }
}

export async function dropCut(state: string, target: CutTarget): Promise<void> {
  unkept.delete(recordOf(state, target));
  await rm(recordOf(state, target), { force: true });
}

const turns = new Map<string, Promise<unknown>>();

/** Does something with a state folder's cuts while nothing else of this process does. */
export function alone<T>(state: string, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(state) ?? Promise.resolve()).then(work, work);
  turns.set(
    state,
    turn.catch(() => undefined),
  );
  return turn;
}

/** Whether a publication is cut off now. */
export const isPublicationCut = (state: string, id: string): boolean =>
  existsSync(join(state, cutPlaces.publications, id));

/** Whether an address is cut off now, by itself or by its network. */
export function isAddressCut(state: string, address: string): boolean {
  if (!isIP(address)) return false;
  const unit = unitOf(address);
  return (
    existsSync(join(state, cutPlaces.addresses, address)) ||
    (unit !== undefined && existsSync(join(state, cutPlaces.networks, unit)))
  );
}

/** Makes the files that the engine looks for be those of what is kept, and keeps what there was no room for. */
export const markKept = (state: string, publications: readonly Known[]): Promise<void> =>
  alone(state, async () => {
    for (const cut of unkeptOf(state)) await keepCut(state, cut).catch(() => undefined);
    await markCuts(state, await readCuts(state), publications);
  });

/** Places of files, by what the engine looks for. */
const markerFolders = [...Object.values(cutPlaces), 'cut/users'] as const;

async function makeFolders(state: string): Promise<void> {
  // The engine's account goes through, and cannot list.
  await mkdir(folder(state), { recursive: true, mode: 0o711 });
  await mkdir(records(state), { recursive: true, mode: 0o700 });
  for (const each of markerFolders) await mkdir(join(state, each), { recursive: true, mode: 0o711 });
}

async function giveAll(state: string): Promise<void> {
  for (const each of [records(state), ...markerFolders.map((of) => join(state, of))]) await giveToOwner(each);
  await giveToOwner(folder(state));
}

/**
 * Makes the files that the engine looks for be those of what is cut off: first those that are missing. `publications` are all
 * that is published, or is about to be: what cuts off everything stands for them.
 */
export async function markCuts(
  state: string,
  cuts: readonly Cut[],
  publications: readonly Known[],
): Promise<void> {
  const ids = publications.map(({ id }) => id);
  const wanted = markersOf(cuts, ids);
  if (wanted.size === 0 && (await readdir(folder(state)).catch(() => [])).length === 0) return;
  await makeFolders(state);
  const there = new Set(
    (
      await Promise.all(
        markerFolders.map(async (each) =>
          (await readdir(join(state, each)).catch(() => [])).map((name) => `${each}/${name}`),
        ),
      )
    ).flat(),
  );
  // Where the disk is full there is room for those that are empty, and what visitors are told waits.
  for (const [path, text] of [...wanted].sort(([, a], [, b]) => a.length - b.length)) {
    if (there.has(path) && (text === '' || (await readIfThere(join(state, path))) === text)) continue;
    // Nothing that stands there already is written through: the folder may be another account's than ours.
    await rm(join(state, path), { force: true });
    const written = writeFile(join(state, path), text, { mode: 0o644, flag: 'wx' });
    await (text === '' ? written : written.catch(() => undefined));
  }
  for (const path of there) if (!wanted.has(path)) await rm(join(state, path), { force: true });
  const cut = ids.filter((id) => wanted.has(`${cutPlaces.publications}/${id}`));
  await shutTunnels(state, publications, new Set(cut));
  await askWall(state, 'ports', portLines(publications, new Set(cut)));
  await giveAll(state);
}

/** The files, by their path below the state folder, and what stands in them. */
function markersOf(cuts: readonly Cut[], publications: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { target, say, reason } of cuts) {
    const ids = target.kind === 'publication' ? [target.id] : target.kind === 'all' ? publications : [];
    for (const id of ids) {
      found.set(`${cutPlaces.publications}/${id}`, '');
      if (say) found.set(`${cutPlaces.said}/${id}`, xml(reason));
    }
    if (target.kind === 'user') found.set(userCutFile(target.name), '');
    const files = target.kind === 'address' ? networkFiles(target.name) : undefined;
    for (const name of files?.names ?? [])
      found.set(`${cutPlaces[(files as { kind: 'addresses' }).kind]}/${name}`, '');
  }
  return found;
}
