import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { connectionFields, namedPlace, sightingsLog } from '../../model/cut.ts';

/** That a connection was seen on a publication. */
export interface Sighting {
  /** Whom the kernel has it with: address and port. */
  readonly peer: string;
  /** The engine's own number of it, and when it began, in seconds since 1970. */
  readonly connection: string;
  readonly began: number;
  /** The visitor's address. */
  readonly address: string;
  /** The publication's id, and by what name it was asked for where only that is known. */
  readonly publication: string;
  readonly name?: string;
  /** The class of the path. */
  readonly pathClass?: string;
  /** What the verdict was answered with; absent where none was asked for. */
  readonly status?: string;
  readonly session?: string;
  readonly user?: string;
  readonly line: string;
}

/** The files, from the oldest: what was kept of earlier ones, one that is being gone through, and the one that is written. */
export const sightingFiles = (prefix: string): readonly string[] =>
  ['.kept', '.1', ''].map((end) => join(prefix, `${sightingsLog}${end}`));

/** Words of a line: the connection, and what follows it. */
const [ofConnection, ofPlace] = [connectionFields.length, 6] as const;

/**
 * Where each connection was seen, by peer. A port that was used again has what was told of the connection that began last, whatever is told of
 * the one before it afterwards: nginx may have been busy when that ended.
 */
export async function readSightings(prefix: string): Promise<ReadonlyMap<string, readonly Sighting[]>> {
  const found = new Map<string, Sighting[]>();
  for (const file of sightingFiles(prefix))
    for (const line of (await readFile(file, 'utf8').catch(() => '')).split('\n')) {
      const sighting = parseSighting(line);
      if (!sighting) continue;
      const before = found.get(sighting.peer);
      const [first] = before ?? [];
      if (first?.connection === sighting.connection) before?.push(sighting);
      else if (!first || first.began <= sighting.began) found.set(sighting.peer, [sighting]);
    }
  return found;
}

/** The sighting of a line; `undefined` for a line that is not whole. */
export function parseSighting(line: string): Sighting | undefined {
  const words = line.split(' ');
  if (words.length < ofConnection + ofPlace) return undefined;
  const [times = '', connection = '', peer = '', port = '', fromPeer = '', fromPort = ''] = words;
  const [address = '', place = '', pathClass, status, session] = words.slice(ofConnection).map(given);
  const user = given(words.slice(ofConnection + ofPlace - 1).join(' '));
  const [now = 0, age = 0] = times.split('-').map(Number);
  // Behind the server that tells names apart, whose own connection has the visitor.
  const [host, at] = isIP(peer) ? [peer, port] : [fromPeer, fromPort];
  if (!isIP(host) || place === '') return undefined;
  return {
    ...{ peer: peerKey(host, Number(at)), connection, began: now - age, address, publication: place, line },
    ...(place.startsWith(namedPlace) ? { name: place.slice(namedPlace.length) } : {}),
    ...(status === undefined ? {} : { status }),
    ...(pathClass === undefined ? {} : { pathClass: decoded(pathClass) }),
    ...(session === undefined ? {} : { session }),
    ...(user === undefined ? {} : { user: decoded(user) }),
  };
}

/** How a peer is called: an IPv4 address mapped into IPv6 is an IPv4 one. */
export const peerKey = (address: string, port: number): string =>
  `${address.replace(/^::ffff:(?=[\d.]+$)/i, '')} ${port}`;

const given = (word: string): string | undefined => (word === '-' || word === '' ? undefined : word);

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
