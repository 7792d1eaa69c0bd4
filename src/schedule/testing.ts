import type { JobRules } from '../model/job.ts';

/** A job's rules, in Paris unless otherwise given; `at` is its cron expression. */
export function rules(name: string, at: string, more: Partial<JobRules> = {}): JobRules {
  return {
    name,
    patterns: at === '' ? [] : [at],
    timezone: 'Europe/Paris',
    outside: 'skip',
    after: [],
    stopsAtEnd: false,
    missed: 'run-once',
    overlap: 'skip',
    lost: 'alert',
    ...more,
  };
}

/** Milliseconds of a moment in UTC, as `2026-11-25 12:00`. */
export function utc(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}Z`);
}

/** The same the other way round. */
export function written(moment: number | undefined): string | undefined {
  return moment === undefined ? undefined : new Date(moment).toISOString().slice(0, 16).replace('T', ' ');
}
