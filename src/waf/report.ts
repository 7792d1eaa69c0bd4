import type { WafEvent, WafLogCounts } from './events.ts';
import { foldPath } from './mask.ts';

/** Somebody who was signed in; with `token`, a machine that acts as them, by the name of its token. */
export interface WafPerson {
  readonly who: string;
  readonly token?: string;
}

/** Who was signed in when requests were made. */
export interface WafPeople {
  readonly count: number;
  /** There were more than are counted. */
  readonly more?: true;
  /** How many of the requests were theirs; nobody was signed in for the others. */
  readonly requests: number;
  /** Those of them with the most requests. */
  readonly among: readonly (WafPerson & { readonly requests: number })[];
}

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
  /** Absent where nobody signs in to the publication. */
  readonly people?: WafPeople;
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
  /** Its id, or its name for people. */
  readonly publication: string;
  readonly mode: 'observe' | 'block';
  /** Since when was asked for; ISO 8601. */
  readonly since: string;
  readonly blocked: number;
  readonly wouldBlock: number;
  /** Something matched, below what refuses. */
  readonly below: number;
  /** Of those that were or would have been refused: so much was found that not all rules were asked. */
  readonly unfinished: number;
  readonly addresses: number;
  readonly moreAddresses?: true;
  /** Absent where nobody signs in to the publication. */
  readonly people?: WafPeople;
  readonly first?: string;
  readonly last?: string;
  /** Those with the most requests first. */
  readonly groups: readonly WafGroup[];
  /** Groups that are too many to be told apart. */
  readonly others: number;
  readonly log: Readonly<WafLogCounts>;
}

/** Attackers choose paths and names of parameters: what is kept of them has an end. */
const bounds = { groups: 1000, addresses: 256, people: 256, among: 10, examples: 3 } as const;

/** What is asked of a log. */
interface Asked {
  readonly publication: string;
  readonly since: Date;
  /** Who was signed in when a request was made; absent where nobody signs in. */
  readonly personOf?: (event: Pick<WafEvent, 'request' | 'at'>) => WafPerson | undefined;
}

/** Takes events one by one, and tells of all of them in bounded memory. */
export function wafReporter(asked: Asked) {
  const groups = new Map<string, Group>();
  const everyone = new Set<string>();
  const people = peopleCounter(20 * bounds.people);
  const totals = { blocked: 0, wouldBlock: 0, below: 0, unfinished: 0, others: 0 };
  let [first, last]: (Date | undefined)[] = [];

  const add = (event: WafEvent): void => {
    if (event.publication !== asked.publication) return;
    if (!event.blocked && !event.wouldBlock) {
      totals.below++;
      return;
    }
    if (event.blocked) totals.blocked++;
    else totals.wouldBlock++;
    if (event.unfinished) totals.unfinished++;
    if (!first || event.at < first) first = event.at;
    if (!last || event.at > last) last = event.at;
    if (everyone.size < 20 * bounds.addresses) everyone.add(event.address);
    const person = asked.personOf?.(event);
    if (person) people.add(person);
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
          people: peopleCounter(bounds.people),
          first: event.at,
          last: event.at,
          examples: [],
        };
        groups.set(key, group);
      }
      count(group, event, match.value);
      if (person) group.people.add(person);
    }
  };

  const report = (mode: WafReport['mode'], log: WafLogCounts): WafReport => {
    if (groups.size > bounds.groups) totals.others += thin(groups);
    return {
      publication: asked.publication,
      mode,
      since: asked.since.toISOString(),
      ...{ blocked: totals.blocked, wouldBlock: totals.wouldBlock, below: totals.below },
      unfinished: totals.unfinished,
      ...counted(everyone, 20 * bounds.addresses),
      ...(asked.personOf ? { people: people.told() } : {}),
      ...(first && last ? { first: first.toISOString(), last: last.toISOString() } : {}),
      groups: [...groups.values()]
        .sort((a, b) => b.requests - a.requests || a.match.rule - b.match.rule)
        .map((group) => told(group, asked.personOf !== undefined)),
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
  readonly people: PeopleCounter;
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

function told(
  { path, match, requests, blocked, addresses, people, first, last, examples }: Group,
  tellsPeople: boolean,
): WafGroup {
  return {
    rule: match.rule,
    message: match.message,
    path,
    ...(match.target === undefined ? {} : { target: match.target }),
    ...{ requests, blocked },
    ...counted(addresses, bounds.addresses),
    ...(tellsPeople ? { people: people.told() } : {}),
    ...{ first: first.toISOString(), last: last.toISOString() },
    examples: [...examples].reverse(),
  };
}

const counted = (addresses: ReadonlySet<string>, most: number) => ({
  addresses: addresses.size,
  ...(addresses.size >= most ? { moreAddresses: true as const } : {}),
});

type PeopleCounter = ReturnType<typeof peopleCounter>;

/** Counts the requests of each, of so many at most. */
function peopleCounter(most: number) {
  const counts = new Map<string, { readonly person: WafPerson; requests: number }>();
  const all = { requests: 0, isMore: false };
  return {
    add(person: WafPerson): void {
      all.requests++;
      const key = JSON.stringify([person.who, person.token]);
      const known = counts.get(key);
      if (known) known.requests++;
      else if (counts.size < most) counts.set(key, { person, requests: 1 });
      else all.isMore = true;
    },
    told: (): WafPeople => ({
      count: counts.size,
      ...(all.isMore ? { more: true as const } : {}),
      requests: all.requests,
      among: [...counts.values()]
        .sort((a, b) => b.requests - a.requests)
        .slice(0, bounds.among)
        .map(({ person, requests }) => ({ ...person, requests })),
    }),
  };
}
