import type { Waf, WafEvidence } from '../model/waf.ts';
import type { WafEvent } from './events.ts';
import { isCovered, pathOf, points } from './proposals.ts';

/** Takes what two logs say of one publication, and tells of all of it. */
export function evidenceTaker({ thresholds, exclusions }: Waf) {
  const rules = new Map<number, number>();
  const totals = { requests: 0, wouldBlock: 0, unresolved: 0 };
  const times: { first?: string; last?: string; lastUnresolved?: string } = {};

  /** A request that came while it was observed. */
  const came = (at: string): void => {
    totals.requests++;
    if (times.first === undefined || at < times.first) times.first = at;
    if (times.last === undefined || at > times.last) times.last = at;
  };

  const found = (event: WafEvent): void => {
    if (!event.wouldBlock) return;
    totals.wouldBlock++;
    const path = pathOf(event.path);
    const left = event.matches.filter(
      (match) => !exclusions.some((exclusion) => isCovered(exclusion, { ...match, path })),
    );
    const sum = left.reduce((total, { severity }) => total + points(severity), 0);
    const refuses = left.some(({ rule }) => rule >= 200_000 && rule < 200_100);
    // What is not known counts as not resolved; what an answer told is not excluded by what a request said.
    const isResolved =
      !event.cut && left.length < event.matches.length && sum < thresholds.inbound && !refuses;
    if (isResolved) return;
    totals.unresolved++;
    const at = event.at.toISOString();
    if (times.lastUnresolved === undefined || at > times.lastUnresolved) times.lastUnresolved = at;
    for (const rule of new Set(left.map((match) => match.rule))) rules.set(rule, (rules.get(rule) ?? 0) + 1);
  };

  const evidence = (): WafEvidence => ({
    ...totals,
    ...times,
    rules: [...rules]
      .sort(([a, m], [b, n]) => n - m || a - b)
      .slice(0, 5)
      .map(([rule, requests]) => ({ rule, requests })),
  });
  return { came, found, evidence };
}
