import { type CutTarget, cutTargetText } from '../../model/cut.ts';
import { type Message, message } from '../../model/message.ts';
import type { Site } from '../../model/site.ts';
import type { Store } from '../../store/store.ts';
import { clocksOf, isFar } from '../store-clock.ts';
import { type CutGround, cutOff, isSameTarget, restore } from './cutting.ts';
import { alone, type CutRecord, keepCut, parseCut, readCuts } from './records.ts';
import { agreedOn } from './sharing.ts';

/** Does what the other gateways of a site did, and tells them what they do not know yet. */
export async function follow(
  ground: CutGround,
  site: Site,
  store: Pick<Store, 'cuts'>,
  tell: (what: Message) => void,
  clock?: () => number,
): Promise<void> {
  const own: CutGround = { ...ground, share: async () => {}, unshare: async () => {} };
  const rows = await store.cuts.list(site.name);
  const by = await clocksOf(store.cuts, clock);
  const now = new Date(by.now).toISOString();
  const mine = await readCuts(ground.state);
  const hereOf = ({ kind, name }: Pick<CutTarget, 'kind' | 'name'>): CutRecord | undefined =>
    mine.find(({ target }) => isSameTarget(target, { kind, name } as CutTarget));
  for (const row of rows) {
    const cut = parseCut(parsed(row.detail));
    if (!cut) continue;
    const here = hereOf(cut.target);
    const made = here && agreedOn(here, by);
    const what = cutTargetText(cut.target);
    if (row.restored !== null) {
      if (!here || made === undefined || made > row.restored) continue;
      const why = { by: 'poterne', reason: 'restored elsewhere', at: by.here(row.restored) };
      await restore(own, cut.target, why);
      tell(message('cut.followed.restored', { what }));
      continue;
    }
    const until = cut.until === undefined ? {} : { until: by.here(cut.until) };
    const taken: CutRecord = { ...cut, ...until, at: by.here(row.at), agreed: row.at };
    if ((made === undefined || made < row.at) && !(cut.until !== undefined && cut.until <= now)) {
      await cutOff(own, taken);
      tell(message('cut.followed', { what, by: cut.by }));
    } else if (here?.agreed === row.at && isFar(here.until, taken.until)) await correct(ground.state, taken);
  }
  for (const cut of mine) {
    const row = rows.find(({ kind, name }) => kind === cut.target.kind && name === cut.target.name);
    const made = agreedOn(cut, by);
    const isTold = row && (row.at >= made || (row.restored !== null && row.restored >= made));
    if (!isTold) await ground.share(cut);
  }
}

/** Our clock was set since: it ends when it was meant to. */
function correct(state: string, right: CutRecord): Promise<void> {
  return alone(state, async () => {
    const kept = (await readCuts(state)).find(({ target }) => isSameTarget(target, right.target));
    if (kept?.agreed === right.agreed) await keepCut(state, right);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
