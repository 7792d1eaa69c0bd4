import { banNetwork } from '../../lib/bans.ts';
import type { Bans, Offence, OffenceKind } from '../../model/bans.ts';
import type { SignInSeen } from './offences.ts';

/** So many addresses are remembered at once; beyond, those who have been quiet for longest are forgotten. */
const most = 50_000;
/** Of the failures of one person from one address, so many are anybody's: they count once more come, unless the person gets in. */
const free = { each: 2, people: 10 } as const;
/** Behind an address from which somebody is signed in are others too: only one in so many counts. */
const sharedBy = 5;
/** How many of somebody's last offences are remembered, for who asks why. */
const kept = 10;

/** Somebody who is to be banned, and what for. */
export interface Due {
  readonly network: string;
  readonly kind: OffenceKind;
  readonly offences: readonly Offence[];
}

/** Counts what is done from each address; pure but for its memory. */
export interface Counter {
  /** An offence, from an address where somebody is signed in or not; whether it counts. */
  weigh(offence: Offence, isShared: boolean): boolean;
  /** The same of a sign-in; how often it counts. */
  weighSignIn(seen: SignInSeen, isShared: boolean): number;
  /** An offence that counts; who is to be banned for it now. */
  count(offence: Offence, bans: Bans): Due | undefined;
  /** What an address did last. */
  last(network: string): readonly Offence[];
}

/** A counter that remembers nothing yet. */
export function counter(now: () => number = Date.now): Counter {
  const times = new Map<string, number[]>();
  const lately = new Map<string, Offence[]>();
  const shared = new Map<string, number>();
  const people = new Map<string, Map<string, { failures: number; last: number }>>();

  const bound = (map: Map<string, unknown>) => {
    const first = map.size > most ? map.keys().next().value : undefined;
    if (first !== undefined) map.delete(first);
  };
  const toEnd = <T>(map: Map<string, T>, key: string, value: T): T => {
    map.delete(key);
    map.set(key, value);
    bound(map);
    return value;
  };

  function remember(network: string, offence: Offence): void {
    const before = lately.get(network) ?? [];
    toEnd(lately, network, [...before, offence].slice(-kept));
  }

  /** Whether one more from an address that many share is one of those that count. */
  function isCounted(network: string, kind: OffenceKind): boolean {
    const key = `${kind} ${network}`;
    return toEnd(shared, key, (shared.get(key) ?? 0) + 1) % sharedBy === 0;
  }

  return {
    weigh(offence, isShared) {
      const network = banNetwork(offence.address);
      if (network === undefined) return false;
      remember(network, offence);
      return !isShared || isCounted(network, offence.kind);
    },
    weighSignIn({ offence, who, isGood, count }, isShared) {
      const network = banNetwork(offence.address);
      if (network === undefined) return 0;
      const known = toEnd(people, network, people.get(network) ?? new Map());
      for (const [name, { last }] of known) if (now() - last > 3_600_000) known.delete(name);
      if (isGood) {
        known.delete(who);
        return 0;
      }
      remember(network, offence);
      const person = known.get(who) ?? { failures: 0, last: 0 };
      // Whoever tries one name after the other is no office full of people who mistype their passwords.
      if (!known.has(who) && known.size >= free.people)
        return isShared && !isCounted(network, 'portal') ? 0 : count;
      const before = person.failures;
      known.set(who, { failures: before + count, last: now() });
      const counted = Math.max(0, before + count - Math.max(free.each, before));
      if (counted === 0) return 0;
      return isShared && !isCounted(network, 'portal') ? 0 : counted;
    },
    count(offence, { thresholds }) {
      const threshold = thresholds[offence.kind];
      const network = banNetwork(offence.address);
      if (!threshold || network === undefined) return undefined;
      const key = `${offence.kind} ${network}`;
      const at = now();
      const some = [...(times.get(key) ?? []).filter((time) => at - time < threshold.within), at];
      if (some.length < threshold.failures) {
        toEnd(times, key, some);
        return undefined;
      }
      times.delete(key);
      return { network, kind: offence.kind, offences: lately.get(network) ?? [] };
    },
    last: (network) => lately.get(network) ?? [],
  };
}

/** Of each address, as many offences as have it banned: of thousands in a second the journal would drop the rest, and others' with it. */
export function enough(offences: readonly Offence[], { thresholds }: Bans): readonly Offence[] {
  const counts = new Map<string, number>();
  return offences.filter(({ kind, address }) => {
    const key = `${kind} ${banNetwork(address)}`;
    const before = counts.get(key) ?? 0;
    counts.set(key, before + 1);
    return before < (thresholds[kind]?.failures ?? 0);
  });
}
