import type { Command } from 'commander';
import { clockText } from '../../../daemon/jobs/words.ts';
import { withSiteStore } from '../../../daemon/state-store.ts';
import { shortDuration } from '../../../lib/duration.ts';
import { Fault } from '../../../model/fault.ts';
import type { Site } from '../../../model/site.ts';
import { scheduled } from '../../../schedule/decide.ts';
import type { JobMemory, Memory } from '../../../schedule/memory.ts';
import { type Foreseen, simulate } from '../../../schedule/simulate.ts';
import { type Context, controllerFolder } from '../../context.ts';
import { requireSite } from '../../description.ts';
import { endWith, showFault } from '../../errors.ts';
import { WrongRequest } from '../../exit.ts';
import { whyText } from '../../job-words.ts';
import { type JobOptions, jobCommand, jobNamed } from '../../jobs.ts';
import { table } from '../../table.ts';

interface PlanOptions extends JobOptions {
  readonly days: string;
  readonly from?: string;
  readonly job?: string;
}

/** The longest simulation: a year and a day. */
const mostDays = 366;
/** What a job is expected to take that never ran. */
const unknownDuration = 10_000;

/** Lines that one may still read, and that are drawn in no time; `--json` has all. */
const mostRows = 1000;

/** `poterne job plan`: what will run when, by the same decisions as the scheduler's. */
export function jobPlan(context: Context): Command {
  const { t } = context;
  return jobCommand(context, 'plan', 'job.plan.about', [
    'job plan',
    'job plan --days 30 --job collecte-soc',
    'job plan --from 2026-12-20 --days 14 --json',
  ])
    .option('--days <number>', t('job.plan.days'), '7')
    .option('--from <moment>', t('job.plan.from'))
    .option('--job <name>', t('job.plan.job'))
    .action(async (options: PlanOptions) => {
      try {
        const { site } = await requireSite(context, options.site, options.json);
        const days = Number(options.days);
        if (!/^\d+$/.test(options.days) || days < 1 || days > mostDays)
          throw new WrongRequest('job.option', { option: '--days', value: options.days });
        const asked = options.from === undefined ? Date.now() : Date.parse(options.from);
        if (Number.isNaN(asked))
          throw new WrongRequest('job.option', { option: '--from', value: options.from ?? '' });
        if (options.job !== undefined) jobNamed(site, options.job);
        const known = await remembered(context, site, options, asked);
        const until = asked + days * 86_400_000;
        const found = simulate(scheduled(site.jobs), known.memory, {
          from: asked,
          until,
          duration: known.duration,
        });
        show(
          context,
          site,
          found.filter(({ job, start, due }) => (options.job ?? job) === job && (start ?? due) <= until),
          options.json === true,
        );
      } catch (error) {
        process.exitCode = endWith(context, error, options.json === true);
      }
    });
}

interface Known {
  readonly memory: Memory;
  duration(job: string): number;
}

/** What is remembered, and how long jobs took; without the store, as if nobody had run anything. */
async function remembered(context: Context, site: Site, options: PlanOptions, from: number): Promise<Known> {
  const fresh = (): JobMemory => ({ looked: from, paused: false, unsettled: [] });
  const nothing = new Map(site.jobs.map(({ name }) => [name, fresh()]));
  try {
    return await withSiteStore(controllerFolder(options.state, process.env), site, async (store) => {
      const known = await store.jobs.memory(site.name);
      const took = new Map<string, number>();
      for (const { name } of site.jobs) {
        const past = await store.jobs.history(site.name, name, 9);
        const spans = past
          .flatMap(({ started, ended, state }) =>
            state === 'ok' && started !== undefined && ended !== undefined ? [ended - started] : [],
          )
          .sort((a, b) => a - b);
        const median = spans[Math.floor(spans.length / 2)];
        if (median !== undefined) took.set(name, median);
      }
      const isNow = options.from === undefined;
      const memory = new Map(
        site.jobs.map(({ name }): [string, JobMemory] => {
          const job = known.get(name);
          if (!job) return [name, fresh()];
          // From another moment on, what goes on now says nothing.
          return [name, isNow ? job : { ...job, looked: Math.max(job.looked, from), unsettled: [] }];
        }),
      );
      return { memory, duration: (job) => took.get(job) ?? unknownDuration };
    });
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    showFault(context, error);
    context.err(context.t('job.plan.alone'));
    return { memory: nothing, duration: () => unknownDuration };
  }
}

function show(context: Context, site: Site, found: readonly Foreseen[], json: boolean): void {
  const { t } = context;
  if (json) {
    const iso = (moment: number | undefined) =>
      moment === undefined ? null : new Date(moment).toISOString();
    const rows = found.map(({ job, due, start, end, why, late }) => ({
      ...{ job, due: iso(due), start: iso(start), end: iso(end), why: why ?? null, late: late === true },
    }));
    context.out(JSON.stringify(rows));
    return;
  }
  if (found.length === 0) {
    context.out(t('job.plan.none'));
    return;
  }
  const rows = found.slice(0, mostRows).map(({ job, due, start, end, why, late }) => {
    const timezone = site.jobs.find(({ name }) => name === job)?.timezone ?? site.timezone;
    const [day = '', time = ''] = clockText(start ?? due, timezone).split(' ');
    const weekday = new Date(start ?? due).toLocaleDateString(context.language, {
      weekday: 'short',
      timeZone: timezone,
    });
    const notes = [
      start === undefined
        ? t('job.plan.never')
        : start - due >= 60_000
          ? t('job.plan.waited', { due: clockText(due, timezone) })
          : '',
      whyText(context, why),
      late ? t('job.late') : '',
    ];
    return [
      `${day} ${weekday}`,
      time,
      job,
      start === undefined || end === undefined ? '' : shortDuration(end - start),
      notes.filter(Boolean).join(': '),
    ];
  });
  const head = ['day', 'time', 'name', 'takes', 'note'] as const;
  context.out(
    table(
      head.map((column) => t(`job.head.${column}`)),
      rows,
    ),
  );
  if (found.length > mostRows) context.err(t('job.plan.more', { count: found.length - mostRows }));
}
