import { message } from '../../model/message.ts';
import { attempting, broken, kept } from '../attempt.ts';
import { callPartner } from '../partner-call.ts';
import type { ProbeFunction } from '../probe.ts';

/** A call through the gateway is answered by the partner itself, with the wanted status when there is one. */
export const partnerAnswers: ProbeFunction<'partner-answers'> = (probe, context) =>
  attempting(context, async (attempt) => {
    const { status, error } = await callPartner(probe, attempt);
    if (error !== undefined)
      return broken(
        status === 502 || status === 504
          ? message('seen.partner.unreachable', { status, error })
          : message('seen.partner.refused', { error }),
      );
    const { status: wanted } = probe;
    return wanted === undefined || status === wanted
      ? kept(message('seen.partner.answered', { status }))
      : broken(message('seen.partner.status', { status, wanted }));
  });
