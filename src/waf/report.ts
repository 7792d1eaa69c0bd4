import type { WafEvent, WafLogCounts } from './events.ts';
import { foldPath } from './mask.ts';

/** What one rule found in one place, in requests that were refused or would have been. */
export interface WafGroup {
  readonly rule: number;
  readonly message: string;
  /** Ids in it folded into `:id`. */
  readonly path: string;
  /** In ModSecurity's words, `ARGS:q`; absent where the log does not tell. */
  readonly target?: string;
  readonly requests: number;
  readonly blocked: number;
  readonly addresses: number;
  /** There were more addresses than are counted. */
  readonly moreAddresses?: true;
  /** ISO 8601. */
  readonly first: string;
  readonly last: string;
  readonly examples: readonly WafExample[];
}

/** One of the requests, and what was there, masked. */
export interface WafExample {
  readonly request: string;
  readonly at: string;
  readonly blocked: boolean;
  readonly value?: string;
}

/** What a log says of one publication. */
export interface WafReport {
  readonly publication: string;
  readonly mode: 'observe' | 'block';
  /** Since when was asked for; ISO 8601. */
  readonly since: string;
  readonly blocked: number;
  readonly wouldBlock: number;
  /** Something matched, below what refuses. */
  readonly below: number;
  readonly addresses: number;
  readonly moreAddresses?: true;
  readonly first?: string;
  readonly last?: string;
  /** Those with the most requests first. */
  readonly groups: readonly WafGroup[];
  /** Groups that are too many to be told apart. */
  readonly others: number;
  readonly log: Readonly<WafLogCounts>;
}

/** Attackers choose paths and names of parameters: what is kept of them has an end. */
const bounds = { groups: 1000, addresses: 256, examples: 3 } as const;

/** Takes events one by one, and tells of all of them in bounded memory. */
export function wafReporter(asked: { readonly publication: string; readonly since: Date }) {
  const groups = new Map<string, Group>();
  const everyone = new Set<string>();
  const totals = { blocked: 0, wouldBlock: 0, below: 0, others: 0 };
  let [first, last]: (Date | undefined)[] = [];

  const add = (event: WafEvent): void => {
    if (event.publication !== asked.publication) return;
    if (!event.blocked && !event.wouldBlock) {
      totals.below++;
      return;
    }
    if (event.blocked) totals.blocked++;
    else totals.wouldBlock++;
    if (!first || event.at < first) first = event.at;
    if (!last || event.at > last) last = event.at;
    if (everyone.size < 20 * bounds.addresses) everyone.add(event.address);
    const path = foldPath(event.path);
    const seen = new Set<string>();
    for (const match of event.matches) {
      const key = JSON.stringify([match.rule, path, match.target]);
      if (seen.has(key)) continue;
      seen.add(key);
      let group = groups.get(key);
      if (!group) {
        if (groups.size >= 2 * bounds.groups) totals.others += thin(groups);
        group = {
          path,
          match,
          requests: 0,
          blocked: 0,
          addresses: new Set(),
          first: event.at,
          last: event.at,
          examples: [],
        };
        groups.set(key, group);
      }
      count(group, event, match.value);
    }
  };

  const report = (mode: WafReport['mode'], log: WafLogCounts): WafReport => {
    if (groups.size > bounds.groups) totals.others += thin(groups);
    return {
      publication: asked.publication,
      mode,
      since: asked.since.toISOString(),
      ...{ blocked: totals.blocked, wouldBlock: totals.wouldBlock, below: totals.below },
      ...counted(everyone, 20 * bounds.addresses),
      ...(first && last ? { first: first.toISOString(), last: last.toISOString() } : {}),
      groups: [...groups.values()]
        .sort((a, b) => b.requests - a.requests || a.match.rule - b.match.rule)
        .map(told),
      others: totals.others,
      log: { ...log },
    };
  };
  return { add, report };
}

interface Group {
  readonly path: string;
  readonly match: WafEvent['matches'][number];
  requests: number;
  blocked: number;
  readonly addresses: Set<string>;
  first: Date;
  last: Date;
  readonly examples: WafExample[];
}

function count(group: Group, event: WafEvent, value: string | undefined): void {
  group.requests++;
  if (event.blocked) group.blocked++;
  if (group.addresses.size < bounds.addresses) group.addresses.add(event.address);
  if (event.at < group.first) group.first = event.at;
  if (event.at > group.last) group.last = event.at;
  // What looks the same teaches nothing new, but for the last of them, whose reference somebody may ask for.
  const like = group.examples.findIndex((example) => example.value === value);
  if (like >= 0) group.examples.splice(like, 1);
  else if (group.examples.length >= bounds.examples) group.examples.shift();
  group.examples.push({
    request: event.request,
    at: event.at.toISOString(),
    blocked: event.blocked,
    ...(value === undefined ? {} : { value }),
  });
}

/** Forgets the smaller half of the groups; gives how many. */
function thin(groups: Map<string, Group>): number {
  const least = [...groups].sort(([, a], [, b]) => b.requests - a.requests).slice(bounds.groups);
  for (const [key] of least) groups.delete(key);
  return least.length;
}

function told({ path, match, requests, blocked, addresses, first, last, examples }: Group): WafGroup {
  return {
    rule: match.rule,
    message: match.message,
    path,
    ...(match.target === undefined ? {} : { target: match.target }),
    ...{ requests, blocked },
    ...counted(addresses, bounds.addresses),
    ...{ first: first.toISOString(), last: last.toISOString() },
    examples: [...examples].reverse(),
  };
}

const counted = (addresses: ReadonlySet<string>, most: number) => ({
  addresses: addresses.size,
  ...(addresses.size >= most ? { moreAddresses: true as const } : {}),
});
