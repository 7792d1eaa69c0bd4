import { exit } from './exit.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What a person's Ctrl-C becomes. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** From then on, signals do what they do by themselves. */
  end(): void;
}

/** The first signal stops what is under way in order; a second one leaves at once: the hosts notice, and end what runs. */
export function interruption(told: () => void): Interruption {
  const stopping = new AbortController();
  const onSignal = () => {
    if (stopping.signal.aborted) process.exit(exit.failed);
    stopping.abort();
    told();
  };
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: stopping.signal,
    end: () => {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}
