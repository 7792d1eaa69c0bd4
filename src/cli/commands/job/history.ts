import type { Command } from 'commander';
import { clockText } from '../../../daemon/jobs/words.ts';
import type { Context } from '../../context.ts';
import { WrongRequest } from '../../exit.ts';
import { isoText, occurrenceCells, occurrenceJson } from '../../job-words.ts';
import { type JobOptions, jobCommand, jobNamed, onJobs } from '../../jobs.ts';
import { table } from '../../table.ts';

interface HistoryOptions extends JobOptions {
  readonly last: string;
}

/** `poterne job history`: what ran, what did not, and what was told of it; also of jobs that are described no more. */
export function jobHistory(context: Context): Command {
  const { t } = context;
  return jobCommand(context, 'history', 'job.history.about', [
    'job history',
    'job history collecte-soc --last 50',
  ])
    .usage(t('job.usage.maybe'))
    .argument('[name]', t('job.name'))
    .option('--last <number>', t('job.history.last'), '20')
    .action(async (name: string | undefined, options: HistoryOptions) => {
      await onJobs(context, options, async ({ site, store }) => {
        const most = Number(options.last);
        if (!/^[1-9]\d{0,4}$/.test(options.last))
          throw new WrongRequest('job.option', { option: '--last', value: options.last });
        const past = await store.jobs.history(site.name, name, most);
        const alerts = await store.jobs.alerts(site.name, name, most);
        // A name that neither ran nor is described is a slip.
        if (name !== undefined && past.length + alerts.length === 0) jobNamed(site, name);
        if (options.json) {
          const told = alerts.map(({ due, at, ...rest }) => ({
            ...rest,
            due: isoText(due),
            at: isoText(at),
          }));
          context.out(JSON.stringify({ occurrences: past.map(occurrenceJson), alerts: told }));
          return;
        }
        if (past.length === 0) return context.out(t('job.history.none'));
        const zone = (job: string) => site.jobs.find((each) => each.name === job)?.timezone ?? site.timezone;
        const head = ['name', 'due', 'state', 'started', 'took', 'run', 'note'] as const;
        context.out(
          table(
            head.map((column) => t(`job.head.${column}`)),
            past.map((each) => [each.job, ...occurrenceCells(context, zone(each.job), each)]),
          ),
        );
        for (const { job, kind, at, due } of alerts)
          context.err(
            t('job.history.alert', {
              at: clockText(at, zone(job)),
              what: t(`job.subject.${kind}`, { site: site.name, job, due: clockText(due, zone(job)) }),
            }),
          );
      });
    });
}
