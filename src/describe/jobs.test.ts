import { expect, test } from 'vitest';
import { describe } from './index.ts';
import { memory } from './testing.ts';

const ground = `site: centre
timezone: Europe/Paris
admin: { from: [198.18.0.0/16] }
confirm: [production]
hosts:
  prod1: { address: 10.0.0.1, groups: [production, A], ssh: {} }
  test1: { address: 10.0.0.2, groups: [A], ssh: {} }
`;
const files = {
  '/run.sh': '#!/bin/sh\n',
  '/closed.txt': '2026-08-03..2026-08-05\n',
  '/bad.ics': 'BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VEVENT\n',
};
const read = (more: string) =>
  describe('/site.yaml', { files: memory({ '/site.yaml': ground + more, ...files }) });
/** Codes of what is wrong, each with the words that it points at. */
async function findings(more: string): Promise<readonly string[]> {
  const { findings } = await read(more);
  const lines = (ground + more).split('\n');
  return findings
    .filter(({ severity, code }) => severity === 'error' || code.startsWith('job.'))
    .map(({ code, at }) => {
      const from = (at?.column ?? 0) - 1;
      return `${code}: ${lines[(at?.line ?? 0) - 1]?.slice(from, from + (at?.length ?? 0))}`;
    });
}

test('a job with every word means what it says', async () => {
  const { site, findings } = await read(`calendars:
  ouvres: { days: Mon-Fri, except: [fr-holidays, 12-24, closed.txt], also: [2026-12-26] }
jobs:
  export: { run: run.sh, on: test1, at: every day at 01:00 }
  collecte-soc:
    run: run.sh
    on: group:A and has:scheduler
    as: User_DollarU
    args: [SOC_PRODUCTION]
    collect: ['/tmp/fichier_*log.txt']
    at: [tous les jours à 2h30, '0 4 * * *']
    calendar: ouvres
    closed-days: after
    after: [export]
    window: { hours: 02:00-05:00, end: stop }
    overlap: wait
    missed: skip
    late-after: 30m
    limit: 10m
    batches: ["1", 10%]
    stop-at: 20%
    confirm: yes
store:
  postgres: { host: db.example.fr, database: poterne, user: poterne, password: { file: /etc/poterne/db }, ca: ca.pem }
  lease: 30s
`);
  expect(findings).toEqual([]);
  expect(site?.jobs[1]).toMatchObject({
    ...{ name: 'collecte-soc', script: '/run.sh', as: 'User_DollarU', args: ['SOC_PRODUCTION'], limit: 600 },
    ...{
      patterns: ['30 2 * * *', '0 4 * * *'],
      timezone: 'Europe/Paris',
      outside: 'after',
      after: ['export'],
    },
    ...{
      stopsAtEnd: true,
      overlap: 'wait',
      missed: 'skip',
      lateAfter: 1_800_000,
      stopAt: 0.2,
      confirmed: true,
    },
    window: [{ from: 120, to: 300 }],
    calendar: {
      ...{ days: [1, 2, 3, 4, 5], holidays: ['fr-holidays'], closedYearly: ['12-24'], open: ['2026-12-26'] },
      closed: ['2026-08-03', '2026-08-04', '2026-08-05'],
    },
  });
  expect(site?.store).toEqual({
    lease: 30_000,
    postgres: {
      ...{ host: 'db.example.fr', port: 5432, database: 'poterne', user: 'poterne', ca: '/ca.pem' },
      password: { file: '/etc/poterne/db', pointer: '/store/postgres/password/file' },
      pointer: '/store/postgres',
    },
  });
});

const job = (more: string) => `jobs:\n  a: { run: run.sh, on: test1, ${more} }\n`;

test.each([
  ['an unknown calendar', job('at: every day at 1:00, calendar: ouvre'), ['calendar.unknown: ouvre']],
  ['an unknown word of a schedule', job('at: sometimes'), ['value.schedule: sometimes']],
  ['cron that does not hold', job("cron: '61 2 * * *'"), ["value.schedule: '61 2 * * *'"]],
  ['both', job("at: every day at 1:00, cron: '1 2 * * *'"), ['job.schedule.both: cron']],
  ['a day that no month has', job("at: '0 1 30 2 *'"), ["job.never: '0 1 30 2 *'"]],
  [
    'a window that is never met',
    job('at: every day at 1:00, window: 02:00-05:00'),
    ['job.window.never: 02:00-05:00'],
  ],
  [
    'a selector that selects nothing',
    'jobs:\n  a: { run: run.sh, on: group:B, at: every day at 1:00 }\n',
    ['selector.group.unknown: group:B'],
  ],
  [
    'a group that asks before',
    'jobs:\n  a: { run: run.sh, on: has:oracle, at: every day at 1:00 }\n',
    ['job.guarded: has:oracle'],
  ],
  [
    'a script that is not there',
    'jobs:\n  a: { run: no.sh, on: test1, at: every day at 1:00 }\n',
    ['job.file: no.sh'],
  ],
  ['an unknown job', job('at: every day at 1:00, after: [b]'), ['job.unknown: b']],
  [
    'a circle',
    'jobs:\n  a: { run: run.sh, on: test1, after: [b] }\n  b: { run: run.sh, on: test1, after: [c] }\n  c: { run: run.sh, on: test1, after: [b] }\n',
    ['job.circle: [c]'],
  ],
  ['no schedule at all', job('args: [x]'), ['job.by-hand: a']],
  ['an unknown key', job('at: every day at 1:00, afer: [b]'), ['job.key.unknown: afer']],
  [
    'a word that is no exception',
    'calendars:\n  c: { except: [fr-holiday] }\n',
    ['calendar.except: fr-holiday'],
  ],
  ['a file of days that is not there', 'calendars:\n  c: { except: [no.txt] }\n', ['job.file: no.txt']],
  [
    'a file of days with a line that is none',
    'calendars:\n  c: { except: [bad.ics] }\n',
    ['calendar.line: bad.ics'],
  ],
  [
    'a calendar on which it is never due',
    `calendars:\n  c: { days: Sat }\n${job("cron: '0 1 * * 1', calendar: c")}`,
    ['job.calendar.never: c'],
  ],
])('%s', async (_, more, wanted) => {
  expect(await findings(more)).toEqual(wanted);
});
