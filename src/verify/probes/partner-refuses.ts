import { message } from '../../model/message.ts';
import { attempting, broken, kept } from '../attempt.ts';
import { callPartner } from '../partner-call.ts';
import { refusalMessage, tryPlaces } from '../port-states.ts';
import type { ProbeFunction } from '../probe.ts';

/**
 * Whoever may not call a partner gets no connection, or 403 from the gateway (RFC 9110 §15.5.4): no answer of the partner,
 * and no attempt to get one.
 */
export const partnerRefuses: ProbeFunction<'partner-refuses'> = (probe, context) =>
  attempting(context, async (attempt) => {
    const tried = await tryPlaces(probe.addresses, probe.port, attempt);
    const open = tried.filter(({ result }) => result.state === 'open');
    if (open.length === 0) return kept(refusalMessage(tried));
    const { status, error } = await callPartner(probe, attempt);
    return status === 403 && error !== undefined
      ? kept(message('seen.partner.denied', { error }))
      : broken(message('seen.partner.let-in', { status }));
  });
