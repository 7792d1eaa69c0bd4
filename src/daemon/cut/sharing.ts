import type { Site } from '../../model/site.ts';
import type { Store } from '../../store/store.ts';
import { type Clocks, clocksOf } from '../store-clock.ts';
import { isSameTarget } from './cutting.ts';
import { alone, type CutRecord, keepCut, readCuts } from './records.ts';

/** What a gateway tells the others of its site by their store, where all times are by its clock. */

/** When a cut was made, by the store's clock. */
export const agreedOn = ({ at, agreed }: CutRecord, { there }: Clocks): string => agreed ?? there(at);

/** Tells of a cut; when it was made by the store's clock is kept with it, once. */
export async function shareCut(
  state: string,
  site: Site,
  { cuts }: Pick<Store, 'cuts'>,
  { agreed: known, ...cut }: CutRecord,
  clock?: () => number,
): Promise<void> {
  const by = await clocksOf(cuts, clock);
  const agreed = known ?? by.there(cut.at);
  await alone(state, async () => {
    const kept = (await readCuts(state)).find(({ target }) => isSameTarget(target, cut.target));
    if (kept && kept.at === cut.at && kept.agreed !== agreed) await keepCut(state, { ...kept, agreed });
  });
  const { kind, name } = cut.target;
  const told = { ...cut, at: agreed, ...(cut.until === undefined ? {} : { until: by.there(cut.until) }) };
  await cuts.tell(site.name, { kind, name, at: agreed, detail: JSON.stringify(told) });
}

/** Tells that something is restored: later than it was cut off, whatever a clock shows by now. */
export async function shareRestored(
  site: Site,
  { cuts }: Pick<Store, 'cuts'>,
  cut: CutRecord,
  at: string,
  clock?: () => number,
): Promise<void> {
  const by = await clocksOf(cuts, clock);
  const [made, restored] = [agreedOn(cut, by), by.there(at)];
  await cuts.restore(site.name, cut.target, restored > made ? restored : made);
}
