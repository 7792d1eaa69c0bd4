import { message } from '../../model/message.ts';
import { attempting, broken, kept } from '../attempt.ts';
import { gatewayTrouble, isRefusedHere, refusal, standing } from '../audience.ts';
import { brokenBy, get, hostHeader } from '../http.ts';
import type { ProbeFunction } from '../probe.ts';
import { handshake, shownCertificate } from '../tls.ts';

/** An attack gets nothing of the service, but the gateway's own refusal. */
export const wafRefuses: ProbeFunction<'waf-refuses'> = (probe, context) =>
  attempting(context, async (attempt) => {
    const { door, path, from } = probe;
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
    return status === 403 && (await isRefusedHere(response, attempt))
      ? kept(message('seen.waf.refused'))
      : brokenBy(response, message('seen.waf.let-through', { status }), attempt);
  });
