import { styleText } from 'node:util';
import { clockText, detailLines, holdText } from '../daemon/jobs/words.ts';
import { shortDuration } from '../lib/duration.ts';
import type { Job } from '../model/job.ts';
import type { Hold } from '../schedule/decide.ts';
import type { OccurrenceState } from '../schedule/memory.ts';
import type { PastOccurrence } from '../store/job-history.ts';
import type { Context } from './context.ts';

const colours: Readonly<Partial<Record<OccurrenceState, 'green' | 'yellow' | 'red'>>> = {
  ok: 'green',
  running: 'yellow',
  waiting: 'yellow',
  interrupted: 'yellow',
  failed: 'red',
  stopped: 'red',
  lost: 'red',
  'never-started': 'red',
  missed: 'red',
};

/** A state in a word or two. */
export function stateText({ t, colour }: Context, state: OccurrenceState): string {
  const text = t(`job.state.${state}`);
  const paint = colours[state];
  return colour && paint ? styleText(paint, text) : text;
}

/** When an occurrence was due, how it ended and what is known of it, in the cells of a table. */
export function occurrenceCells(context: Context, timezone: string, past: PastOccurrence): readonly string[] {
  const { due, state, started, ended, run, byHand, late, detail, attempts } = past;
  const took = started !== undefined && ended !== undefined ? shortDuration(ended - started) : '';
  const notes = [
    ...(byHand ? [context.t('job.by')] : []),
    ...(late ? [context.t('job.late')] : []),
    ...(attempts > 1 ? [context.t('job.attempts', { attempts })] : []),
    ...detailLines(context.language, detail),
  ];
  return [
    clockText(due, timezone),
    stateText(context, state),
    started === undefined ? '' : clockText(started, timezone),
    took,
    run ?? '',
    notes.join('; '),
  ];
}

/** Why an occurrence waits or will not start. */
export function whyText(
  { language, t }: Context,
  why: Hold | { readonly is: 'down' | 'skipped' } | undefined,
): string {
  if (why?.is === 'skipped') return t('job.why.overlap');
  return holdText(language, why as Hold | { readonly is: 'down' } | undefined);
}

/** When a job runs, in a line. */
export function scheduleText({ t }: Context, job: Job): string {
  const { written, timezone, calendar, outside, after } = job;
  const parts = [
    ...(written === '' ? [] : [`${written} (${timezone})`]),
    ...(calendar ? [t(`job.on.${outside}`, { calendar: calendar.name })] : []),
    ...(after.length > 0 ? [t('job.after', { jobs: after.join(', ') })] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : t('job.hand');
}

/** A moment for programs. */
export const isoText = (moment: number | undefined) =>
  moment === undefined ? null : new Date(moment).toISOString();

/** An occurrence for programs. */
export const occurrenceJson = ({ due, started, ended, ...rest }: PastOccurrence) => ({
  ...{ ...rest, due: isoText(due), started: isoText(started), ended: isoText(ended) },
});
