import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { connectionFields, namedPlace, sightingsLog } from '../../model/cut.ts';

/** That a connection was seen on a publication. */
export interface Sighting {
  /** Between whom the kernel has it (`endsKey`). */
  readonly ends: string;
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
  /** Whether they showed a certificate that was accepted. */
  readonly hasCertificate: boolean;
  readonly session?: string;
  readonly user?: string;
  readonly line: string;
}

/** The files, from the oldest: what was kept of earlier ones, one that is being gone through, and the one that is written. */
export const sightingFiles = (prefix: string): readonly string[] =>
  ['.kept', '.1', ''].map((end) => join(prefix, `${sightingsLog}${end}`));

/** Words of a line: the connection, and what follows it. */
const [ofConnection, ofPlace] = [connectionFields.length, 7] as const;

/**
 * Where each connection was seen, by its two ends. A port that was used again has what was told of the connection that began last, whatever is told of
 * the one before it afterwards: nginx may have been busy when that ended.
 */
export async function readSightings(prefix: string): Promise<ReadonlyMap<string, readonly Sighting[]>> {
  const found = new Map<string, Sighting[]>();
  for (const file of sightingFiles(prefix))
    for (const line of (await readFile(file, 'utf8').catch(() => '')).split('\n')) {
      const sighting = parseSighting(line);
      if (!sighting) continue;
      const before = found.get(sighting.ends);
      const [first] = before ?? [];
      if (first?.connection === sighting.connection) before?.push(sighting);
      else if (!first || first.began <= sighting.began) found.set(sighting.ends, [sighting]);
    }
  return found;
}

/** The sighting of a line; `undefined` for a line that is not whole. */
export function parseSighting(line: string): Sighting | undefined {
  const words = line.split(' ');
  if (words.length < ofConnection + ofPlace) return undefined;
  const [times = '', connection = '', ...ends] = words;
  const [address = '', place = '', pathClass, status, certificate, session] = words
    .slice(ofConnection)
    .map(given);
  const user = given(words.slice(ofConnection + ofPlace - 1).join(' '));
  const [now = 0, age = 0] = times.split('-').map(Number);
  // Behind the server that tells names apart, whose own connection has the visitor.
  const [peer = '', port, own = '', ownPort] = ends.slice(isIP(ends[0] ?? '') ? 0 : 4);
  if (!isIP(peer) || place === '') return undefined;
  const key = endsKey({ address: peer, port: Number(port) }, { address: own, port: Number(ownPort) });
  return {
    ...{ ends: key, connection, began: now - age, address, publication: place, line },
    hasCertificate: certificate === '1',
    ...(place.startsWith(namedPlace) ? { name: place.slice(namedPlace.length) } : {}),
    ...(status === undefined ? {} : { status }),
    ...(pathClass === undefined ? {} : { pathClass: decoded(pathClass) }),
    ...(session === undefined ? {} : { session }),
    ...(user === undefined ? {} : { user: decoded(user) }),
  };
}

/** How a connection is called: by its peer, and where it came to. An IPv4 address mapped into IPv6 is an IPv4 one. */
export const endsKey = (peer: End, own: End): string => `${endText(peer)} ${endText(own)}`;

interface End {
  readonly address: string;
  readonly port: number;
}

const endText = ({ address, port }: End): string => `${address.replace(/^::ffff:(?=[\d.]+$)/i, '')} ${port}`;

const given = (word: string): string | undefined => (word === '-' || word === '' ? undefined : word);

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
