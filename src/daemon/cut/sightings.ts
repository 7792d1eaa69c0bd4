import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { sightingFields, sightingsLog } from '../../model/cut.ts';

/** That a connection was seen on a publication. */
export interface Sighting {
  /** Whom the kernel has it with: address and port. */
  readonly peer: string;
  /** The engine's own number of it. */
  readonly connection: string;
  /** The visitor's address. */
  readonly address: string;
  /** The publication's id, and the class of the path. */
  readonly publication: string;
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

/**
 * Where each connection was seen, by peer. A port that was used again has what was last told of it: only those of the last connection.
 */
export async function readSightings(prefix: string): Promise<ReadonlyMap<string, readonly Sighting[]>> {
  const found = new Map<string, Sighting[]>();
  for (const file of sightingFiles(prefix))
    for (const line of (await readFile(file, 'utf8').catch(() => '')).split('\n')) {
      const sighting = parseSighting(line);
      if (!sighting) continue;
      const before = found.get(sighting.peer);
      if (before?.[0]?.connection === sighting.connection) before.push(sighting);
      else found.set(sighting.peer, [sighting]);
    }
  return found;
}

/** The sighting of a line; `undefined` for a line that is not whole. */
export function parseSighting(line: string): Sighting | undefined {
  const words = line.split(' ');
  if (words.length < sightingFields.length) return undefined;
  const [, connection = '', peer = '', port = '', fromPeer = '', fromPort = '', address = ''] = words;
  const [publication = '', pathClass, status, session] = words.slice(7).map(given);
  const user = given(words.slice(11).join(' '));
  // Behind the server that tells names apart, whose own connection has the visitor.
  const [host, at] = isIP(peer) ? [peer, port] : [fromPeer, fromPort];
  if (!isIP(host) || publication === '') return undefined;
  return {
    ...{ peer: peerKey(host, Number(at)), connection, address, publication, line },
    ...(status === undefined ? {} : { status }),
    ...(pathClass === undefined ? {} : { pathClass }),
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
