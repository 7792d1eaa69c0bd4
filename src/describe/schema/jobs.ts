import { z } from 'zod';
import { isBatch, shareOf } from '../../lib/batches.ts';
import { parseDays } from '../../lib/hours.ts';
import { duration, hours, size, word } from '../../lib/words.ts';
import { outsides } from '../../model/job.ts';
import { parseDaysWord } from '../../schedule/days.ts';
import { parseSchedule } from '../../schedule/written.ts';
import { secret } from './mail.ts';
import { timezone } from './timezone.ts';
import { filename, mailAddress, text } from './words.ts';

const schedule = () =>
  z.string().transform((written, context) => {
    const read = parseSchedule(written);
    if (!('hint' in read)) return read;
    const { code: hint, params } = read.hint;
    context.addIssue({
      code: 'custom',
      params: { code: 'value.schedule', hint, ...params },
      input: written,
    });
    return z.NEVER;
  });

/** One or several of a kind. */
const some = <T extends z.ZodType>(one: () => T) => z.union([one(), z.array(one()).min(1)]);

/** The days on which one works. */
export const calendar = {
  days: word('value.days', parseDays)
    .prefault('Mon-Fri')
    .describe('Days of the week on which one works; Mon-Fri, left out.'),
  except: z
    .array(text())
    .default([])
    .describe(
      'Closed all the same: fr-holidays, fr-alsace-moselle-holidays, days (2026-12-24, 2026-08-03..2026-08-14, 12-24 each year), and files of days (.ics, or one in a line).',
    ),
  also: z
    .array(word('value.day', (t) => ((parseDaysWord(t)?.days.length ?? 0) > 0 ? t : undefined)))
    .default([])
    .describe('Open all the same: days, such as 2026-12-26.'),
};

/** An operator's script that is run at its times. */
export const job = {
  run: filename().describe('The script, a file of this machine.'),
  on: text().describe('On which machines: a selector, as with poterne run --on.'),
  as: z
    .string()
    .refine((t) => /^[\w.@\\$-]+$/.test(t), { params: { code: 'value.account' } })
    .optional()
    .describe('The account that runs it there; left out, the one that logs in.'),
  login: z.boolean().default(false).describe('Through that account’s login shell, which reads its profile.'),
  args: z.array(text()).default([]).describe('Arguments of the script.'),
  stdin: filename().optional().describe('A file that it reads; left out, nothing.'),
  collect: z.array(text()).default([]).describe('Files to bring back, as a POSIX shell expands them.'),
  'collect-most': size().prefault('1GB').describe('The most to bring back from a machine; 1GB, left out.'),
  limit: duration().prefault('1h').describe('How long it may take on a machine; 1h, left out.'),
  retries: z.number().int().min(0).max(10).default(2).describe('Further attempts to connect; 2, left out.'),
  batches: z
    .array(word('value.batch', (t) => (isBatch(t) ? t : undefined)))
    .default([])
    .describe('Sizes of batches of machines, such as "1", "10%"; the rest is the last one.'),
  'stop-at': word('value.share', shareOf)
    .optional()
    .describe('No further machine once more than this share of a batch has failed, such as 20%.'),
  parallel: z.number().int().min(1).max(1000).optional().describe('How many machines at once.'),
  at: some(schedule)
    .optional()
    .describe(
      'When: "every day at 02:30", "weekdays at 7:30", "every 15 minutes", "first monday of the month at 06:00", or cron; in French too.',
    ),
  cron: some(schedule).optional().describe('When, as cron: "30 2 * * 1-5". The same as at.'),
  timezone: timezone().optional().describe('Whose clock; left out, that of the site.'),
  calendar: text()
    .optional()
    .describe('The calendar of the days on which it runs, by name; left out, every day.'),
  'closed-days': z
    .enum(outsides)
    .default('skip')
    .describe('What falls on a closed day: skip (left out), or it moves to the open day before or after.'),
  after: z.array(text()).default([]).describe('Jobs that must have succeeded before, by name.'),
  window: z
    .union([
      hours(),
      z.strictObject({
        hours: hours().describe('The hours of the week in which it may start.'),
        end: z
          .enum(['finish', 'stop'])
          .default('finish')
          .describe('What still runs at the end may finish (left out), or is stopped.'),
      }),
    ])
    .optional()
    .describe('It never starts outside these hours, such as 02:00-05:00.'),
  missed: z
    .enum(['run-once', 'skip'])
    .default('run-once')
    .describe('When its time came while no scheduler ran: run-once, late (left out), or skip.'),
  overlap: z
    .enum(['never', 'wait'])
    .default('never')
    .describe(
      'When its time comes while it runs: dropped (never, left out), or it waits. Never twice at once.',
    ),
  'late-after': duration().optional().describe('Tells when it has not ended so long after its time.'),
  lost: z
    .enum(['alert', 'run-again'])
    .default('alert')
    .describe(
      'When the gateway that ran it died with its journal: alert (left out), or run it again from the beginning.',
    ),
  mail: z.array(mailAddress()).default([]).describe('Who gets its results as an archive.'),
  alert: z
    .array(mailAddress())
    .default([])
    .describe('Who is told when it fails, is late or never started, and when all is well again.'),
  confirm: z
    .union([z.literal('yes'), z.literal('no'), z.boolean()])
    .default('no')
    .describe('yes: the description itself confirms that it runs on groups that ask before.'),
};

/** Where what several gateways share is kept. */
export const store = z.strictObject({
  postgres: z
    .strictObject({
      host: text().describe('Name or address of the server, or the folder of its unix socket.'),
      port: z.number().int().min(1).max(65_535).default(5432).describe('Its port; 5432, left out.'),
      database: text().describe('The database.'),
      user: text().describe('The role that logs in.'),
      password: secret()
        .optional()
        .describe('Its password; left out, none: a unix socket, peer authentication.'),
      ca: filename()
        .optional()
        .describe('PEM file of the CA of its certificate; left out, those that the system trusts.'),
    })
    .describe('A PostgreSQL server that every gateway reaches; over TLS, unless by a unix socket.'),
  lease: duration()
    .prefault('2m')
    .describe('How long a job stays with a gateway that tells nothing of itself; 2m, left out.'),
});
