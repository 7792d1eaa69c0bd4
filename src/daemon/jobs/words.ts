import { hostname } from 'node:os';
import type { Code } from '../../i18n/en.ts';
import { say, translate } from '../../i18n/index.ts';
import type { Job } from '../../model/job.ts';
import type { Message } from '../../model/message.ts';
import type { Language, Site } from '../../model/site.ts';
import type { Hold } from '../../schedule/decide.ts';
import type { Alert } from '../../store/job-history.ts';

/** A moment by the wall clock of a time zone, to the minute. */
export function clockText(moment: number, timezone: string): string {
  return new Date(moment).toLocaleString('sv-SE', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'short',
  });
}

/** Why something waits, or did not start, in words. */
export function holdText(language: Language, hold: Hold | { readonly is: 'down' } | undefined): string {
  if (!hold) return '';
  if (hold.is === 'after') return translate(language, 'job.hold.after', { jobs: hold.jobs.join(', ') });
  return translate(language, `job.hold.${hold.is}`);
}

/** The letter of an alert: what, which, when, and what to do. */
export function alertText(
  site: Pick<Site, 'name' | 'language'>,
  job: Job,
  { kind, due, detail }: Alert,
): { readonly subject: string; readonly text: string } {
  const { language } = site;
  const t = (code: Code, params = {}) => translate(language, code, params);
  const params = { site: site.name, job: job.name, due: clockText(due, job.timezone) };
  const { run, gateway } = detail;
  const next =
    typeof run === 'string'
      ? t('job.letter.run', { run, gateway: typeof gateway === 'string' ? gateway : hostname() })
      : '';
  const lines = [
    t(`job.letter.${kind}`, { ...params, timezone: job.timezone }),
    ...detailLines(language, detail),
    '',
    ...(next && kind !== 'recovered' ? [next] : []),
    t('job.letter.history', { job: job.name }),
  ];
  return { subject: t(`job.subject.${kind}`, params), text: `${lines.join('\n')}\n` };
}

/** What an ending or an alert knows, a line each. */
export function detailLines(language: Language, detail: Alert['detail']): readonly string[] {
  const t = (code: Code, params = {}) => translate(language, code, params);
  const { hosts, ok, failed, unreached, fault, why, count, covers } = detail as {
    hosts?: number;
    ok?: number;
    failed?: readonly string[];
    unreached?: readonly string[];
    fault?: Message;
    why?: Hold | { readonly is: 'down' } | string;
    count?: number;
    covers?: number;
  };
  return [
    ...(hosts === undefined ? [] : [t('job.detail.hosts', { ok: ok ?? 0, hosts })]),
    ...(failed && failed.length > 0 ? [t('job.detail.failed', { hosts: failed.join(', ') })] : []),
    ...(unreached && unreached.length > 0
      ? [t('job.detail.unreached', { hosts: unreached.join(', ') })]
      : []),
    ...(fault ? [say(language, fault)] : []),
    ...(typeof why === 'object' ? [holdText(language, why)] : []),
    ...(why === 'overlap' || why === 'paused' || why === 'gone' ? [t(`job.why.${why}`)] : []),
    ...(count !== undefined && count > 1 ? [t('job.detail.count', { count })] : []),
    ...(covers !== undefined ? [t('job.detail.covers', { covers })] : []),
  ].filter((line) => line !== '');
}
