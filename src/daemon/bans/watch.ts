import { setTimeout as delay } from 'node:timers/promises';
import { banNetwork } from '../../lib/bans.ts';
import { networkText } from '../../lib/ip.ts';
import type { Bans, Offence } from '../../model/bans.ts';
import { Fault } from '../../model/fault.ts';
import { type Message, message } from '../../model/message.ts';
import type { Site } from '../../model/site.ts';
import { type CutGround, isOf } from '../cut/cutting.ts';
import { groundOf, openStores, type Stores } from '../cut/ground.ts';
import { endLive, liveConnections } from '../cut/live.ts';
import { alone } from '../cut/records.ts';
import { trying } from '../trouble.ts';
import { type BanAsk, ban } from './banning.ts';
import { type Counter, counter, type Due, enough } from './counting.ts';
import { countsHere, followTold, type Told, tellFail2ban } from './fail2ban.ts';
import { follow } from './follow.ts';
import { banned, markBans, readBans } from './records.ts';
import { followSources, type Seen } from './sources.ts';

/** How often it is looked what was done and what ends, what other gateways tell, and where somebody is signed in; in milliseconds. */
const every = { look: 500, others: 2000, sessions: 10_000 } as const;

/** What keeping bans needs of the daemon. */
export interface KeptBans {
  readonly state: string;
  readonly tell: (what: Message) => void;
  readonly fail: (fault: Fault) => void;
  readonly signal: AbortSignal;
}

/**
 * Bans whoever does too much of what counts, until told to stop: looks at the logs, counts by the thresholds of the description, hears what
 * other gateways of the site banned, and has the files that the engine looks for be those of who is banned.
 */
export function keepBans(kept: KeptBans): { readonly ended: Promise<void> } {
  const { state, fail, signal } = kept;
  const stores = openStores(state);
  const tried = trying(fail);
  const sources = followSources(state);
  const counting = counter();
  const fail2ban = followTold(state);
  let due = 0;
  let shared: ReadonlySet<string> = new Set();
  let asking: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    const now = performance.now();
    const ground = await groundOf(state, stores);
    const { site } = ground;
    await tried(() => endBanned(ground));
    if (!site?.bans) return;
    if (site.signIn && now >= due) {
      due = now + every.sessions;
      // Not waited for: until it is told, what was known holds.
      asking ??= tried(async () => {
        shared = await signedInFrom(site, stores);
      }).finally(() => {
        asking = undefined;
      });
    }
    for (const each of await fail2ban.lines()) await tried(() => heed(ground, counting, each, kept.tell));
    await tried(async () =>
      judge({ ...kept, ground, counting, bans: site.bans as Bans, shared }, await sources.look()),
    );
  };
  // Each has connections of its own to the store, since one that fails has them closed. Nobody waits for a store that does not answer.
  const others = openStores(state);
  const hear = async (): Promise<void> => {
    const ground = await groundOf(state, others);
    const { site } = ground;
    if (site?.store) await others.use(site, (store) => follow(ground, site, store, kept.tell));
  };
  const over = async (work: () => Promise<void>, pause: number): Promise<void> => {
    while (!signal.aborted) {
      await tried(work);
      await delay(pause, undefined, { signal }).catch(() => undefined);
    }
  };
  const ended = (async () => {
    await Promise.all([over(look, every.look), over(hear, every.others)]);
    await asking;
    await sources.close();
    await fail2ban.close();
    await stores.close();
    await others.close();
  })();
  return { ended };
}

/** What an offence is judged by. */
interface Judging extends Pick<KeptBans, 'tell'> {
  readonly ground: CutGround;
  readonly counting: Counter;
  readonly bans: Bans;
  readonly shared: ReadonlySet<string>;
}

async function judge(judging: Judging, { offences, signIns }: Seen): Promise<void> {
  const { counting, shared } = judging;
  const isShared = (address: string) => shared.has(banNetwork(address) ?? '');
  for (const offence of enough(
    offences.filter((each) => counting.weigh(each, isShared(each.address))),
    judging.bans,
  ))
    await count(judging, offence);
  for (const seen of signIns) {
    const times = counting.weighSignIn(seen, isShared(seen.offence.address));
    for (let n = 0; n < times; n++) await count(judging, seen.offence);
  }
}

async function count(judging: Judging, offence: Offence): Promise<void> {
  // fail2ban counts by the same thresholds, over restarts of this process.
  if (!countsHere(judging.ground.state)) return tellFail2ban(offence);
  const due = judging.counting.count(offence, judging.bans);
  if (due) await banDue(judging, due);
}

/** Bans somebody, unless it is so already. */
async function banDue({ ground, tell }: Judging, { network, kind, offences }: Due): Promise<void> {
  if (banned(await readBans(ground.state)).some((each) => each.network === network)) return;
  await banWith(ground, { network, kind, by: 'poterne', reason: kind, offences }, tell);
}

async function banWith(ground: CutGround, ask: BanAsk, tell: KeptBans['tell']): Promise<void> {
  try {
    const { ban: made, troubles } = await ban(ground, ask);
    tell(
      message('ban.told', { network: networkText(made.network), kind: made.kind, until: made.until ?? '–' }),
    );
    const [trouble] = troubles;
    if (trouble) throw new Fault(trouble.code as 'cut.connections.denied', trouble.params);
  } catch (error) {
    // Whoever is never banned may do what they like.
    if (!(error instanceof Fault) || error.code !== 'ban.never') throw error;
  }
}

/** Does what fail2ban decided, unless it is done already, over, or undone since. */
async function heed(
  ground: CutGround,
  counting: Counter,
  { kind, network, at, lasts }: Told,
  tell: KeptBans['tell'],
): Promise<void> {
  if (at + lasts <= Date.now()) return;
  const known = (await readBans(ground.state)).find((each) => each.network === network);
  if (known && Date.parse(known.removed ?? known.at) >= at) return;
  const seen = counting.last(network);
  const iso = new Date(at).toISOString();
  const offences = seen.length > 0 ? seen : [{ kind, at: iso, address: networkText(network), what: 'sshd' }];
  await banWith(ground, { network, kind, by: 'fail2ban', reason: kind, lasts, offences }, tell);
}

/** Where somebody is signed in now. */
async function signedInFrom(site: Site, stores: Stores): Promise<ReadonlySet<string>> {
  const list = await stores.use(site, ({ sessions }) => sessions.list(site.name));
  return new Set(list.flatMap(({ address }) => banNetwork(address) ?? []));
}

/** Has the files be those of who is banned now, and ends what somebody who is banned has in a tunnel, where nginx looks for no file. */
async function endBanned({ state, site }: CutGround): Promise<void> {
  const all = await readBans(state);
  await alone(state, async () => markBans(state, await readBans(state), site?.bans?.contact));
  const now = banned(all);
  const publications = site?.publications ?? [];
  if (now.length === 0 || !publications.some(({ scenario }) => scenario === 'direct')) return;
  const live = await liveConnections(state, publications);
  await endLive(
    live.filter((one) => now.some(({ network }) => isOf({ kind: 'address', name: network })(one))),
    publications,
  );
}
