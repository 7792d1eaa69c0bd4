import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { type JobOptions, jobCommand, jobNamed, onJobs } from '../../jobs.ts';
import { localAccount } from '../../local-account.ts';

/** `poterne job pause`: it is due no more; what runs goes on. */
export function jobPause(context: Context): Command {
  return jobCommand(context, 'pause', 'job.pause.about', ['job pause collecte-soc'])
    .usage(context.t('job.usage.name'))
    .argument('<name>', context.t('job.name'))
    .action(async (name: string, options: JobOptions) => {
      await onJobs(context, options, async ({ site, store }) => {
        jobNamed(site, name);
        await store.jobs.pause(site.name, name, localAccount());
        if (options.json) context.out(JSON.stringify({ job: name, paused: true }));
        else context.out(context.t('job.pause.done', { job: name }));
      });
    });
}

/** `poterne job resume`: it is due again from now on. */
export function jobResume(context: Context): Command {
  return jobCommand(context, 'resume', 'job.resume.about', ['job resume collecte-soc'])
    .usage(context.t('job.usage.name'))
    .argument('<name>', context.t('job.name'))
    .action(async (name: string, options: JobOptions) => {
      await onJobs(context, options, async ({ site, store }) => {
        jobNamed(site, name);
        await store.jobs.resume(site.name, name);
        if (options.json) context.out(JSON.stringify({ job: name, paused: false }));
        else context.out(context.t('job.resume.done', { job: name }));
      });
    });
}
