import type { Site } from '../../model/site.ts';
import type { Attack } from '../../waf/attacks.ts';
import { requestOf, type Spot } from '../../waf/place.ts';
import type { Exclusion, Proposal } from '../../waf/proposals.ts';
import type { Walled } from './log.ts';
import { type Trial, withTrial } from './trial.ts';

/** The request that was refused by mistake, as it can be sent again. */
export interface Replay {
  /** `sent`: as the log has it; `rebuilt`: of what the log says of its values; `given`: by the user. */
  readonly how: 'sent' | 'rebuilt' | 'given';
  readonly request: (host: string) => Buffer;
}

/** What a proposal does, seen on a real engine. */
export interface Weighed extends Proposal {
  /** Whether the mistake passes; `unproved`: sent again, it is not refused as things are now, so that nothing is proved. */
  readonly mistake: 'passes' | 'refused' | 'unproved' | 'unknown';
  readonly cost: readonly Cost[];
  /** The same attacks in another parameter there, and in this one under another path. */
  readonly elsewhere: Omit<Cost, 'target'>;
}

/** Attacks in one place: how many there are, how many are refused now, and which of these would pass. */
export interface Cost {
  readonly target: string;
  readonly attacks: number;
  readonly refused: number;
  readonly opened: readonly string[];
}

export interface Weighing {
  readonly site: Site;
  readonly publication: Walled;
  readonly spot: Omit<Spot, 'target'>;
  /** Where the mistake was found, for proposals that name no target. */
  readonly targets: readonly string[];
  readonly proposals: readonly Proposal[];
  readonly attacks: readonly Attack[];
  readonly replay?: Replay;
  readonly tell?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** At the same time; each waits for ModSecurity, which takes a core. */
const width = 4;

/** Sends the attacks and the mistake to the publication as it is and as each proposal would have it. */
export async function weigh(weighing: Weighing): Promise<readonly Weighed[]> {
  const { site, publication, proposals, replay } = weighing;
  const { exclusions: now } = publication.waf;
  const asWritten = (exclusion: Exclusion) => ({ ...exclusion, why: '–', pointer: publication.waf.pointer });
  const variants = [now, ...proposals.map(({ exclusions }) => [...now, ...exclusions.map(asWritten)])];
  const places = proposals.map((proposal) => placesOf(proposal, weighing));
  const total = places.flat().length * weighing.attacks.length;
  let done = 0;
  const step = () => {
    if (++done % 50 === 0) weighing.tell?.(done, total);
  };
  return withTrial(site, publication, variants, async (trial) => {
    const refusedNow = rememberedRefusals(trial);
    const mistakeNow = replay && (await trial.ask(0, replay.request));
    const found: Weighed[] = [];
    for (const [n, proposal] of proposals.entries()) {
      const after = replay && (await trial.ask(n + 1, replay.request));
      const costs: Cost[] = [];
      for (const place of places[n] as readonly Place[])
        costs.push(await costOf(trial, n + 1, place, weighing, refusedNow, step));
      const isElsewhere = (_: Cost, p: number) => places[n]?.[p]?.isElsewhere === true;
      const outside = costs.filter(isElsewhere);
      found.push({
        ...proposal,
        mistake: outcomeOf(mistakeNow, after),
        cost: costs.filter((cost, p) => !isElsewhere(cost, p)),
        elsewhere: {
          attacks: sum(outside.map(({ attacks }) => attacks)),
          refused: sum(outside.map(({ refused }) => refused)),
          opened: outside.flatMap(({ opened }) => opened),
        },
      });
    }
    return found;
  });
}

type Answer = Awaited<ReturnType<Trial['ask']>>;

function outcomeOf(now: Answer | undefined, after: Answer | undefined): Weighed['mistake'] {
  if (now === undefined) return 'unknown';
  if (now !== 'refused') return 'unproved';
  return after === 'passed' ? 'passes' : 'refused';
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);

/** Where attacks are put, and whether that is outside of what is excluded. */
interface Place {
  readonly spot: Spot;
  readonly isElsewhere: boolean;
}

function placesOf({ exclusions }: Proposal, { spot, targets }: Weighing): readonly Place[] {
  const named = [...new Set(exclusions.flatMap(({ target }) => target ?? []))];
  // A rule that is off reads nothing there: what any parameter may hold then shows what that costs.
  const inside = (named.length > 0 ? named : targets.length > 0 ? targets : ['ARGS:q']).slice(0, 3);
  const at = (target: string, path = spot.path) => ({ ...spot, path, target, from: fromOf(spot, target) });
  const [first = ''] = inside;
  return [
    ...inside.map((target) => ({ spot: at(target), isElsewhere: false })),
    // The next parameter is a neighbour only where one parameter is meant.
    ...(named.length > 0 ? [{ spot: at(`${first}x`), isElsewhere: true }] : []),
    { spot: at(first, neighbourOf(spot.path)), isElsewhere: true },
  ];
}

const fromOf = ({ from }: Omit<Spot, 'target'>, target: string): Spot['from'] =>
  target.startsWith('ARGS:json.') ? 'json' : from === 'json' ? 'form' : from;

/** A path that only begins like the given one. */
const neighbourOf = (path: string): string => (path.endsWith('/') ? `${path.slice(0, -1)}-x/` : `${path}-x`);

type RefusedNow = (key: string, request: (host: string) => Buffer) => Promise<boolean>;

/** Proposals share places, and what is there now is there for all of them. */
function rememberedRefusals(trial: Trial): RefusedNow {
  const known = new Map<string, Promise<boolean>>();
  return (key, request) => {
    const found = known.get(key) ?? trial.ask(0, request).then((answer) => answer === 'refused');
    known.set(key, found);
    return found;
  };
}

async function costOf(
  trial: Trial,
  variant: number,
  { spot }: Place,
  { attacks, signal }: Weighing,
  refusedNow: RefusedNow,
  step: () => void,
): Promise<Cost> {
  const found = { attacks: 0, refused: 0, opened: [] as string[] };
  let next = 0;
  const worker = async () => {
    while (next < attacks.length && !signal?.aborted) {
      const { id, payload } = attacks[next++] as Attack;
      const build = (host: string) => requestOf(spot, host, [[spot.target, payload]]);
      step();
      if (!build('x')) continue;
      const request = (host: string) => build(host) as Buffer;
      found.attacks++;
      if (!(await refusedNow(JSON.stringify([spot, payload]), request))) continue;
      found.refused++;
      if ((await trial.ask(variant, request)) === 'passed') found.opened.push(id);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return { target: spot.target, ...found, opened: found.opened.sort() };
}
