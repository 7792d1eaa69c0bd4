import type { Keeping, Mail } from '../model/mail.ts';
import type { Pointer } from '../model/pointer.ts';
import type { SiteEntry } from './schema.ts';

/** How letters leave. `file` makes the path of a file absolute. */
export function resolveMail(
  { smtp, from, limit, alert }: NonNullable<SiteEntry['mail']>,
  file: (name: string, at: Pointer) => string,
): Mail {
  const { host, port, tls, user, password, ca } = smtp;
  const pointer = '/mail/smtp';
  return {
    smtp: {
      host,
      port: port ?? (tls === 'implicit' ? 465 : 587),
      tls,
      ...(user === undefined || password === undefined
        ? {}
        : { login: { user, password: { file: password.file, pointer: `${pointer}/password` } } }),
      ...(ca === undefined ? {} : { ca: file(ca, '/mail') }),
      pointer,
    },
    from,
    limit,
    ...(alert.length === 0 ? {} : { alert: [...new Set(alert)] }),
    pointer: '/mail',
  };
}

/** What is kept of runs, and where archives are put. */
export function resolveKeeping({ runs, archives }: Pick<SiteEntry, 'runs' | 'archives'>): Keeping {
  return {
    ...(runs?.keep === undefined ? {} : { runs: runs.keep }),
    lastRuns: runs?.last ?? 10,
    ...(archives === undefined ? {} : { archives: { ...archives, pointer: '/archives' } }),
  };
}
