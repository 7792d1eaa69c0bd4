import { Fault } from '../model/fault.ts';

/** The same trouble is told again after so many milliseconds. */
const quiet = 60_000;

/** A fault as it is; a defect as `daemon.trouble`: whoever waits hears of it, and the gateway goes on. */
export function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error;
  return new Fault('daemon.trouble', { reason: (error as Error).message }, { cause: error });
}

/** Does work that may fail: what fails is told, the same at most once a minute, and never thrown. */
export function trying(fail: (fault: Fault) => void): (work: () => Promise<unknown>) => Promise<void> {
  const told = new Map<string, number>();
  return async (work) => {
    try {
      await work();
    } catch (error) {
      const fault = faultOf(error);
      if (performance.now() < (told.get(fault.code) ?? 0)) return;
      told.set(fault.code, performance.now() + quiet);
      fail(fault);
    }
  };
}
