import type { Kysely, Transaction } from 'kysely';
import type { OccurrenceState } from '../schedule/memory.ts';
import { dbTime } from './leases.ts';
import type { AlertKind, Tables } from './schema.ts';

/** An occurrence as history has it. Moments are milliseconds since 1970. */
export interface PastOccurrence {
  readonly job: string;
  readonly due: number;
  readonly state: OccurrenceState;
  readonly byHand: boolean;
  readonly started?: number;
  readonly ended?: number;
  readonly run?: string;
  readonly gateway?: string;
  readonly attempts: number;
  readonly late: boolean;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Something that people are told of an occurrence. */
export interface Alert {
  readonly job: string;
  readonly due: number;
  readonly kind: AlertKind;
  readonly at: number;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What has been, and what is to be told of it. */
export interface JobHistory {
  /** The latest occurrences, the newest first. */
  history(site: string, job: string | undefined, most: number): Promise<readonly PastOccurrence[]>;
  occurrence(site: string, job: string, due: number): Promise<PastOccurrence | undefined>;
  /** Who paused a job, and when. */
  pauses(site: string): Promise<ReadonlyMap<string, { readonly at: number; readonly by: string }>>;
  /** Alerts that nobody has been told of yet, the oldest first. */
  untold(site: string): Promise<readonly Alert[]>;
  told(site: string, alert: Alert): Promise<void>;
  /** Of each job, its last alert, unless it is that all is well again. */
  troubles(site: string): Promise<readonly Alert[]>;
  /** Alerts of an occurrence or of all, the newest first. */
  alerts(site: string, job: string | undefined, most: number): Promise<readonly Alert[]>;
}

/** How long occurrences and alerts are kept, beside the last of each job. */
const retention = 400 * 86_400_000;

const iso = (moment: number) => new Date(moment).toISOString();

/** The part of a store that looks back. */
export function jobHistory(db: Kysely<Tables>): JobHistory {
  const alerts = (site: string) => db.selectFrom('job_alert').selectAll().where('site', '=', site);
  return {
    async history(site, job, most) {
      let query = db.selectFrom('job_run').selectAll().where('site', '=', site);
      if (job !== undefined) query = query.where('job', '=', job);
      return (await query.orderBy('due', 'desc').limit(most).execute()).map(past);
    },
    async occurrence(site, job, due) {
      const row = await db
        .selectFrom('job_run')
        .selectAll()
        .where('site', '=', site)
        .where('job', '=', job)
        .where('due', '=', iso(due))
        .executeTakeFirst();
      return row && past(row);
    },
    async pauses(site) {
      const rows = await db
        .selectFrom('job_state')
        .select(['job', 'paused_at', 'paused_by'])
        .where('site', '=', site)
        .where('paused_at', 'is not', null)
        .execute();
      return new Map(
        rows.map(({ job, paused_at, paused_by }) => [
          job,
          { at: Date.parse(paused_at as string), by: paused_by ?? '' },
        ]),
      );
    },
    async untold(site) {
      return (await alerts(site).where('told', 'is', null).orderBy('at').execute()).map(alert);
    },
    async told(site, { job, due, kind }) {
      await db
        .updateTable('job_alert')
        .set({ told: dbTime(db) })
        .where('site', '=', site)
        .where('job', '=', job)
        .where('due', '=', iso(due))
        .where('kind', '=', kind)
        .execute();
    },
    async troubles(site) {
      const last = new Map<string, Alert>();
      for (const each of await alerts(site).orderBy('at').execute()) last.set(each.job, alert(each));
      return [...last.values()].filter(({ kind }) => kind !== 'recovered');
    },
    async alerts(site, job, most) {
      const some = job === undefined ? alerts(site) : alerts(site).where('job', '=', job);
      return (await some.orderBy('at', 'desc').limit(most).execute()).map(alert);
    },
  };
}

/** Has something be told, once for an occurrence. */
export async function raise(
  t: Transaction<Tables>,
  site: string,
  job: string,
  due: number,
  kind: AlertKind,
  detail: object,
): Promise<void> {
  await t
    .insertInto('job_alert')
    .values({ site, job, due: iso(due), kind, at: dbTime(t), detail: JSON.stringify(detail), told: null })
    .onConflict((c) => c.columns(['site', 'job', 'due', 'kind']).doNothing())
    .execute();
}

/** Has it be told that a job is well again, when it was told that it is not; forgets what is long past. */
export async function recover(t: Transaction<Tables>, site: string, job: string, due: number): Promise<void> {
  const last = await t
    .selectFrom('job_alert')
    .select('kind')
    .where('site', '=', site)
    .where('job', '=', job)
    .orderBy('at', 'desc')
    .executeTakeFirst();
  if (last && last.kind !== 'recovered') await raise(t, site, job, due, 'recovered', {});
  const old = iso(due - retention);
  await t
    .deleteFrom('job_run')
    .where('site', '=', site)
    .where('job', '=', job)
    .where('due', '<', old)
    .execute();
  await t
    .deleteFrom('job_alert')
    .where('site', '=', site)
    .where('job', '=', job)
    .where('due', '<', old)
    .execute();
}

function past(row: Tables['job_run']): PastOccurrence {
  const { job, due, state, by_hand, started, ended, run, gateway, attempts, late, detail } = row;
  return {
    ...{ job, due: Date.parse(due), state, byHand: by_hand === 1 },
    ...(started === null ? {} : { started: Date.parse(started) }),
    ...(ended === null ? {} : { ended: Date.parse(ended) }),
    ...(run === null ? {} : { run }),
    ...(gateway === null ? {} : { gateway }),
    ...{ attempts, late: late === 1, detail: JSON.parse(detail) },
  };
}

function alert({ job, due, kind, at, detail }: Tables['job_alert']): Alert {
  return { job, due: Date.parse(due), kind, at: Date.parse(at), detail: JSON.parse(detail) };
}
