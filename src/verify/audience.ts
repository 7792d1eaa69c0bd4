import type { IncomingMessage } from 'node:http';
import { inNetwork } from '../lib/ip.ts';
import { type Message, message } from '../model/message.ts';
import { type Attempt, kept } from './attempt.ts';
import { withoutQuery } from './excerpt.ts';
import { brokenBy } from './http.ts';
import type { Outcome } from './probe.ts';

/** Where a vantage stands with a promise made only to some networks; `everywhere` when it is made to all. */
export type Standing = 'everywhere' | 'inside' | 'outside';

/** Where this end of a connection stands. Poterne knows its own address only: behind NAT the gateway sees another. */
export function standing(from: readonly string[] | undefined, local: string): Standing {
  if (!from) return 'everywhere';
  return from.some((network) => inNetwork(local, network)) ? 'inside' : 'outside';
}

/** The outcome for whoever stands outside: 403 (RFC 9110 §15.5.4) is what is promised, anything else lets them in. */
export async function refusal(
  response: IncomingMessage,
  from: readonly string[],
  local: string,
  attempt: Attempt,
): Promise<Outcome> {
  const params = { address: local, networks: from.join(', ') || '∅', status: response.statusCode ?? 0 };
  if (response.statusCode === 403) return kept(message('seen.outside.refused', params));
  const trouble = gatewayTrouble(response);
  if (trouble) return brokenBy(response, trouble, attempt);
  return brokenBy(response, message('seen.outside.let-in', params), attempt);
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
  if (status === 403 && stands === 'inside') return message('seen.inside.refused');
  const { location } = response.headers;
  if (status >= 300 && status < 400 && location !== undefined)
    return message('seen.status.redirect', { status, wanted, location: withoutQuery(location) });
  return gatewayTrouble(response) ?? message('seen.status.other', { status, wanted });
}
