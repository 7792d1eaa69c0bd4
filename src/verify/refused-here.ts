import type { Probe } from '../model/expectation.ts';
import { type Message, message } from '../model/message.ts';
import { attempting, broken, kept } from './attempt.ts';
import { gatewayTrouble, isRefusedHere, refusal, standing } from './audience.ts';
import { brokenBy, get, hostHeader } from './http.ts';
import type { Outcome, ProbeContext } from './probe.ts';
import { handshake, shownCertificate } from './tls.ts';

/** Where is asked, and for what. */
type Question = Pick<Extract<Probe, { kind: 'asks-sign-in' | 'waf-refuses' }>, 'door' | 'path' | 'from'>;

/** What is promised of a refusal: the statuses that it may have, and what is said where it comes, and where it does not. */
interface Refusing {
  readonly statuses: readonly number[];
  readonly refused: (status: number) => Message;
  readonly letThrough: (status: number) => Message;
}

/** Asks for a path and must be refused, by the gateway itself: nothing of the service comes back. */
export const refusesHere =
  ({ statuses, refused, letThrough }: Refusing) =>
  ({ door, path, from }: Question, context: ProbeContext): Promise<Outcome> =>
    attempting(context, async (attempt) => {
      const client =
        door.client === undefined ? undefined : await shownCertificate(door.client, 'right', attempt);
      const made = await handshake(door, { sni: door.name, ...(client ? { client } : {}) }, attempt);
      const { place, local } = made.connection;
      if (!made.done) return broken(message('seen.tls.failed', { place, reason: made.failure.reason }));
      const ask = { host: hostHeader(door, 'https'), path, place, accept: 'application/json' };
      const response = await get(made.socket, ask, attempt);
      const stands = standing(from, local);
      if (stands.where === 'outside') return refusal(response, stands, attempt);
      const trouble = gatewayTrouble(response);
      if (trouble) return brokenBy(response, trouble, attempt);
      const status = response.statusCode ?? 0;
      return statuses.includes(status) && (await isRefusedHere(response, attempt))
        ? kept(refused(status))
        : brokenBy(response, letThrough(status), attempt);
    });
