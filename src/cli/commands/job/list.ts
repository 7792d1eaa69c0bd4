import type { Command } from 'commander';
import { clockText, holdText } from '../../../daemon/jobs/words.ts';
import { decide, scheduled } from '../../../schedule/decide.ts';
import type { Context } from '../../context.ts';
import { scheduleText, stateText } from '../../job-words.ts';
import { type JobOptions, jobCommand, onJobs } from '../../jobs.ts';
import { table } from '../../table.ts';

/** `poterne job list`: each job, how it is, its last time and its next. */
export function jobList(context: Context): Command {
  const { t } = context;
  return jobCommand(context, 'list', 'job.list.about', ['job list', 'job list --json']).action(
    async (options: JobOptions) => {
      await onJobs(context, options, async ({ site, store }) => {
        const now = await store.jobs.now();
        const memory = await store.jobs.memory(site.name);
        const jobs = scheduled(site.jobs);
        const { holds } = decide(jobs, memory, now);
        const pauses = await store.jobs.pauses(site.name);
        const rows = [];
        for (const { rules, dues } of jobs) {
          const job = site.jobs.find(({ name }) => name === rules.name) ?? undefined;
          if (!job) continue;
          const [last] = await store.jobs.history(site.name, job.name, 1);
          const pause = pauses.get(job.name);
          rows.push({
            job,
            last,
            pause,
            hold: holds.get(job.name),
            next: pause ? undefined : dues.after(now),
          });
        }
        if (options.json) {
          const iso = (moment: number | undefined) =>
            moment === undefined ? null : new Date(moment).toISOString();
          context.out(
            JSON.stringify(
              rows.map(({ job, last, pause, hold, next }) => ({
                ...{ job: job.name, schedule: job.written, after: job.after, paused: pause?.by ?? null },
                ...{ state: last?.state ?? null, last: iso(last?.due), run: last?.run ?? null },
                ...{ hold: hold ?? null, next: iso(next) },
              })),
            ),
          );
          return;
        }
        if (rows.length === 0) return context.out(t('job.none'));
        const head = ['name', 'schedule', 'state', 'last', 'next'] as const;
        context.out(
          table(
            head.map((column) => t(`job.head.${column}`)),
            rows.map(({ job, last, pause, hold, next }) => [
              job.name,
              scheduleText(context, job),
              pause
                ? t('job.paused', { by: pause.by, at: clockText(pause.at, job.timezone) })
                : last
                  ? [stateText(context, last.state), hold ? holdText(context.language, hold) : '']
                      .filter(Boolean)
                      .join(': ')
                  : '–',
              last ? clockText(last.due, job.timezone) : '–',
              next === undefined ? '–' : clockText(next, job.timezone),
            ]),
          ),
        );
        const alive = (await store.jobs.schedulers(site.name)).filter(({ until }) => until > now);
        if (alive.length === 0) context.err(t('job.scheduler.none'));
        else context.err(t('job.scheduler.some', { count: alive.length, gateways: gatewaysOf(alive) }));
      });
    },
  );
}

/** The machines on which schedulers run. */
export function gatewaysOf(alive: readonly { readonly holder: string }[]): string {
  return [...new Set(alive.map(({ holder }) => holder.split(' ')[0] as string))].join(', ');
}
