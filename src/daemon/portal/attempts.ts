import { patience } from '../../identity/people.ts';
import { parseNetwork } from '../../lib/ip.ts';

/** From one address, so many failures are free: many people may share it. Then each wait is twice the last, up to so many seconds. */
const shared = { free: 20, longest: 900 } as const;

/** How long to wait after so many failures, in milliseconds. */
const waits = {
  /** Of one name: as `identity` has it of those that there are; so nobody sees which there are. */
  user: (failures: number) => patience.findLast((step) => failures >= step.failures)?.pause ?? 0,
  address: (failures: number) =>
    failures <= shared.free ? 0 : Math.min(2 ** Math.min(failures - shared.free, 20), shared.longest) * 1000,
} as const;

/** Failures are forgotten after this much quiet. */
const memory = 3_600_000;
/** So many names and addresses are remembered at once; beyond, those whose wait ends first are forgotten. */
const most = 20_000;

interface Record {
  failures: number;
  last: number;
  /** No further try before. */
  until: number;
}

/** Whom an address counts for: of IPv6, the network that a household has. */
const networkOf = (address: string): string =>
  (address.includes(':') ? parseNetwork(`${address}/64`) : undefined) ?? address;

/** Slows down those who guess. */
export interface Attempts {
  /** Takes a try: it counts as a failure until it is told to be none. The seconds to wait instead, when it comes too early. */
  begin(
    user: string,
    address: string,
  ):
    | { readonly wait: number }
    | {
        readonly wait?: undefined;
        good(): void;
        /** Nothing was looked at: what would have is away. */
        unlooked(): void;
      };
}

/** Failed tries by name and by address, in this process's memory. */
export function countAttempts(now: () => Date): Attempts {
  const records = new Map<string, Record>();

  function recordOf(key: string, at: number): Record {
    const known = records.get(key);
    if (known && at - known.last < memory) return known;
    if (!known && records.size >= most) forgetOne();
    const fresh = { failures: 0, last: at, until: 0 };
    records.set(key, fresh);
    return fresh;
  }

  function forgetOne(): void {
    let first: string | undefined;
    let earliest = Number.POSITIVE_INFINITY;
    for (const [key, { until }] of records)
      if (until < earliest) {
        first = key;
        earliest = until;
      }
    if (first !== undefined) records.delete(first);
  }

  return {
    begin(user, address) {
      const at = now().getTime();
      const counted = [
        { waitAfter: waits.user, record: recordOf(`user ${user.toLowerCase().slice(0, 200)}`, at) },
        { waitAfter: waits.address, record: recordOf(`address ${networkOf(address)}`, at) },
      ];
      const until = Math.max(...counted.map(({ record }) => record.until));
      if (until > at) return { wait: Math.ceil((until - at) / 1000) };
      // Before the answer is known: tries that are under way at once count too.
      for (const { waitAfter, record } of counted) {
        record.failures++;
        record.last = at;
        record.until = at + waitAfter(record.failures);
      }
      return {
        good() {
          const [own, ofAll] = counted.map(({ record }) => record);
          if (own) Object.assign(own, { failures: 0, until: 0 });
          // Whoever knows one password may still be guessing another's.
          if (ofAll) Object.assign(ofAll, { failures: Math.max(0, ofAll.failures - 1), until: 0 });
        },
        unlooked() {
          for (const { record } of counted)
            Object.assign(record, { failures: Math.max(0, record.failures - 1), until: 0 });
        },
      };
    },
  };
}
