import type { AuditEntry } from './entry.ts';

/** Somebody, or nobody that is known, was not let in. */
export interface Refused {
  readonly who: string;
  readonly what: string;
  readonly to: string;
  readonly from: string;
  readonly why: string;
}

/** Milliseconds for which the same is counted instead of told; how many are told by themselves in that time, and how many are told apart. */
export const refusalLimits = { every: 60_000, told: 60, apart: 1000 } as const;

interface Counted {
  readonly refused: Refused;
  count: number;
  readonly until: number;
}

/**
 * Tells a log of refusals so that nobody can fill it by asking again and again: the first of a kind (who, to what, why, from where) at
 * once, and how often it happened a minute later. When there are too many kinds, what is beyond is counted together, by why.
 */
export function tellRefusals(
  append: (entry: AuditEntry) => Promise<unknown>,
  now: () => number = () => performance.now(),
): { note(refused: Refused): void; flush(all?: boolean): void } {
  const kinds = new Map<string, Counted>();
  let minute = { ends: 0, told: 0 };

  const tell = ({ who, what, to, from, why }: Refused, count?: number) => {
    const detail = { why, ...(count === undefined ? {} : { count }) };
    // The log says itself when it cannot be written.
    void append({ who, what, to, from, result: 'refused', detail }).catch(() => undefined);
  };

  const flush = (all = false) => {
    const at = now();
    for (const [key, { refused, count, until }] of kinds) {
      if (!all && until > at) continue;
      kinds.delete(key);
      if (count > 0) tell(refused, count);
    }
  };

  return {
    flush,
    note(refused) {
      const at = now();
      if (at >= minute.ends) {
        flush();
        minute = { ends: at + refusalLimits.every, told: 0 };
      }
      const isKnown = kinds.has(keyOf(refused));
      const isTooMuch = !isKnown && (minute.told >= refusalLimits.told || kinds.size >= refusalLimits.apart);
      const kind = isTooMuch ? { ...refused, who: '*', to: '*', from: '*' } : refused;
      const key = keyOf(kind);
      const before = kinds.get(key);
      if (before && before.until > at) {
        before.count++;
        return;
      }
      if (before && before.count > 0) tell(before.refused, before.count);
      kinds.set(key, { refused: kind, count: isTooMuch ? 1 : 0, until: at + refusalLimits.every });
      if (isTooMuch) return;
      minute.told++;
      tell(kind);
    },
  };
}

const keyOf = ({ who, what, to, from, why }: Refused): string => JSON.stringify([who, what, to, from, why]);
