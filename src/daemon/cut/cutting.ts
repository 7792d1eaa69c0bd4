import type { AuditLog } from '../../audit/log.ts';
import { serverEngines } from '../../engines/index.ts';
import { inNetwork } from '../../lib/ip.ts';
import {
  type Cut,
  type CutReceipt,
  type CutTarget,
  cutTargetText,
  type EndedConnections,
} from '../../model/cut.ts';
import type { Site } from '../../model/site.ts';
import { faultOf } from '../trouble.ts';
import { shutPorts } from './forwarded.ts';
import { addEnded, endLive, type LiveConnection, liveConnections, noneEnded } from './live.ts';
import { alone, type CutRecord, dropCut, keepCut, markCuts, readCuts } from './records.ts';

/** What cutting off needs of whoever does it: the daemon, or a command in its place. */
export interface CutGround {
  readonly state: string;
  /** What is served; `undefined` when nothing was applied. */
  readonly site: Site | undefined;
  /** Has the engine ask again about everybody, at once. */
  readonly forgetVerdicts: () => Promise<void>;
  /** Ends the sessions of a user; gives how many. */
  readonly endSessions: (user: string) => Promise<number>;
  /** Tells the other gateways. */
  readonly share: (cut: CutRecord) => Promise<void>;
  readonly unshare: (cut: CutRecord, at: string) => Promise<void>;
  readonly audit: () => Promise<AuditLog>;
}

/** What a request that came just before may still become, in milliseconds. */
const underWay = 300;

/**
 * Cuts off: from the first file on no new request is let in, then what is under way ends. What does not work is told in the receipt, and the
 * rest is done all the same.
 */
export async function cutOff(ground: CutGround, cut: CutRecord): Promise<CutReceipt> {
  const begun = performance.now();
  const since = () => Math.round(performance.now() - begun);
  const { state, site } = ground;
  const { target } = cut;
  const troubles: CutReceipt['troubles'][number][] = [];
  const tried = async <T>(work: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      troubles.push(troubleOf(error));
      return otherwise;
    }
  };
  const publications = site?.publications ?? [];
  const { again, refused } = await alone(state, async () => {
    const before = await readCuts(state);
    const others = before.filter((each) => !isSameTarget(each.target, target));
    // What the engine looks for comes first: a disk that is busy holds up nothing but the record.
    await markCuts(state, [...others, cut], publications);
    await tried(ground.forgetVerdicts, undefined);
    const refused = since();
    await tried(() => keepCut(state, cut), undefined);
    // Another process that looked before there was a record took away what it knew nothing of.
    await markCuts(state, [...others, cut], publications);
    return { again: others.length < before.length, refused };
  });
  const endAll = async (): Promise<EndedConnections> => {
    const live = await liveConnections(state, publications);
    const [isMeant, isUntold] = [isOf(target), site ? untold(site) : () => false];
    return endLive(
      live.filter((one) => isMeant(one) || isUntold(one)),
      publications,
    );
  };
  let ended = await tried(endAll, noneEnded);
  let finished = since();
  const shut = site ? await shutPorts(site, target) : { ports: [], troubles: [] };
  troubles.push(...shut.troubles);
  const { ports } = shut;
  const sessions = target.kind === 'user' ? await tried(() => ground.endSessions(target.name), 0) : 0;
  await tried(() => ground.share(cut), undefined);
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, underWay - (since() - refused))));
  await tried(ground.forgetVerdicts, undefined);
  if (troubles.every(({ code }) => code !== 'cut.connections.denied')) {
    const more = await tried(endAll, noneEnded);
    if (more.connections > 0) finished = since();
    ended = addEnded(ended, more);
  }
  await tried(async () => {
    const { by, reason, until } = cut;
    const detail = {
      ...{ reason, connections: ended.connections, sessions, refused, finished },
      ...(until === undefined ? {} : { until }),
    };
    await (await ground.audit()).append({
      who: by,
      what: 'cut',
      to: cutTargetText(target),
      from: 'here',
      result: 'done',
      detail,
    });
  }, undefined);
  return { cut, again, refused, finished, ended, sessions, ports, troubles };
}

/** Undoes a cut; gives it, or `undefined` when there was none. Sessions that were ended stay so. */
export async function restore(
  ground: CutGround,
  target: CutTarget,
  { by, reason, at }: { readonly by: string; readonly reason: string; readonly at: string },
): Promise<Cut | undefined> {
  const { state, site } = ground;
  const publications = site?.publications ?? [];
  const find = (cuts: readonly CutRecord[]) => cuts.find((each) => isSameTarget(each.target, target));
  const found = find(await readCuts(state));
  if (!found) return undefined;
  // First the others: one that has not heard would tell us to cut it off again.
  await ground.unshare(found, at);
  await alone(state, async () => {
    await dropCut(state, target);
    await markCuts(state, await readCuts(state), publications);
  });
  await ground.forgetVerdicts();
  const entry = {
    who: by,
    what: 'restore',
    to: cutTargetText(target),
    from: 'here',
    result: 'done',
  } as const;
  await (await ground.audit()).append({ ...entry, detail: { reason } });
  return found;
}

export const isSameTarget = (a: CutTarget, b: CutTarget): boolean => a.kind === b.kind && a.name === b.name;

/** Whether a connection is one that a cut ends. */
export function isOf(target: CutTarget): (live: LiveConnection) => boolean {
  switch (target.kind) {
    case 'all':
      return () => true;
    case 'publication':
      return ({ seen, direct }) =>
        direct === target.id || seen.some(({ publication }) => publication === target.id);
    case 'user':
      return ({ seen }) => seen.some(({ user }) => user === target.name);
    case 'address':
      return ({ socket, seen }) =>
        [...(socket.peer ? [socket.peer.address] : []), ...seen.map(({ address }) => address)].some(
          (address) => inNetwork(address, target.name),
        );
  }
}

/** Connections of which nobody knows whose they are: those of load balancers, where the engine tells of none by its peer. */
function untold(site: Site): (live: LiveConnection) => boolean {
  if (!serverEngines.some((engine) => engine.losesPeers(site))) return () => false;
  const { trustedFronts } = site.gateway;
  return ({ socket: { peer }, seen }) =>
    seen.length === 0 && peer !== undefined && trustedFronts.some((front) => inNetwork(peer.address, front));
}

function troubleOf(error: unknown): CutReceipt['troubles'][number] {
  const { code, params } = faultOf(error);
  return { code, params };
}
