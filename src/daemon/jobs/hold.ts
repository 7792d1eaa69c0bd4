import type { Claim } from '../../store/jobs.ts';
import type { Store } from '../../store/store.ts';

/** A claim that is renewed. */
export interface Hold {
  end(): void;
}

/** The share of a lease after which one that could not be renewed counts as lost: the rest is for ending what runs. */
const patience = 0.6;

/**
 * Keeps a claim while it runs. When the store has not heard of us for too long, or has given the job to another, `lost` is
 * called in time to end what runs before anybody else may begin. By this machine's steady clock: what the store's clock shows
 * does not matter.
 */
export function keep(claim: Claim, store: Store, lease: number, lost: () => void): Hold {
  let heard = performance.now();
  let asking = false;
  let isLost = false;
  const lose = () => {
    if (!isLost) lost();
    isLost = true;
  };
  const ask = async () => {
    if (asking) return;
    asking = true;
    const at = performance.now();
    try {
      if (await store.jobs.renew(claim, lease)) heard = at;
      else lose();
    } catch {
      // Away: time decides.
    } finally {
      asking = false;
    }
  };
  const renewing = setInterval(() => void ask(), lease / 5);
  const watching = setInterval(
    () => {
      if (performance.now() - heard > lease * patience) lose();
    },
    Math.min(1000, lease / 20),
  );
  return {
    end: () => {
      clearInterval(renewing);
      clearInterval(watching);
    },
  };
}
