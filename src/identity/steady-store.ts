import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';

/** Work with a store that may be away. */
export type Steady<S> = <T>(work: (store: S) => Promise<T>) => Promise<T>;

/** How long nobody asks it again after it failed: a locked database makes each one wait. */
const pause = 1000;

/**
 * Has whatever is wrong with a store be one fault, `sessions.unavailable`, on which everything that needs it refuses. After a failure it is
 * left alone for a second: a lock that another process holds would stop this one at each try.
 */
export function steadyStore<S>(open: () => Promise<S>): Steady<S> {
  let failed: { readonly cause: unknown; readonly until: number } | undefined;
  return async (work) => {
    if (failed && performance.now() < failed.until) throw unavailable(failed.cause);
    try {
      const done = await work(await open());
      failed = undefined;
      return done;
    } catch (cause) {
      failed = { cause, until: performance.now() + pause };
      throw unavailable(cause);
    }
  };
}

function unavailable(cause: unknown): Fault {
  const reason = cause instanceof Fault ? cause.code : String((cause as Error).message ?? cause);
  return new Fault('sessions.unavailable', { reason }, { cause, next: message('sessions.unavailable.next') });
}
