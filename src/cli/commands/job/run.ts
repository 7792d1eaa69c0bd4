import type { Command } from 'commander';
import { mailResults } from '../../../daemon/jobs/alerts.ts';
import { keep } from '../../../daemon/jobs/hold.ts';
import { runOccurrence } from '../../../daemon/jobs/occurrence.ts';
import { leaseOf } from '../../../daemon/jobs/scheduler.ts';
import { detailLines } from '../../../daemon/jobs/words.ts';
import { Fault } from '../../../model/fault.ts';
import { message } from '../../../model/message.ts';
import { chosenHosts } from '../../chosen.ts';
import { hostsConfirmed } from '../../confirm-hosts.ts';
import type { Context } from '../../context.ts';
import { showFault } from '../../errors.ts';
import { exit } from '../../exit.ts';
import { interruption } from '../../interruption.ts';
import { stateText } from '../../job-words.ts';
import { holderOf, type JobOptions, jobCommand, jobNamed, onJobs } from '../../jobs.ts';
import { liveView, type Progress, progressLines } from '../../live.ts';
import { reaching, reachOf } from '../../reach.ts';
import { tellerOf } from '../../run-view.ts';

interface RunJobOptions extends JobOptions {
  readonly yes?: boolean;
  readonly quiet?: boolean;
}

/** `poterne job run`: a job now, whatever its schedule and those it comes after say. */
export function jobRun(context: Context): Command {
  const { t } = context;
  const made = jobCommand(context, 'run', 'job.run.about', [
    'job run collecte-soc',
    'job run collecte-soc --yes --json',
  ])
    .usage(t('job.usage.name'))
    .argument('<name>', t('job.name'))
    .option('--yes', t('run.yes'))
    .option('--quiet', t('run.quiet'));
  return reaching(made, context).action(async (name: string, options: RunJobOptions) => {
    await onJobs(context, options, async ({ site, store, state }) => {
      const job = jobNamed(site, name);
      const { hosts, unreached } = await chosenHosts(context, job.on, site, options);
      if (!options.json) context.err(t('run.selected', { count: hosts.length, hosts: hosts.join(', ') }));
      if (!options.json && unreached.length > 0)
        context.err(t('run.left-out', { hosts: unreached.join(', ') }));
      if (!(await hostsConfirmed(context, hosts, site, options))) {
        process.exitCode = exit.wrong;
        return;
      }
      const holder = holderOf(state, 'hand');
      const lease = leaseOf(site);
      const claim = await store.jobs.claimByHand(site.name, name, holder, lease);
      if (!claim) throw new Fault('job.running', { name }, { next: message('job.running.next') });
      const silent = options.json === true;
      const progress: Progress = {
        ...{ done: 0, failed: 0, running: new Map(), of: hosts.length, since: performance.now() },
      };
      const live = silent ? undefined : liveView(context, (size) => progressLines(context, progress, size));
      const show = live?.context ?? { ...context, out: () => {}, err: () => {} };
      const stopping = new AbortController();
      const interrupted = interruption(() => show.err(t('run.stopped.signal')));
      interrupted.signal.addEventListener('abort', () => stopping.abort('hand'));
      const hold = keep(claim, store, lease, () => {
        show.err(t('job.taken', { job: name }));
        stopping.abort('lease');
      });
      try {
        const done = await runOccurrence({
          ...{ site, job, claim, store, holder, state, reach: reachOf(site, options), may: true },
          tell: tellerOf(show, hosts, options.quiet === true || silent, progress),
          begun: (id) =>
            show.err(t('run.what', { script: job.name, account: job.as ?? t('run.account.login'), id })),
          signal: stopping.signal,
        });
        // Whoever stops what he started himself does not want it taken up by a scheduler.
        const ending =
          done.ending.state === 'interrupted' ? { ...done.ending, state: 'stopped' as const } : done.ending;
        await store.jobs.settle(site.name, claim, ending);
        live?.end();
        await mailResults(
          { holder, state, tell: { alert: () => {}, fault: (fault) => showFault(context, fault) } },
          site,
          job,
          ending,
        );
        if (silent) context.out(JSON.stringify({ job: name, run: done.run ?? null, ...ending }));
        else {
          context.out(t('job.run.result', { job: name, state: stateText(context, ending.state) }));
          for (const line of detailLines(context.language, ending.detail)) context.out(`  ${line}`);
          if (ending.state !== 'ok' && done.run)
            context.err(t('cli.next', { text: t('run.next.failed', { id: done.run }) }));
        }
        process.exitCode = ending.state === 'ok' ? exit.done : exit.failed;
      } finally {
        live?.end();
        hold.end();
        interrupted.end();
      }
    });
  });
}
