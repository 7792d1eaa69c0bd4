import type { Message } from './message.ts';
import type { Reach } from './plan.ts';
import type { Pointer } from './pointer.ts';

/** What apply would do, as a sentence a person understands. */
export interface Change {
  readonly kind: 'add' | 'change' | 'remove';
  readonly say: Message;
  readonly because?: Pointer;
}

/** Who gains and who loses reach to what. */
export interface ExposureDiff {
  readonly gained: readonly ReachChange[];
  readonly lost: readonly ReachChange[];
}

/** A reach that is gained or lost. */
export interface ReachChange extends Reach {
  /** Only for those who show no client certificate: with one the reach was there, or stays. */
  readonly without?: true;
}
