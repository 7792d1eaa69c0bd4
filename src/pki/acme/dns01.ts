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

/** How long all servers of a zone may take to have a record, and how long one that does not answer at all is waited for. */
interface Patience {
  readonly within: number;
  readonly silence: number;
}

const usual: Patience = { within: 180_000, silence: 30_000 };

/** What the TXT record of a proof says (RFC 8555 §8.4). */
export function recordValue({ keyAuthorization }: Pick<Proof, 'keyAuthorization'>): string {
  return createHash('sha256').update(keyAuthorization).digest('base64url');
}

/** DNS-01: writes the record and waits until every server of its zone that answers shows it. Throws `acme.unseen`, and what its writer throws. */
export function dnsSolver(
  writer: RecordWriter,
  at: NameServers = {},
  patience: Partial<Patience> = {},
): Solver {
  const places = new Map<string, RecordPlace>();
  return {
    type: 'dns-01',
    async present(proof, signal) {
      const place = await placeOf(proof.name, at);
      places.set(proof.token, place);
      await writer.add(place, recordValue(proof));
      await seen(place, recordValue(proof), { ...usual, ...patience }, signal);
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

/** What one server of a zone shows: `silent` where none of its addresses answers. */
interface Look {
  readonly name: string;
  readonly state: 'shown' | 'other' | 'silent';
  readonly said: string;
}

async function seen(
  { record, servers }: RecordPlace,
  value: string,
  { within, silence }: Patience,
  signal: AbortSignal,
): Promise<void> {
  const start = Date.now();
  for (let wait = 200; ; wait = Math.min(wait * 2, 5000)) {
    const looks = await Promise.all(servers.map((server) => lookAt(server, record, value)));
    const waiting = looks.filter(({ state }) => state !== 'shown');
    const passed = Date.now() - start;
    // One that is down answers the authority as little as it does us: it asks another then.
    const enough = passed >= silence && waiting.length < looks.length;
    if (waiting.every(({ state }) => enough && state === 'silent')) return;
    signal.throwIfAborted();
    if (passed + wait > within) {
      const seconds = Math.round(within / 1000);
      const params = {
        ...{ name: record, seconds },
        seen: waiting.map(({ name, said }) => `${name}: ${said}`).join(', '),
      };
      throw new Fault('acme.unseen', params, { next: message('acme.unseen.next', params) });
    }
    await sleep(wait, undefined, { signal });
  }
}

/** A server is asked at each of its addresses; those that cannot be reached, as IPv6 often is not, do not count beside one that can. */
async function lookAt(
  { name, addresses }: RecordPlace['servers'][number],
  record: string,
  value: string,
): Promise<Look> {
  const answers = await Promise.all(
    addresses.map(async (address) => {
      try {
        const texts = await lookupAt([address]).texts(record);
        if (texts.includes(value)) return { state: 'shown' as const, said: '' };
        return { state: 'other' as const, said: texts.length > 0 ? 'another record' : 'no record' };
      } catch (error) {
        return { state: 'silent' as const, said: (error as NodeJS.ErrnoException).code ?? String(error) };
      }
    }),
  );
  const counts = (['other', 'shown', 'silent'] as const).find((state) =>
    answers.some((answer) => answer.state === state),
  );
  const answer = answers.find(({ state }) => state === counts);
  return { name, state: 'silent', said: '-', ...answer };
}
