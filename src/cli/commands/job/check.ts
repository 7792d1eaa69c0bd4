import type { Command } from 'commander';
import { clockText, detailLines, holdText } from '../../../daemon/jobs/words.ts';
import { decide, grace, scheduled } from '../../../schedule/decide.ts';
import type { Context } from '../../context.ts';
import { exit } from '../../exit.ts';
import { type JobOptions, jobCommand, onJobs } from '../../jobs.ts';

/** `poterne job check`: for a monitor outside: exit 1 when something failed, is late or did not start, or nobody would start it. */
export function jobCheck(context: Context): Command {
  const { t } = context;
  return jobCommand(context, 'check', 'job.check.about', ['job check', 'job check --json']).action(
    async (options: JobOptions) => {
      await onJobs(context, options, async ({ site, store }) => {
        const now = await store.jobs.now();
        const troubles = (await store.jobs.troubles(site.name)).filter(({ job }) =>
          site.jobs.some(({ name }) => name === job),
        );
        const found = troubles.map(({ job, due, kind, detail }) => ({
          ...{ job, due: new Date(due).toISOString(), what: kind as string },
          text: [
            t(`job.subject.${kind}`, { site: site.name, job, due: clockText(due, site.timezone) }),
            ...detailLines(context.language, detail),
          ].join('; '),
        }));
        // What a scheduler would have done by now, had one run.
        const { steps } = decide(scheduled(site.jobs), await store.jobs.memory(site.name), now);
        for (const step of steps) {
          if (step.do !== 'miss' && step.do !== 'give-up' && step.do !== 'late' && step.do !== 'await')
            continue;
          if (step.do === 'await' && now - step.due <= grace) continue;
          const params = { site: site.name, job: step.job, due: clockText(step.due, site.timezone) };
          const why = step.do === 'give-up' ? holdText(context.language, step.why) : '';
          found.push({
            ...{
              job: step.job,
              due: new Date(step.due).toISOString(),
              what: step.do === 'late' ? 'late' : 'never-started',
            },
            text: [t(`job.subject.${step.do === 'late' ? 'late' : 'never-started'}`, params), why]
              .filter(Boolean)
              .join('; '),
          });
        }
        const alive = (await store.jobs.schedulers(site.name)).filter(({ until }) => until > now);
        const isUnwatched = alive.length === 0 && site.jobs.some(({ patterns }) => patterns.length > 0);
        if (options.json) context.out(JSON.stringify({ schedulers: alive.length, troubles: found }));
        else {
          for (const { text } of found) context.out(text);
          if (isUnwatched) context.out(t('job.scheduler.none'));
          if (found.length === 0 && !isUnwatched)
            context.out(t('job.check.well', { count: site.jobs.length }));
        }
        if (found.length > 0 || isUnwatched) process.exitCode = exit.failed;
      });
    },
  );
}
