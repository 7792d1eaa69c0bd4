import type { Program } from '../hosts/launcher.ts';

/** Ends a connection that has been silent for too long. */
export interface Patience {
  atMost(seconds: number): void;
  /** From now on, whatever is asked for later. */
  last(seconds: number): void;
  isOver(): boolean;
  end(): void;
}

export function patienceOf(program: Program): Patience {
  let timer: NodeJS.Timeout | undefined;
  let [over, isLast] = [false, false];
  const atMost = (seconds: number) => {
    if (isLast) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      over = true;
      program.kill('SIGKILL');
    }, seconds * 1000);
  };
  return {
    atMost,
    last(seconds) {
      atMost(seconds);
      isLast = true;
    },
    isOver: () => over,
    end: () => clearTimeout(timer),
  };
}

/** Waits; `false` when the signal came first. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const timer = setTimeout(() => done(true), milliseconds);
    const aborted = () => done(false);
    const done = (whole: boolean) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      resolve(whole);
    };
    signal.addEventListener('abort', aborted, { once: true });
  });
}
