import type { IncomingMessage } from 'node:http';
import { inNetwork } from '../lib/ip.ts';
import { type Message, message } from '../model/message.ts';
import { type Attempt, kept } from './attempt.ts';
import { withoutQuery } from './excerpt.ts';
import { brokenBy, readBody } from './http.ts';
import type { Outcome } from './probe.ts';

/** Where a vantage stands with a promise made only to some networks. */
export interface Standing {
  /** `everywhere`: the promise is made to all. */
  readonly where: 'everywhere' | 'inside' | 'outside';
  readonly address: string;
  /** The networks that are let in, for messages. */
  readonly networks: string;
}

/** Where this end of a connection stands. Poterne knows its own address only: behind NAT the gateway sees another. */
export function standing(from: readonly string[] | undefined, address: string): Standing {
  const inside = from?.some((network) => inNetwork(address, network));
  return {
    where: inside === undefined ? 'everywhere' : inside ? 'inside' : 'outside',
    address,
    networks: from?.join(', ') || '∅',
  };
}

/** The outcome for whoever stands outside: 403 (RFC 9110 §15.5.4) is what is promised, anything else lets them in. */
export async function refusal(
  response: IncomingMessage,
  stands: Standing,
  attempt: Attempt,
): Promise<Outcome> {
  const { address, networks } = stands;
  const status = response.statusCode ?? 0;
  if (status === 403) return kept(message('seen.outside.refused', { address, networks }));
  return brokenBy(response, gatewayTrouble(response) ?? letIn(stands, status), attempt);
}

/** Someone outside was answered with this status instead of 403. */
export function letIn({ address, networks }: Standing, status: number): Message {
  return message('seen.outside.let-in', { status, address, networks });
}

/** What an answer says against the way to the service rather than about the service: 502, 503, 504. */
export function gatewayTrouble(response: IncomingMessage): Message | undefined {
  switch (response.statusCode) {
    case 502:
      return message('seen.gateway.bad');
    case 503:
      return message('seen.gateway.unavailable');
    case 504:
      return message('seen.gateway.late');
    default:
      return undefined;
  }
}

/** What a status says when it is not the wanted one, in the terms of its most likely cause. */
export function statusTrouble(response: IncomingMessage, wanted: number, stands: Standing): Message {
  const status = response.statusCode ?? 0;
  if (status === 403 && stands.where === 'inside') return message('seen.inside.refused');
  const { location } = response.headers;
  if (status >= 300 && status < 400 && location !== undefined)
    return message('seen.status.redirect', { status, wanted, location: withoutQuery(location) });
  return gatewayTrouble(response) ?? message('seen.status.other', { status, wanted });
}

/** Whether a refusal is the gateway's own: it says the number of the request, which no service can know to say in just this form. */
export async function isRefusedHere(response: IncomingMessage, attempt: Attempt): Promise<boolean> {
  const status = response.statusCode ?? 0;
  const request = response.headers['x-request-id'];
  attempt.waitFor(message('seen.timeout.body', { status, seconds: attempt.seconds }));
  const { text } = await readBody(response);
  try {
    const said = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const others = Object.keys(said).filter((key) => !['status', 'request', 'why'].includes(key));
    return said.status === status && said.request === request && others.length === 0;
  } catch {
    return false;
  }
}
