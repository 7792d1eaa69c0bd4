import type { Transaction } from 'kysely';
import type { Step } from '../schedule/decide.ts';
import type { OccurrenceState } from '../schedule/memory.ts';
import { raise } from './job-history.ts';
import { dbTime } from './leases.ts';
import type { Tables } from './schema.ts';

const iso = (moment: number) => new Date(moment).toISOString();

/** An occurrence that was not there yet. */
export function row(site: string, job: string, due: number, state: OccurrenceState): Tables['job_run'] {
  return {
    ...{ site, job, due: iso(due), state, by_hand: 0, fence: 0, attempts: 0, late: 0, detail: '{}' },
    ...{ started: null, ended: null, run: null, gateway: null },
  };
}

/** Remembers a step; whoever comes second changes nothing. */
export async function note(
  t: Transaction<Tables>,
  site: string,
  step: Step,
  shape: string,
): Promise<boolean> {
  const { job } = step;
  if (step.do === 'meet') {
    const made = await t
      .insertInto('job_state')
      .values({ site, job, looked: dbTime(t), last_due: null, paused_at: null, paused_by: null, shape })
      .onConflict((c) => c.columns(['site', 'job']).doNothing())
      .executeTakeFirst();
    return (made.numInsertedOrUpdatedRows ?? 0n) > 0n;
  }
  const one = (due: number) =>
    t.updateTable('job_run').where('site', '=', site).where('job', '=', job).where('due', '=', iso(due));
  const appear = async (due: number, state: OccurrenceState, detail: object) => {
    const ended = state === 'waiting' ? null : dbTime(t);
    const made = await t
      .insertInto('job_run')
      .values({ ...row(site, job, due, state), ended, detail: JSON.stringify(detail) })
      .onConflict((c) => c.columns(['site', 'job', 'due']).doNothing())
      .executeTakeFirst();
    const followed = () => t.updateTable('job_state').where('site', '=', site).where('job', '=', job);
    await followed()
      .set({ looked: iso(due) })
      .where('looked', '<', iso(due))
      .execute();
    await followed()
      .set({ last_due: iso(due) })
      .where((e) => e.or([e('last_due', 'is', null), e('last_due', '<', iso(due))]))
      .execute();
    return (made.numInsertedOrUpdatedRows ?? 0n) > 0n;
  };
  switch (step.do) {
    case 'await':
      return appear(step.due, 'waiting', step.covers > 1 ? { covers: step.covers } : {});
    case 'miss': {
      const detail = { why: { is: 'down' }, count: step.count };
      const isNew = await appear(step.due, 'missed', detail);
      if (isNew) await raise(t, site, job, step.due, 'never-started', detail);
      return isNew;
    }
    case 'skip': {
      const detail = { why: step.why };
      if (await appear(step.due, 'skipped', detail)) return true;
      const { numUpdatedRows } = await one(step.due)
        .set({ state: 'skipped', ended: dbTime(t), detail: JSON.stringify(detail) })
        .where('state', '=', 'waiting')
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    }
    case 'give-up': {
      const detail = { why: step.why };
      const { numUpdatedRows } = await one(step.due)
        .set({ state: 'never-started', ended: dbTime(t), detail: JSON.stringify(detail) })
        .where('state', '=', 'waiting')
        .executeTakeFirst();
      if (numUpdatedRows > 0n) await raise(t, site, job, step.due, 'never-started', detail);
      return numUpdatedRows > 0n;
    }
    case 'late': {
      const { numUpdatedRows } = await one(step.due)
        .set({ late: 1 })
        .where('late', '=', 0)
        .executeTakeFirst();
      if (numUpdatedRows > 0n) await raise(t, site, job, step.due, 'late', {});
      return numUpdatedRows > 0n;
    }
    default:
      return false;
  }
}
