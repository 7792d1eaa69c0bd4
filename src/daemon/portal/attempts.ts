import { longestLogin } from '../../identity/login-name.ts';
import { patience } from '../../identity/people.ts';
import { failuresLast, type Pardon } from '../../identity/unlock.ts';
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

/** So many names and addresses are remembered at once; beyond, those whose wait ends first are forgotten. */
const most = 20_000;
/** So many names are remembered of each address. */
const mostNames = 50;

interface Record {
  failures: number;
  last: number;
  /** No further try before. */
  until: number;
  /** Of an address: whose names failed how often there. */
  names?: Map<string, number>;
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
    what?: 'password' | 'factor',
  ): Promise<
    | { readonly wait: number }
    | {
        readonly wait?: undefined;
        good(): void;
        /** Nothing was looked at: what would have is away. */
        unlooked(): void;
      }
  >;
}

/**
 * A name as directories compare it (RFC 4518: without case, spaces around it and what nobody sees; Active Directory without accents too):
 * however it is written, it is one name that is guessed at.
 */
const oneForm = (written: string): string =>
  written
    .slice(0, longestLogin)
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}\p{Cc}\ufffc]/gu, '')
    .toUpperCase()
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim();

/** Whom a name that was typed may mean: `carol`, `carol@ad` and `Carol@example.lan` are told apart by nobody who looks from outside. */
const nameOf = (written: string): string => oneForm(written).split('@')[0] ?? '';

/**
 * Failed tries by name and by address, in this process's memory. `pardons` are those that an administrator gave; each counts once, for
 * what failed until it is seen here.
 */
export function countAttempts(now: () => Date, pardons: () => Promise<readonly Pardon[]>): Attempts {
  const records = new Map<string, Record>();

  function recordOf(key: string, at: number): Record {
    const known = records.get(key);
    if (known && at - known.last < failuresLast) return known;
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

  /** Those that were given already, of the ones that still hold. */
  let given: ReadonlySet<string> | undefined;
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    const found = await pardons();
    // Nothing was remembered before the first look: what was forgiven before is over.
    if (given) for (const { id, person } of found) if (!given.has(id)) forgive(nameOf(person));
    given = new Set(found.map(({ id }) => id));
  }

  /** Looks for pardons; where they cannot be read, there is none for now. */
  const heed = (): Promise<void> => {
    looking ??= look()
      .catch(() => {})
      .finally(() => {
        looking = undefined;
      });
    return looking;
  };

  function forgive(name: string): void {
    for (const [key, record] of records)
      if (record.names) {
        const many = record.names.get(name);
        if (many === undefined) continue;
        record.names.delete(name);
        Object.assign(record, { failures: Math.max(0, record.failures - many), until: 0 });
      } else if (nameOf(key.slice(key.indexOf(' ') + 1)) === name) records.delete(key);
  }

  return {
    async begin(user, address, what = 'password') {
      const recall = () => {
        const at = now().getTime();
        const own = recordOf(`${what} ${oneForm(user)}`, at);
        const ofAll = recordOf(`address ${networkOf(address)}`, at);
        return { at, own, ofAll, until: Math.max(own.until, ofAll.until) };
      };
      if (!given || recall().until > now().getTime()) await heed();
      const { at, own, ofAll, until } = recall();
      if (until > at) return { wait: Math.ceil((until - at) / 1000) };
      const name = nameOf(user);
      // Before the answer is known: tries that are under way at once count too.
      for (const [waitAfter, record] of [
        [waits.user, own],
        [waits.address, ofAll],
      ] as const) {
        record.failures++;
        record.last = at;
        record.until = at + waitAfter(record.failures);
      }
      ofAll.names ??= new Map();
      if (ofAll.names.size < mostNames || ofAll.names.has(name))
        ofAll.names.set(name, (ofAll.names.get(name) ?? 0) + 1);
      const taken = () => {
        ofAll.names?.set(name, Math.max(0, (ofAll.names.get(name) ?? 0) - 1));
        return { failures: Math.max(0, ofAll.failures - 1), until: 0 };
      };
      return {
        good() {
          Object.assign(own, { failures: 0, until: 0 });
          // Whoever knows one password may still be guessing another's.
          Object.assign(ofAll, taken());
        },
        unlooked() {
          Object.assign(own, { failures: Math.max(0, own.failures - 1), until: 0 });
          Object.assign(ofAll, taken());
        },
      };
    },
  };
}
