import type { AuditLog } from '../../audit/log.ts';
import { connectionFields, type EndedConnections } from '../../model/cut.ts';
import type { Site } from '../../model/site.ts';
import { endLive, type LiveConnection, liveConnections } from './live.ts';
import type { Sighting } from './sightings.ts';

/** What a live connection is told when it is asked about again. */
export interface StillAdmitted {
  readonly admitted: boolean;
  readonly why?: string;
  /** When that ends by itself. */
  readonly until?: Date;
}

/** What ending the connections of those who are no longer let in needs. */
export interface ClosingGround {
  readonly state: string;
  readonly site: Site;
  /** Asks again about somebody on a publication; `undefined`: it is not decided about visitors there. Throws when it cannot be told now. */
  readonly ask: (sighting: Sighting) => Promise<StillAdmitted | undefined>;
  readonly audit: Pick<AuditLog, 'append'>;
  readonly trouble: (error: unknown) => void;
  /** Another text once any process has put somebody out. */
  readonly forgotten: () => string;
}

/** Hours, windows and people's ends fall on whole minutes; what falls elsewhere is known from the time before. In milliseconds. */
const minute = 60_000;
/** After the hour: the clock that it is judged by must have passed it. */
const after = 150;
/** What happens together is looked at together. */
const together = 100;
/** How often it is looked whether something has changed. */
const looking = 1000;
/** How long whoever cuts somebody off has to end their connections, and to count them in the receipt. */
const cutting = 5000;

/** Ends live connections once those whose they are would not be let in any more. */
export interface Closing {
  /** Something has changed: looks soon. */
  soon(): void;
  /** Somebody is refused who was let in before, perhaps: looks within a second, however many there are. */
  within(): void;
  stop(): Promise<void>;
}

/**
 * Follows the hours: at each time when somebody's admission may end, everybody with a live connection to a publication that is decided
 * about is asked for again, and the connections of those who are refused now end.
 */
export function followClosing(ground: ClosingGround): Closing {
  let timer: NodeJS.Timeout | undefined;
  let due = Number.POSITIVE_INFINITY;
  let working: Promise<void> | undefined;
  let isAskedAgain = false;
  let isStopped = false;
  const cutSince = new Map<string, number>();

  const plan = (at: number) => {
    const wait = Math.max(0, at - Date.now());
    // By the monotonic clock: the other may have been set since.
    if (isStopped || performance.now() + wait >= due) return;
    due = performance.now() + wait;
    clearTimeout(timer);
    timer = setTimeout(look, wait);
    timer.unref();
  };
  const look = () => {
    due = Number.POSITIVE_INFINITY;
    if (working) {
      isAskedAgain = true;
      return;
    }
    working = endRefused(ground, cutSince)
      .then((next) => {
        if (next) plan(next.getTime() + after);
      }, ground.trouble)
      .finally(() => {
        working = undefined;
        plan((Math.floor(Date.now() / minute) + 1) * minute + after);
        if (isAskedAgain) plan(Date.now() + together);
        isAskedAgain = false;
      });
  };
  look();
  let last = ground.forgotten();
  const watching = setInterval(() => {
    const now = ground.forgotten();
    if (now !== last) plan(Date.now() + together);
    last = now;
  }, looking).unref();
  return {
    soon: () => plan(Date.now() + together),
    within: () => plan(Date.now() + looking),
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      clearInterval(watching);
      await working;
    },
  };
}

/** Ends the connections of those who would be refused now; gives when that may be next. `cutSince`: when it first saw whom is cut off. */
async function endRefused(
  { state, site, ask, audit, trouble }: ClosingGround,
  cutSince: Map<string, number>,
): Promise<Date | undefined> {
  const { publications } = site;
  const live = (await liveConnections(state, publications)).filter(({ seen }) => seen.length > 0);
  const answers = new Map<string, Promise<StillAdmitted | undefined>>();
  const answerTo = (sighting: Sighting) => {
    const key = sighting.line.split(' ').slice(connectionFields.length).join(' ');
    const asked =
      answers.get(key) ??
      ask(sighting).catch((error: unknown) => {
        // Who cannot be judged now is not let in anew; what goes on is looked at again next time.
        trouble(error);
        return undefined;
      });
    answers.set(key, asked);
    return asked;
  };
  let next: Date | undefined;
  const stillCut = new Map<string, number>();
  const ending = new Map<string, { sighting: Sighting; why: string; connections: LiveConnection[] }>();
  for (const connection of live)
    for (const sighting of connection.seen) {
      // Who was refused then has nothing that goes on, and where no verdict was asked for there is none to ask again.
      if (sighting.status !== '200') continue;
      const answer = await answerTo(sighting);
      if (answer?.until && (!next || answer.until < next)) next = answer.until;
      if (!answer || answer.admitted) continue;
      const key = `${sighting.user} ${sighting.publication}`;
      if (answer.why === 'cut') {
        const first = cutSince.get(key) ?? performance.now();
        stillCut.set(key, first);
        if (performance.now() - first < cutting) {
          const again = new Date(Date.now() + cutting);
          if (!next || again < next) next = again;
          continue;
        }
      }
      const same = ending.get(key) ?? { sighting, why: answer.why ?? 'denied', connections: [] };
      same.connections.push(connection);
      ending.set(key, same);
    }
  cutSince.clear();
  for (const [key, first] of stillCut) cutSince.set(key, first);
  for (const { sighting, why, connections } of ending.values()) {
    const ended = await endLive([...new Set(connections)], publications);
    if (ended.connections > 0) await tell(audit, site, sighting, why, ended);
  }
  return next;
}

async function tell(
  audit: Pick<AuditLog, 'append'>,
  { publications }: Site,
  { user, publication: id, address }: Sighting,
  why: string,
  { connections }: EndedConnections,
): Promise<void> {
  const to = publications.find((each) => each.id === id)?.name ?? id;
  await audit.append({
    ...{ who: user ?? '-', what: 'access.end', to, from: address },
    ...{ result: 'done', detail: { why, connections } },
  });
}
