import type { z } from 'zod';
import { Fault } from '../../model/fault.ts';
import { read } from './objects.ts';
import { Refusal } from './problem.ts';
import { retryAfter } from './retry-after.ts';
import type { Session } from './session.ts';

/** An authority may take minutes; what takes longer is looked at again at the next attempt. */
export const patience = 600_000;

/**
 * Looks at an object of the authority's until it is as wanted, as often as it likes to be asked (`Retry-After`). That it cannot be reached
 * for a while does not matter. Throws `acme.slow`, or `acme.busy` where it says itself that it takes longer.
 */
export async function poll<T>(
  session: Session,
  { url, kid, schema, doing }: { url: string; kid: string; schema: z.ZodType<T>; doing: string },
  isDone: (value: T) => boolean,
): Promise<T> {
  const deadline = session.now() + patience;
  for (let wait = 200; ; wait = Math.min(wait * 2, 10_000)) {
    let asked: number | undefined;
    try {
      const reply = await session.post(url, undefined, { kid });
      const value = read(session, url, schema, reply);
      if (isDone(value)) return value;
      asked = retryAfter(reply.headers['retry-after'], session.now());
    } catch (error) {
      asked = error instanceof Refusal ? error.notBefore : undefined;
      // The moment that it names is part of the refusal, and remembered with it.
      if (!mayPass(error) || session.now() > deadline || (asked ?? 0) > deadline) throw error;
    }
    const now = session.now();
    if (asked !== undefined && asked > deadline)
      throw session.refusal({ type: 'about:blank', detail: doing }, 503, { notBefore: asked });
    if (now > deadline) throw session.fault('acme.slow', { doing });
    // A second between two questions is polite enough whatever it says.
    await session.pause(asked === undefined ? wait : Math.max(asked - now, 1000));
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof Fault && ['acme.unreachable', 'acme.busy', 'acme.limited'].includes(error.code);
}
