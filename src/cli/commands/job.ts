import type { Command } from 'commander';
import { command } from '../command.ts';
import type { Context } from '../context.ts';
import { jobCheck } from './job/check.ts';
import { jobHistory } from './job/history.ts';
import { jobList } from './job/list.ts';
import { jobPause, jobResume } from './job/pause.ts';
import { jobPlan } from './job/plan.ts';
import { jobRun } from './job/run.ts';
import { jobShow } from './job/show.ts';
import { jobUp } from './job/up.ts';

/** `poterne job`: scripts that run by themselves. */
export function job(context: Context): Command {
  const made = command(context, 'job', 'job.about', [
    'job list',
    'job plan --days 30',
    'job run collecte-soc',
    'job history collecte-soc',
    'job up',
  ])
    .usage(context.t('cli.usage.commands'))
    .helpCommand(false)
    .enablePositionalOptions();
  const parts = [jobList, jobPlan, jobRun, jobHistory, jobShow, jobPause, jobResume, jobCheck, jobUp];
  for (const make of parts) made.addCommand(make(context));
  return made;
}
