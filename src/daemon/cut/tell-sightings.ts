import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectionFields, sightingsLog } from '../../model/cut.ts';

/** Somebody who is being let in. */
export interface Admitted {
  /** By whom nginx has the connection, and what it says of it (`connectionFields`). */
  readonly worker: string;
  readonly seen: string;
  /** The visitor's. */
  readonly address: string;
  /** The publication's id, and the class of the path. */
  readonly publication: string;
  readonly pathClass?: string;
  /** Whether they showed a certificate that was accepted. */
  readonly hasCertificate: boolean;
  /** Absent where nobody had to sign in. */
  readonly session?: string;
  readonly user?: string;
}

/** How many are remembered as told. */
const most = 20_000;

/**
 * Tells the log of sightings whose connection somebody comes by, each once: before they are let in, as nginx tells nothing of a request that is
 * taken back meanwhile. Throws what keeps it from being told.
 */
export function sightingTeller(prefix: string): (admitted: Admitted) => void {
  const told = new Set<string>();
  return (admitted) => {
    const { worker, seen, address, publication, pathClass, hasCertificate, session, user } = admitted;
    const [times, ...connection] = wordsOf(seen);
    const words = [
      ...[...connection, address, publication, encoded(pathClass), '200', hasCertificate ? '1' : '-'],
      ...[encoded(session), encoded(user)],
    ];
    const key = [worker, ...words].join(' ');
    if (told.has(key)) return;
    // At once, as a person waits; on a line of its own, also behind one that had no room.
    appendFileSync(join(prefix, sightingsLog), `\n${[times, ...words].join(' ')}\n`, { mode: 0o640 });
    told.add(key);
    for (const oldest of told) {
      if (told.size <= most) break;
      told.delete(oldest);
    }
  };
}

/** Whom the kernel has a connection with: address and port. */
export function peerOf(seen: string): string {
  const words = wordsOf(seen);
  const one = (field: (typeof connectionFields)[number]) => words[connectionFields.indexOf(field)];
  return one('$realip_remote_addr') === 'unix:'
    ? `${one('$proxy_protocol_addr')} ${one('$proxy_protocol_port')}`
    : `${one('$realip_remote_addr')} ${one('$realip_remote_port')}`;
}

/** What is empty ends a header, where it is not sent. */
const wordsOf = (seen: string): string[] => {
  const words = seen.split(' ');
  return connectionFields.map((_, n) => words[n] || '-');
};

const encoded = (text: string | undefined): string =>
  text === undefined || text === '' ? '-' : encodeURIComponent(text);
