import type { IncomingMessage } from 'node:http';
import { message } from '../../model/message.ts';
import { attempting, broken, kept, Trouble } from '../attempt.ts';
import { gatewayTrouble, isRefusedHere, refusal, standing } from '../audience.ts';
import { brokenBy, get, hostHeader } from '../http.ts';
import type { ProbeFunction } from '../probe.ts';
import { handshake, shownCertificate } from '../tls.ts';

/**
 * Whoever shows no client certificate, or a wrong one, is refused: in the handshake, or by an answer of the gateway itself, which is told
 * from one of the service by the request's number in it. Whoever shows the right one is not.
 */
export const asksClient: ProbeFunction<'asks-client'> = (probe, context) =>
  attempting(context, async (attempt) => {
    const { door, path, configuration, shown, from } = probe;
    const client = shown === 'none' ? undefined : await shownCertificate(configuration, shown, attempt);
    const made = await handshake(door, { sni: door.name, ...(client ? { client } : {}) }, attempt);
    const { place, local } = made.connection;
    if (!made.done) {
      const { reason, kind } = made.failure;
      const isRefusal = kind === 'refused' && shown !== 'right';
      return isRefusal
        ? kept(message('seen.client.handshake', { reason }))
        : broken(message('seen.tls.failed', { place, reason }));
    }
    const ask = { host: hostHeader(door, 'https'), path, place, accept: 'application/json' };
    let response: IncomingMessage;
    try {
      response = await get(made.socket, ask, attempt);
    } catch (error) {
      // TLS 1.3 has a client's certificate refused when the handshake is over for the client.
      if (shown !== 'right' && error instanceof Trouble && error.seen.code === 'seen.tls.refused')
        return kept(message('seen.client.handshake', { reason: String(error.seen.params?.reason ?? '') }));
      throw error;
    }
    const stands = standing(from, local);
    if (stands.where === 'outside') return refusal(response, stands, attempt);
    const status = response.statusCode ?? 0;
    const trouble = gatewayTrouble(response);
    if (trouble) return brokenBy(response, trouble, attempt);
    const isRefused = status === 403 && (await isRefusedHere(response, attempt));
    if (shown === 'right')
      return isRefused
        ? broken(message('seen.client.shut-out', { configuration }))
        : kept(message('seen.client.accepted', { status }));
    return isRefused
      ? kept(message('seen.client.refused', { status }))
      : brokenBy(response, message('seen.client.let-in', { status }), attempt);
  });
