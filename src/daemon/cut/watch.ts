import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runningMaster } from '../../apply/engine-process.ts';
import { signal as send } from '../../apply/processes.ts';
import { serverEngines } from '../../engines/index.ts';
import { cutTargetText } from '../../model/cut.ts';
import type { Fault } from '../../model/fault.ts';
import { type Message, message } from '../../model/message.ts';
import type { Site } from '../../model/site.ts';
import { trying } from '../trouble.ts';
import { type CutGround, isOf, restore } from './cutting.ts';
import { follow } from './follow.ts';
import { groundOf, openStores } from './ground.ts';
import { endLive, liveConnections } from './live.ts';
import { markKept, readCuts } from './records.ts';
import { endsKey } from './sightings.ts';
import { tidySightings } from './tidy.ts';

/** How often it is looked what ends by itself, what other gateways tell, and how large the sightings are; in milliseconds. */
const every = { ends: 1000, others: 2000, sightings: 5000 } as const;

/** What keeping cuts needs of the daemon. */
export interface KeptCuts {
  readonly state: string;
  readonly tell: (what: Message) => void;
  readonly fail: (fault: Fault) => void;
  readonly signal: AbortSignal;
}

/**
 * Keeps what is cut off as it should be, until told to stop: what ends by itself is restored then, what another gateway of the site cut off
 * or restored is here too, and the files that the engine looks for are there, whoever took them away.
 */
export function keepCuts(kept: KeptCuts): { readonly ended: Promise<void> } {
  const { state, tell, fail, signal } = kept;
  const stores = openStores(state);
  const tried = trying(fail);
  const due = { others: 0, sightings: 0 };
  const look = async (): Promise<void> => {
    const now = performance.now();
    const ground = await groundOf(state, stores);
    await tried(() => markKept(state, ground.site?.publications ?? []));
    await tried(() => endOverdue(ground, tell));
    await tried(() => endTunnels(ground));
    const { site } = ground;
    if (site?.store && now >= due.others) {
      due.others = now + every.others;
      await tried(() => stores.use(site, (store) => follow(ground, site, store, tell)));
    }
    if (now >= due.sightings) {
      due.sightings = now + every.sightings;
      await tried(() => tidyAll(state, site));
    }
  };
  const ended = (async () => {
    while (!signal.aborted) {
      await tried(look);
      await delay(every.ends, undefined, { signal }).catch(() => undefined);
    }
    await stores.close();
  })();
  return { ended };
}

async function endOverdue(ground: CutGround, tell: (what: Message) => void): Promise<void> {
  const at = new Date().toISOString();
  for (const { target, until } of await readCuts(ground.state)) {
    if (until === undefined || until > at) continue;
    await restore(ground, target, { by: 'poterne', reason: 'until', at });
    tell(message('cut.ended', { what: cutTargetText(target) }));
  }
}

/**
 * Who is cut off gets no further in a tunnel, for which nginx looks for no file: it ends within a second. Also one of a publication: an engine that
 * starts makes its socket anew, which is found for a moment.
 */
async function endTunnels({ state, site }: CutGround): Promise<void> {
  const publications = site?.publications ?? [];
  if (!publications.some(({ scenario }) => scenario === 'direct')) return;
  const targets = (await readCuts(state)).map(({ target }) => target).filter(({ kind }) => kind !== 'user');
  if (targets.length === 0) return;
  const live = await liveConnections(state, publications);
  await endLive(
    live.filter((one) =>
      targets.some((target) => (target.kind === 'address' || one.direct !== undefined) && isOf(target)(one)),
    ),
    publications,
  );
}

async function tidyAll(state: string, site: Site | undefined): Promise<void> {
  for (const engine of serverEngines) {
    const prefix = join(state, engine.name);
    await tidySightings(prefix, {
      connections: async () =>
        new Set(
          (await liveConnections(state, site?.publications ?? [])).flatMap(({ socket: { peer, own } }) =>
            peer && own ? [endsKey(peer, own)] : [],
          ),
        ),
      reopen: async () => {
        const master = await runningMaster(engine, prefix);
        if (master) send(master.pid, 'SIGUSR1');
      },
    });
  }
}
