import type { Manifest } from '../../model/applied.ts';
import type { Message } from '../../model/message.ts';
import { makeBell } from '../bell.ts';
import type { Gateway } from '../gateway.ts';
import { forgetPins, lookAtPins, servedPartners } from './pins.ts';

/** Milliseconds between two looks at pinned partners, and while calls of one are refused. */
export const looks = { every: 60_000, shut: 10_000 } as const;

export interface Watching {
  /** What is being served now. */
  readonly active: () => Promise<Manifest | undefined>;
  readonly tell: (step: Message) => void;
  /** A look that was not possible: the disk is full, most often. */
  readonly fail: (error: unknown) => void;
  readonly signal: AbortSignal;
  /** How long what was seen goes on without being seen again; milliseconds. */
  readonly trusted?: number;
  readonly every?: { readonly every: number; readonly shut: number };
}

/** Looks at the pinned partners of what is served again and again, until told to stop: `look` has it look at once. */
export function watchPins(
  gateway: Pick<Gateway, 'state' | 'store'>,
  on: Watching,
): { look(): void; readonly ended: Promise<void> } {
  const bell = makeBell(on.signal);
  const { every, shut } = on.every ?? looks;
  // Nobody knows how long nobody looked.
  const since = Date.now() - process.uptime() * 1000;
  const run = async () => {
    while (!on.signal.aborted) {
      let wait = every;
      try {
        const manifest = await on.active();
        const partners = manifest ? servedPartners(manifest) : [];
        if ((await lookAtPins(gateway, partners, { ...on, since })).length > 0) wait = shut;
        await forgetPins(gateway.state, partners);
      } catch (error) {
        on.fail(error);
        wait = shut;
      }
      await bell.wait(wait);
    }
  };
  return { look: bell.ring, ended: run() };
}
