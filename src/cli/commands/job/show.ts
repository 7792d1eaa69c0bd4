import type { Command } from 'commander';
import { clockText } from '../../../daemon/jobs/words.ts';
import { duesOf } from '../../../schedule/dues.ts';
import type { Context } from '../../context.ts';
import { isoText, occurrenceCells, occurrenceJson, scheduleText } from '../../job-words.ts';
import { type JobOptions, jobCommand, jobNamed, onJobs } from '../../jobs.ts';
import { table } from '../../table.ts';

/** `poterne job show`: all of a job: what it runs, when, its next times and its last ones. */
export function jobShow(context: Context): Command {
  const { t } = context;
  return jobCommand(context, 'show', 'job.show.about', ['job show collecte-soc'])
    .usage(t('job.usage.name'))
    .argument('<name>', t('job.name'))
    .action(async (name: string, options: JobOptions) => {
      await onJobs(context, options, async ({ site, store }) => {
        const job = jobNamed(site, name);
        const dues = duesOf(job);
        const next: number[] = [];
        for (
          let at = dues.after(await store.jobs.now());
          at !== undefined && next.length < 5;
          at = dues.after(at)
        )
          next.push(at);
        const past = await store.jobs.history(site.name, name, 5);
        const pause = (await store.jobs.pauses(site.name)).get(name);
        if (options.json) {
          const { pointer: _, ...described } = job;
          const times = { next: next.map(isoText), past: past.map(occurrenceJson) };
          context.out(JSON.stringify({ ...described, paused: pause?.by ?? null, ...times }));
          return;
        }
        const clock = (moment: number) => clockText(moment, job.timezone);
        const { script, on, as, args, window, missed, overlap, lost, lateAfter, mail, alert } = job;
        const hours = (minutes: number) =>
          `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
        const rows: [string, string][] = [
          [t('job.show.runs'), [script, ...args].join(' ')],
          [t('job.show.on'), on],
          [t('job.show.as'), as ?? t('run.account.login')],
          [t('job.head.schedule'), scheduleText(context, job)],
          ['cron', job.patterns.join('; ')],
          [
            t('job.show.window'),
            (window ?? []).map(({ from, to }) => `${hours(from)}-${hours(to)}`).join('; '),
          ],
          [
            t('job.show.policy'),
            t('job.show.policies', { missed, overlap: overlap === 'skip' ? 'never' : overlap, lost }),
          ],
          [t('job.show.late'), lateAfter === undefined ? '' : `${lateAfter / 60_000} min`],
          [t('job.show.mail'), mail.join(', ')],
          [t('job.show.alert'), alert.join(', ')],
          [t('job.head.next'), next.map(clock).join(', ')],
          [t('job.state.paused'), pause ? t('job.paused', { by: pause.by, at: clock(pause.at) }) : ''],
        ];
        context.out(
          table(
            [job.name, ''],
            rows.filter(([, text]) => text !== ''),
          ),
        );
        if (past.length === 0) return;
        const head = ['due', 'state', 'started', 'took', 'run', 'note'] as const;
        context.out('');
        context.out(
          table(
            head.map((column) => t(`job.head.${column}`)),
            past.map((each) => occurrenceCells(context, job.timezone, each)),
          ),
        );
      });
    });
}
