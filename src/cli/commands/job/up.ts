import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type JobTeller, runJobs } from '../../../daemon/jobs/scheduler.ts';
import { clockText, detailLines, holdText } from '../../../daemon/jobs/words.ts';
import { openSiteStore } from '../../../daemon/state-store.ts';
import type { RunTeller } from '../../../fleet/runner.ts';
import type { Site } from '../../../model/site.ts';
import { withLock } from '../../../store/lock.ts';
import { type Context, controllerFolder } from '../../context.ts';
import { type DescribedSite, readDescription, requireSite } from '../../description.ts';
import { endWith, showFault } from '../../errors.ts';
import { stateText } from '../../job-words.ts';
import { holderOf, type JobOptions, jobCommand } from '../../jobs.ts';
import { notify } from '../../notify.ts';
import { reaching, reachOf } from '../../reach.ts';

/** `poterne job up`: the scheduler of this machine, in the foreground. */
export function jobUp(context: Context): Command {
  const { t } = context;
  const made = jobCommand(context, 'up', 'job.up.about', ['job up', 'job up --site /etc/poterne/site.yaml']);
  return reaching(made, context).action(async (options: JobOptions) => {
    const ending = new AbortController();
    const wakes = new Set<() => void>();
    const wake = () => {
      for (const each of wakes) each();
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        context.err(t('job.up.ending'));
        ending.abort();
        wake();
      });
    let isAsked = false;
    process.on('SIGHUP', () => {
      isAsked = true;
      wake();
    });
    try {
      let read: DescribedSite = await requireSite(context, options.site, options.json);
      read.show(read.findings);
      let marks = await marksOf(read);
      const state = controllerFolder(options.state, process.env);
      // One scheduler for a state folder: what an earlier one held is then known to be free.
      const room = join(state, 'jobs');
      await mkdir(room, { recursive: true, mode: 0o700 });
      const reread = async () => {
        const now = await marksOf(read);
        if (!isAsked && now === marks) return;
        isAsked = false;
        marks = now;
        const next = await readDescription(context, options.site);
        next.show(next.findings);
        if (!next.site) context.err(t('job.up.kept'));
        else if (JSON.stringify(next.site) !== JSON.stringify(read.site)) {
          read = { ...next, site: next.site };
          marks = await marksOf(read);
          context.err(t('job.up.read', { count: next.site.jobs.length }));
        }
      };
      await withLock(room, 0, async () => {
        context.err(t('job.up.ready', { count: read.site.jobs.length }));
        await notify(t('job.up.ready', { count: read.site.jobs.length }));
        await runJobs({
          holder: holderOf(state, 'up'),
          state,
          site: () => read.site,
          reach: () => reachOf(read.site, options),
          open: (site) => openSiteStore(state, site),
          tell: tellerOf(context, () => read.site),
          signal: ending.signal,
          wait: async (milliseconds) => {
            await sleep(milliseconds, wakes, ending.signal);
            if (!ending.signal.aborted) await reread();
          },
        });
      });
      context.err(t('job.up.ended'));
    } catch (error) {
      process.exitCode = endWith(context, error, options.json === true);
    }
  });
}

/** What tells that a description's files were changed. */
async function marksOf({ sources }: DescribedSite): Promise<string> {
  const marks = sources.files.map(async ({ path }) => {
    const found = await stat(path).catch(() => undefined);
    return `${path} ${found?.mtimeMs} ${found?.size} ${found?.ino}`;
  });
  return (await Promise.all(marks)).join('\n');
}

async function sleep(milliseconds: number, wakes: Set<() => void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      wakes.delete(done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    wakes.add(done);
  });
}

/** Says what a scheduler does, a line each, with the time: the journal's, or a person's. */
function tellerOf(context: Context, site: () => Site): JobTeller {
  const { t, err, language } = context;
  const zone = (job?: string) => site().jobs.find(({ name }) => name === job)?.timezone ?? site().timezone;
  const say = (text: string) => err(`${clockText(Date.now(), site().timezone)} ${text}`);
  const clock = (job: string, due: number) => clockText(due, zone(job));
  return {
    gap: (since) => say(t('job.tell.gap', { since: clockText(since, site().timezone) })),
    step: (step) => {
      const { job } = step;
      if (step.do === 'meet' || step.do === 'stop' || step.do === 'take-up' || step.do === 'start') return;
      const params = { job, due: clock(job, step.due) };
      const why =
        step.do === 'give-up'
          ? holdText(language, step.why)
          : step.do === 'skip'
            ? t(`job.why.${step.why}`)
            : '';
      const count = step.do === 'miss' ? step.count : step.do === 'await' ? step.covers : 1;
      say(t(`job.tell.${step.do}`, { ...params, why, count }));
    },
    begun: (job, due, run, isTakenUp) =>
      say(t(isTakenUp ? 'job.tell.taken-up' : 'job.tell.begun', { job, due: clock(job, due), run })),
    ended: (job, due, { state, detail }) =>
      say(
        [
          t('job.tell.ended', { job, due: clock(job, due), state: stateText(context, state) }),
          ...detailLines(language, detail),
        ].join('; '),
      ),
    taken: (job, due) => say(t('job.tell.taken', { job, due: clock(job, due) })),
    fault: (fault) => showFault(context, fault),
    back: () => say(t('job.tell.back')),
    alert: ({ job, due, kind }) =>
      say(
        t('job.tell.alert', {
          what: t(`job.subject.${kind}`, { site: site().name, job, due: clock(job, due) }),
        }),
      ),
    run: () => quiet,
  };
}

/** What hosts say is in the run's folder. */
const quiet: RunTeller = {
  batch: () => {},
  begun: () => {},
  line: () => {},
  done: () => {},
  stopped: () => {},
};
