import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { lookupAt, type NameServers, placeOf, type RecordPlace } from './dns-names.ts';
import type { Proof, Solver } from './types.ts';

/** Writes and removes one TXT record; others of the same name are left alone. */
export interface RecordWriter {
  add(place: RecordPlace, value: string): Promise<void>;
  remove(place: RecordPlace, value: string): Promise<void>;
}

/** How long all servers of a zone may take to have a record. */
const patience = 180_000;

/** What the TXT record of a proof says (RFC 8555 §8.4). */
export function recordValue({ keyAuthorization }: Pick<Proof, 'keyAuthorization'>): string {
  return createHash('sha256').update(keyAuthorization).digest('base64url');
}

/** DNS-01: writes the record and waits until every server of its zone shows it. Throws `acme.unseen`, and what its writer throws. */
export function dnsSolver(writer: RecordWriter, at: NameServers = {}, within = patience): Solver {
  const places = new Map<string, RecordPlace>();
  return {
    type: 'dns-01',
    async present(proof, signal) {
      const place = await placeOf(proof.name, at);
      places.set(proof.token, place);
      await writer.add(place, recordValue(proof));
      await seen(place, recordValue(proof), within, signal);
    },
    async withdraw(proof) {
      // Where it was put, whatever the DNS says by now.
      const place = places.get(proof.token);
      if (!place) return;
      await writer.remove(place, recordValue(proof));
      places.delete(proof.token);
    },
  };
}

async function seen(
  { record, servers }: RecordPlace,
  value: string,
  within: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + within;
  let waiting = servers.map((server) => ({ server, lookup: lookupAt([server]), said: '' }));
  for (let wait = 200; ; wait = Math.min(wait * 2, 5000)) {
    const looked = await Promise.all(
      waiting.map(async (each) => {
        try {
          const texts = await each.lookup.texts(record);
          return {
            ...each,
            shows: texts.includes(value),
            said: texts.length > 0 ? 'another record' : 'no record',
          };
        } catch (error) {
          return { ...each, shows: false, said: (error as NodeJS.ErrnoException).code ?? String(error) };
        }
      }),
    );
    waiting = looked.filter(({ shows }) => !shows);
    if (waiting.length === 0) return;
    signal.throwIfAborted();
    if (Date.now() + wait > deadline) {
      const seconds = Math.round(within / 1000);
      const params = {
        name: record,
        seconds,
        seen: waiting.map(({ server, said }) => `${server}: ${said}`).join(', '),
      };
      throw new Fault('acme.unseen', params, { next: message('acme.unseen.next', params) });
    }
    await sleep(wait, undefined, { signal });
  }
}
