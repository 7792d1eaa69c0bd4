import type { Kysely } from 'kysely';
import type { Step } from '../schedule/decide.ts';
import type { Memory, OccurrenceState } from '../schedule/memory.ts';
import { type JobHistory, jobHistory, raise, recover } from './job-history.ts';
import { leaseName, memoryOf } from './job-memory.ts';
import { note, row } from './job-notes.ts';
import {
  dbNow,
  dbTime,
  endLease,
  endLeasesOf,
  holdsLease,
  type Lease,
  renewLease,
  takeLease,
} from './leases.ts';
import type { Tables } from './schema.ts';

/** Who runs a job: a process of a gateway. */
export interface Holder {
  /** Of the process, for its lifetime. */
  readonly name: string;
  /** Of the machine and its state folder. */
  readonly gateway: string;
}

/** An occurrence that is ours to run. */
export interface Claim {
  readonly job: string;
  readonly due: number;
  readonly lease: Lease;
  /** Somebody asked for it: his word is what confirms it. */
  readonly byHand: boolean;
  /** The first time, and each time it was taken up. */
  readonly attempts: number;
  /** The run that was begun, and the gateway that has its folder, when it is taken up. */
  readonly run?: string;
  readonly gateway?: string;
}

/** How an occurrence ended; the detail is for history and letters. */
export interface Ending {
  readonly state: Exclude<OccurrenceState, 'waiting' | 'running'>;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What is remembered of the jobs of a site, by one gateway or several. */
export interface JobStore extends JobHistory {
  /** By the database's clock. */
  now(): Promise<number>;
  memory(site: string): Promise<Memory>;
  /** Has schedules that were changed be followed from now on, and drops what waited of jobs that are gone. */
  align(site: string, shapes: ReadonlyMap<string, string>): Promise<void>;
  /** Remembers a step that was decided; false when another gateway had done it. */
  note(site: string, step: Step, shape: string): Promise<boolean>;
  /** Takes what waits, or what nobody runs any more; `undefined` when another gateway did. */
  claim(site: string, job: string, due: number, holder: Holder, lease: number): Promise<Claim | undefined>;
  /** Takes a job for a run by hand; `undefined` while it runs. */
  claimByHand(site: string, job: string, holder: Holder, lease: number): Promise<Claim | undefined>;
  /** Keeps a claim; false when it was taken by another. */
  renew(claim: Claim, lease: number): Promise<boolean>;
  /** Remembers which run it became. */
  began(site: string, claim: Claim, run: string, gateway: string): Promise<void>;
  /** Ends an occurrence and gives the job back; false when it was taken by another. */
  settle(site: string, claim: Claim, ending: Ending): Promise<boolean>;
  pause(site: string, job: string, by: string): Promise<void>;
  resume(site: string, job: string): Promise<void>;
  /** Tells that a scheduler runs, until so many milliseconds from now. */
  beat(site: string, holder: Holder, milliseconds: number): Promise<void>;
  /** Schedulers, by holder, and until when they have told to run. */
  schedulers(site: string): Promise<readonly { readonly holder: string; readonly until: number }[]>;
  /** Works alone with something of the site; `undefined` when another does. */
  alone<T>(site: string, what: string, holder: Holder, work: () => Promise<T>): Promise<T | undefined>;
  /** Frees what processes held whose names begin so, and which are known to be dead. */
  free(prefix: string): Promise<void>;
}

const iso = (moment: number) => new Date(moment).toISOString();
const moment = (text: string) => Date.parse(text);
const schedulerName = (site: string, holder: string) => `scheduler ${site}/${holder}`;

/** The jobs' part of a store. */
export function jobStore(db: Kysely<Tables>): JobStore {
  return {
    ...jobHistory(db),
    now: () => dbNow(db),
    memory: (site) => memoryOf(db, site),
    async align(site, shapes) {
      const known = await db.selectFrom('job_state').selectAll().where('site', '=', site).execute();
      for (const { job, shape } of known) {
        const now = shapes.get(job);
        const state = db.updateTable('job_state').where('site', '=', site).where('job', '=', job);
        if (now !== undefined && now !== shape)
          await state.set({ shape: now, looked: dbTime(db), last_due: null }).execute();
        if (now !== undefined) continue;
        await db
          .updateTable('job_run')
          .set({ state: 'skipped', ended: dbTime(db), detail: JSON.stringify({ why: 'gone' }) })
          .where('site', '=', site)
          .where('job', '=', job)
          .where('state', '=', 'waiting')
          .execute();
        await db.deleteFrom('job_state').where('site', '=', site).where('job', '=', job).execute();
      }
    },
    note: (site, step, shape) => db.transaction().execute((t) => note(t, site, step, shape)),
    claim: (site, job, due, holder, milliseconds) =>
      db.transaction().execute(async (t) => {
        const lease = await takeLease(t, leaseName(site, job), holder.name, milliseconds);
        if (!lease) return undefined;
        const row = await t
          .selectFrom('job_run')
          .selectAll()
          .where('site', '=', site)
          .where('job', '=', job)
          .where('due', '=', iso(due))
          .executeTakeFirst();
        if (!row || !['waiting', 'running', 'interrupted'].includes(row.state)) {
          await endLease(t, lease);
          return undefined;
        }
        const attempts = row.attempts + 1;
        await t
          .updateTable('job_run')
          .set({ state: 'running', fence: lease.fence, attempts, started: row.started ?? dbTime(t) })
          .where('site', '=', site)
          .where('job', '=', job)
          .where('due', '=', row.due)
          .execute();
        return {
          ...{ job, due, lease, attempts, byHand: row.by_hand === 1 },
          ...(row.run === null ? {} : { run: row.run }),
          ...(row.gateway === null ? {} : { gateway: row.gateway }),
        };
      }),
    claimByHand: (site, job, holder, milliseconds) =>
      db.transaction().execute(async (t) => {
        const lease = await takeLease(t, leaseName(site, job), holder.name, milliseconds);
        if (!lease) return undefined;
        const open = await t
          .selectFrom('job_run')
          .select('due')
          .where('site', '=', site)
          .where('job', '=', job)
          .where('state', 'in', ['running', 'interrupted'])
          .executeTakeFirst();
        if (open) {
          await endLease(t, lease);
          return undefined;
        }
        const due = await dbNow(t);
        await t
          .insertInto('job_run')
          .values({
            ...row(site, job, due, 'running'),
            ...{ by_hand: 1, started: iso(due), fence: lease.fence, attempts: 1 },
          })
          .execute();
        return { job, due, lease, byHand: true, attempts: 1 };
      }),
    renew: ({ lease }, milliseconds) => renewLease(db, lease, milliseconds),
    async began(site, { job, due, lease }, run, gateway) {
      await db
        .updateTable('job_run')
        .set({ run, gateway })
        .where('site', '=', site)
        .where('job', '=', job)
        .where('due', '=', iso(due))
        .where('fence', '=', lease.fence)
        .execute();
    },
    settle: (site, { job, due, lease }, { state, detail }) =>
      db.transaction().execute(async (t) => {
        if (!(await holdsLease(t, lease))) return false;
        await t
          .updateTable('job_run')
          .set({ state, detail: JSON.stringify(detail), ended: state === 'interrupted' ? null : dbTime(t) })
          .where('site', '=', site)
          .where('job', '=', job)
          .where('due', '=', iso(due))
          .where('fence', '=', lease.fence)
          .execute();
        await endLease(t, lease);
        if (state === 'ok') await recover(t, site, job, due);
        else if (state === 'lost') await raise(t, site, job, due, 'lost', detail);
        else if (state === 'failed' || state === 'stopped') await raise(t, site, job, due, 'failed', detail);
        return true;
      }),
    async pause(site, job, by) {
      const paused = { paused_at: dbTime(db), paused_by: by };
      await db
        .insertInto('job_state')
        .values({ site, job, looked: dbTime(db), last_due: null, shape: '', ...paused })
        .onConflict((c) => c.columns(['site', 'job']).doUpdateSet(paused))
        .execute();
    },
    async resume(site, job) {
      await db
        .updateTable('job_state')
        .set({ paused_at: null, paused_by: null, looked: dbTime(db) })
        .where('site', '=', site)
        .where('job', '=', job)
        .where('paused_at', 'is not', null)
        .execute();
    },
    async beat(site, holder, milliseconds) {
      const name = schedulerName(site, holder.name);
      const expires = dbTime(db, milliseconds);
      await db
        .insertInto('lease')
        .values({ name, holder: holder.name, fence: 0, expires })
        .onConflict((c) => c.column('name').doUpdateSet({ expires }))
        .execute();
      // Those of processes that ended long ago.
      await db
        .deleteFrom('lease')
        .where('name', 'like', 'scheduler %')
        .where('expires', '<', dbTime(db, -30 * 86_400_000))
        .execute();
    },
    async schedulers(site) {
      const prefix = schedulerName(site, '');
      const rows = await db
        .selectFrom('lease')
        .select(['name', 'holder', 'expires'])
        .where('name', 'like', 'scheduler %')
        .orderBy('expires', 'desc')
        .execute();
      return rows
        .filter(({ name }) => name.startsWith(prefix))
        .map(({ holder, expires }) => ({ holder, until: moment(expires) }));
    },
    async alone(site, what, holder, work) {
      const name = `${what} ${site}`;
      const lease = await db.transaction().execute((t) => takeLease(t, name, holder.name, 120_000));
      if (!lease) return undefined;
      try {
        return await work();
      } finally {
        await endLease(db, lease);
      }
    },
    free: (prefix) => endLeasesOf(db, prefix),
  };
}
