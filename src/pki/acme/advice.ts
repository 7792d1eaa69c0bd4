import { z } from 'zod';
import { adviceId } from './certificate.ts';
import { problemOf } from './problem.ts';
import { retryAfter } from './retry-after.ts';
import type { Session } from './session.ts';
import type { Advice } from './types.ts';

const infoSchema = z.object({
  suggestedWindow: z.object({ start: z.coerce.date(), end: z.coerce.date() }),
  explanationURL: z.url().optional().catch(undefined),
});

/** How often an authority is asked that does not say, and the bounds for one that does (RFC 9773 §4.3.2). */
const usual = 6 * 3_600_000;
const least = 60_000;
const most = 24 * 3_600_000;

/**
 * What the authority advises about when to renew a certificate of its own (ARI, RFC 9773): `undefined` when it gives no advice. Throws when
 * it cannot be reached or answers something else; whoever has earlier advice keeps to that then.
 */
export async function adviceFor(session: Session, certificate: string): Promise<Advice | undefined> {
  const { renewalInfo } = await session.directory();
  const id = adviceId(certificate);
  if (renewalInfo === undefined || id === undefined) return undefined;
  const url = `${renewalInfo.replace(/\/$/, '')}/${id}`;
  const reply = await session.get(url);
  // Not its own, or too old to be known.
  if (reply.status === 404) return undefined;
  const now = session.now();
  const asked = retryAfter(reply.headers['retry-after'], now) ?? now + usual;
  if (reply.status >= 400) {
    const problem = problemOf(reply.body) ?? { type: 'about:blank', detail: `HTTP ${reply.status}` };
    throw session.refusal(problem, reply.status, {
      notBefore: retryAfter(reply.headers['retry-after'], now),
    });
  }
  try {
    const { suggestedWindow, explanationURL } = infoSchema.parse(JSON.parse(reply.body));
    return {
      window: { start: suggestedWindow.start.getTime(), end: suggestedWindow.end.getTime() },
      ...(explanationURL === undefined ? {} : { explanation: explanationURL }),
      again: Math.min(Math.max(asked, now + least), now + most),
    };
  } catch (cause) {
    const body = reply.body.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 120);
    throw session.fault('acme.protocol', { url, status: reply.status, body }, cause);
  }
}
