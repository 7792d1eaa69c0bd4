import { networkText } from '../../lib/ip.ts';
import { type Message, message } from '../../model/message.ts';
import type { Site } from '../../model/site.ts';
import type { Store } from '../../store/store.ts';
import type { CutGround } from '../cut/cutting.ts';
import { alone } from '../cut/records.ts';
import { type Clocks, clocksOf, isFar } from '../store-clock.ts';
import { memory, takeBan, unban } from './banning.ts';
import { type BanRecord, isOver, keepBan, markBans, parseBan, readBans } from './records.ts';

/** What the gateways of a site tell each other of bans by their store, where all times are by its clock. */

type BansOnly = Pick<Store, 'bans'>;
/** A ban that stands, or stood, by the store's clock too. */
type Agreed = BanRecord & { readonly agreed: NonNullable<BanRecord['agreed']> };

/** Does what the other gateways of a site did, and tells them what they do not know yet. */
export async function follow(
  ground: CutGround,
  site: Site,
  store: BansOnly,
  tell: (what: Message) => void,
  clock: () => number = Date.now,
): Promise<void> {
  const rows = await store.bans.list(site.name);
  const by = await clocksOf(store.bans, clock);
  const now = new Date(by.now).toISOString();
  const old = new Date(by.now - memory).toISOString();
  const mine = await agreeOn(ground, by);
  for (const row of rows) {
    const known = mine.find(({ network }) => network === row.network);
    const made = parseBan(row.detail);
    if (!made || made.network !== row.network) continue;
    if (isOver({ ...made, ...(row.removed === null ? {} : { removed: row.removed }) }, old)) {
      await store.bans.forget(site.name, row.network, row.at);
      continue;
    }
    if (row.removed !== null) {
      if (!known || known.removed !== undefined || known.agreed.at > row.removed) continue;
      const why = { by: 'poterne', reason: 'removed elsewhere', at: by.here(row.removed) };
      await unban(ground, row.network, why, ({ network }) => network === row.network);
      continue;
    }
    const taken: BanRecord = { ...made, ...timesHere(made, by), agreed: { at: row.at } };
    if ((!known || known.agreed.at < row.at) && !(made.until !== undefined && made.until <= now)) {
      if (!(await takeBan(ground, taken))) continue;
      tell(message('ban.followed', { network: networkText(made.network), gateway: made.gateway }));
    } else if (known && known.agreed.at === row.at && isFar(known.until, taken.until))
      await correct(ground, known, taken);
  }
  for (const each of mine) {
    const { at, removed } = each.agreed;
    const until = each.until === undefined ? {} : { until: by.there(each.until) };
    const told = { ...each, ...until, at, removed };
    if (!isOver(told as BanRecord, old)) await share(site, store, rows, told);
  }
}

function timesHere({ at, until }: BanRecord, { here }: Clocks): Pick<BanRecord, 'at' | 'until'> {
  return { at: here(at), ...(until === undefined ? {} : { until: here(until) }) };
}

/** Gives each ban its times by the store's clock, once: those that were made, or removed, since the last time. */
function agreeOn({ state }: CutGround, { there }: Clocks): Promise<readonly Agreed[]> {
  return alone(state, async () => {
    const all: Agreed[] = [];
    for (const each of await readBans(state)) {
      const at = each.agreed?.at ?? there(each.at);
      const removed = each.removed === undefined ? undefined : (each.agreed?.removed ?? there(each.removed));
      const one: Agreed = {
        ...each,
        // A removal of what was just banned is not before it.
        agreed: { at, ...(removed === undefined ? {} : { removed: removed > at ? removed : at }) },
      };
      if (each.agreed?.at !== at || each.agreed?.removed !== one.agreed.removed) await keepBan(state, one);
      all.push(one);
    }
    return all;
  });
}

/** Our clock was set since it was taken over: it ends when it was meant to. */
function correct({ state, site }: CutGround, known: Agreed, { at, until }: BanRecord): Promise<void> {
  return alone(state, async () => {
    const all = await readBans(state);
    const still = all.find(
      ({ network, agreed }) => network === known.network && agreed?.at === known.agreed.at,
    );
    if (!still || still.removed !== undefined || until === undefined) return;
    const right = { ...still, at, until };
    await keepBan(state, right);
    await markBans(state, [...all.filter((each) => each !== still), right], site?.bans?.contact);
  });
}

/** Tells of a ban, whose times are by the store's clock. */
async function share(
  site: Site,
  store: BansOnly,
  rows: Awaited<ReturnType<Store['bans']['list']>>,
  { removed, agreed: _, ...made }: Omit<BanRecord, 'removed'> & { readonly removed: string | undefined },
): Promise<void> {
  const row = rows.find(({ network }) => network === made.network);
  if (!row || row.at < made.at) {
    await store.bans.tell(site.name, { network: made.network, at: made.at, detail: JSON.stringify(made) });
    if (removed === undefined) return;
  } else if (removed === undefined || row.removed !== null || row.at > removed) return;
  await store.bans.remove(site.name, made.network, removed);
}
