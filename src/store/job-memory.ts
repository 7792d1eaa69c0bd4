import type { Kysely } from 'kysely';
import type { JobMemory, Memory, Unsettled } from '../schedule/memory.ts';
import { dbNow } from './leases.ts';
import type { Tables } from './schema.ts';

const moment = (text: string) => Date.parse(text);

/** The name of a job's lease. */
export const leaseName = (site: string, job: string) => `job ${site}/${job}`;

/** What the next decision needs to know of each job. */
export async function memoryOf(db: Kysely<Tables>, site: string): Promise<Memory> {
  const now = await dbNow(db);
  const states = await db.selectFrom('job_state').selectAll().where('site', '=', site).execute();
  const open = await db
    .selectFrom('job_run')
    .selectAll()
    .where('site', '=', site)
    .where('state', 'in', ['waiting', 'running', 'interrupted'])
    .orderBy('due')
    .execute();
  const leases = new Map(
    (await db.selectFrom('lease').selectAll().where('name', 'like', 'job %').execute()).map((each) => [
      each.name,
      each,
    ]),
  );
  const last = await db
    .selectFrom('job_run')
    .select((e) => ['job', e.fn.max('started').as('started')])
    .where('site', '=', site)
    .groupBy('job')
    .execute();
  const well = await db
    .selectFrom('job_run')
    .select(['job', 'due', 'ended'])
    .where('site', '=', site)
    .where('state', '=', 'ok')
    .where((e) =>
      e(
        'due',
        '=',
        e
          .selectFrom('job_run as other')
          .select((o) => o.fn.max('other.due').as('due'))
          .whereRef('other.site', '=', 'job_run.site')
          .whereRef('other.job', '=', 'job_run.job')
          .where('other.state', '=', 'ok'),
      ),
    )
    .execute();
  const unsettled = (job: string): readonly Unsettled[] =>
    open
      .filter((each) => each.job === job)
      .map(({ due, state, started, late, fence }) => {
        const lease = leases.get(leaseName(site, job));
        const isHeld = lease !== undefined && lease.fence === fence && moment(lease.expires) > now;
        return {
          due: moment(due),
          state: state as Unsettled['state'],
          ...(started === null ? {} : { started: moment(started) }),
          late: late === 1,
          leaseOver: state !== 'waiting' && !isHeld,
        };
      });
  return new Map(
    states.map(({ job, looked, last_due, paused_at }): [string, JobMemory] => {
      const started = last.find((each) => each.job === job)?.started;
      const ok = well.find((each) => each.job === job);
      return [
        job,
        {
          looked: moment(looked),
          ...(last_due === null ? {} : { lastDue: moment(last_due) }),
          paused: paused_at !== null,
          ...(started ? { lastStarted: moment(started) } : {}),
          ...(ok?.ended ? { lastOk: { due: moment(ok.due), ended: moment(ok.ended) } } : {}),
          unsettled: unsettled(job),
        },
      ];
    }),
  );
}
