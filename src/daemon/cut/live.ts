import { join } from 'node:path';
import { orphans, runningMaster, workersOf } from '../../apply/engine-process.ts';
import { serverEngines } from '../../engines/index.ts';
import { directSocket } from '../../lib/direct-socket.ts';
import { literallyAt } from '../../lib/publication-at.ts';
import type { EndedConnections, Tally } from '../../model/cut.ts';
import type { Publication } from '../../model/site.ts';
import { endConnections } from './connections.ts';
import { endsKey, readSightings, type Sighting } from './sightings.ts';
import { acceptedBy, type HeldSocket } from './sockets.ts';

/** A connection of a visitor that the gateway has now. */
export interface LiveConnection {
  readonly socket: HeldSocket;
  /** Where it was seen; empty: nowhere yet, or its publication is passed through. */
  readonly seen: readonly Sighting[];
  /** The publication that it is passed through to, by id. */
  readonly direct?: string;
}

/** A publication, as far as its connections are told by it. */
export type Known = Pick<Publication, 'id' | 'name' | 'match' | 'scenario'> & { readonly port?: number };

/** The connections that visitors have with the engines of a state folder, also those of workers that are ending. */
export async function liveConnections(
  state: string,
  publications: readonly Known[],
): Promise<readonly LiveConnection[]> {
  const found = await Promise.all(
    serverEngines.map(async (engine) => {
      const prefix = join(state, engine.name);
      const master = await runningMaster(engine, prefix);
      const workers = [...(master ? await workersOf(master) : []), ...(await orphans(engine, prefix))];
      const sockets = acceptedBy(workers.map(({ pid }) => pid));
      const sightings = await readSightings(prefix);
      const tunnels = new Map(
        publications
          .filter(({ scenario }) => scenario === 'direct')
          .map(({ id }) => [join(prefix, directSocket(id)), id]),
      );
      return sockets.flatMap((socket): readonly LiveConnection[] => {
        const { peer, own, path } = socket;
        if (peer && own) {
          const seen = sightings.get(endsKey(peer, own)) ?? [];
          return [{ socket, seen: seen.flatMap((each) => placed(each, publications)) }];
        }
        const direct = tunnels.get(path ?? '');
        return direct === undefined ? [] : [{ socket, seen: [], direct }];
      });
    }),
  );
  return found.flat();
}

/** A sighting that tells a name, at the publication that answers to it; where only nginx can tell, at all that may. */
export function placed(sighting: Sighting, publications: readonly Known[]): readonly Sighting[] {
  if (sighting.name === undefined) return [sighting];
  const found = literallyAt(publications, sighting.name.toLowerCase());
  const meant = found
    ? [found]
    : publications.filter(({ match, scenario }) => match === 'regex' && scenario !== 'direct');
  return meant.map(({ id }) => ({ ...sighting, publication: id }));
}

/** Ends connections, and tells whose they were. Throws `cut.connections.denied`. */
export async function endLive(
  connections: readonly LiveConnection[],
  publications: readonly Known[],
): Promise<EndedConnections> {
  const ended = new Set(await endConnections(connections.map(({ socket }) => socket)));
  const gone = connections.filter(({ socket }) => ended.has(socket));
  const names = new Map(publications.map(({ id, name }) => [id, name]));
  const nameOf = (id: string) => names.get(id) ?? id;
  return {
    connections: gone.length,
    publications: tally(
      gone.map(({ seen, direct }) => [
        ...seen.map(({ publication }) => nameOf(publication)),
        ...(direct === undefined ? [] : [nameOf(direct)]),
      ]),
    ),
    people: tally(gone.map(({ seen }) => seen.flatMap(({ user }) => user ?? []))),
    addresses: tally(gone.map(({ socket, seen }) => seen[0]?.address ?? socket.peer?.address ?? [])),
  };
}

/** How many have each. */
function tally(named: readonly (string | readonly string[])[]): Tally {
  const counts = new Map<string, number>();
  for (const name of named.flatMap((names) => [...new Set([names].flat())]))
    counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}

/** Both together. */
export function addEnded(one: EndedConnections, other: EndedConnections): EndedConnections {
  const sum = (a: Tally, b: Tally): Tally => {
    const names = new Set([...Object.keys(a), ...Object.keys(b)]);
    return Object.fromEntries([...names].map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
  };
  return {
    connections: one.connections + other.connections,
    publications: sum(one.publications, other.publications),
    people: sum(one.people, other.people),
    addresses: sum(one.addresses, other.addresses),
  };
}

/** Nothing was ended. */
export const noneEnded: EndedConnections = { connections: 0, publications: {}, people: {}, addresses: {} };
