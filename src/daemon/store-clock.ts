/**
 * Clocks of gateways need not agree: what they tell each other is by the clock of the store that they share, and each knows how far its own is
 * ahead.
 */
export interface Clocks {
  /** A time of ours by the store's clock, and one of the store's by ours. ISO 8601, UTC. */
  readonly there: (iso: string) => string;
  readonly here: (iso: string) => string;
  /** What the store's clock shows, in milliseconds since 1970. */
  readonly now: number;
}

/** Looks at both clocks. */
export async function clocksOf(
  store: { now(): Promise<number> },
  clock: () => number = Date.now,
): Promise<Clocks> {
  const asked = clock();
  const now = await store.now();
  // It was looked at somewhere between the question and its answer.
  const ahead = (asked + clock()) / 2 - now;
  const by = (milliseconds: number) => (iso: string) =>
    new Date(Date.parse(iso) + milliseconds).toISOString();
  return { there: by(-ahead), here: by(ahead), now };
}

/** Beyond this a clock was set, rather than looked at a little later: milliseconds. */
const set = 2000;

/** Whether two times differ by more than looking at clocks does. */
export const isFar = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && other !== undefined && Math.abs(Date.parse(one) - Date.parse(other)) > set;
