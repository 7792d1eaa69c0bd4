import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describe } from '../../describe/index.ts';
import { readQueue } from '../../mail/queue.ts';
import type { Job } from '../../model/job.ts';
import { openStore } from '../../store/store.ts';
import { shapeOf } from './shape.ts';
import { listening, poterneJob, type Scheduler, startScheduler, until } from './testing.ts';

/** `poterne job up` as a person runs it, with a store of its own; jobs run on this machine. */

let folder: string;
let state: string;
let schedulers: Scheduler[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-scheduler-'));
  state = join(folder, 'state');
  schedulers = [];
});
afterEach(async () => {
  for (const each of schedulers) await each.end('SIGTERM');
  await rm(folder, { recursive: true, force: true });
});

const site = (jobs: string) => `site: centre
timezone: Europe/Paris
admin: { from: [127.0.0.0/8] }
hosts: { me: { address: 127.0.0.1, ssh: {} } }
# Nobody listens there: letters are kept.
mail: { smtp: { host: 127.0.0.1, port: 1 }, from: poterne@example.fr }
jobs:
${jobs}`;
const write = (name: string, text: string) => writeFile(join(folder, name), text);
const up = async () => {
  const started = await startScheduler(folder, state);
  schedulers.push(started);
  return started;
};
const log = () => readFile(join(folder, 'log'), 'utf8').catch(() => '');

/** Works with the store, while no test holds it for long. */
async function history(job: string) {
  const store = await openStore(state);
  try {
    return await store.jobs.history('centre', job, 9);
  } finally {
    await store.close();
  }
}
const stateOf = async (job: string) => (await history(job))[0]?.state;

/** Has a job's time have come, a while ago, when nobody looked. */
async function came(job: string, hoursAgo = 24): Promise<void> {
  const { site: described } = await describe(join(folder, 'site.yaml'));
  const found = described?.jobs.find(({ name }) => name === job) as Job;
  await (await openStore(state)).close();
  const database = new Database(join(state, 'poterne.db'), { timeout: 10_000 });
  const looked = new Date(Date.now() - hoursAgo * 3_600_000).toISOString();
  database
    .prepare('insert or replace into job_state (site, job, looked, shape) values (?, ?, ?, ?)')
    .run('centre', job, looked, shapeOf(found));
  database.close();
}

async function command(...argv: readonly string[]) {
  const child = poterneJob(folder, state, ...argv);
  const said = listening(child);
  const [status] = await once(child, 'close');
  return { status, said: said() };
}

const slow = '  slow: { run: slow.sh, on: me, at: every day at 00:00 }\n';
const slowScript = (folder: string) =>
  `#!/bin/sh\necho start >>${folder}/log\nsleep "$(cat ${folder}/seconds)"\necho end >>${folder}/log\n`;

async function slowRuns(): Promise<void> {
  await mkdir(state);
  await write('site.yaml', site(slow));
  await write('slow.sh', slowScript(folder));
  await write('seconds', '300');
  await came('slow');
  const first = await up();
  await until(async () => (await log()).includes('start'), first.said);
}

test('a scheduler that is killed takes up what it ran as soon as it is back', async () => {
  await slowRuns();
  await schedulers[0]?.end('SIGKILL');
  await write('seconds', '0');
  const again = await up();
  const at = performance.now();
  await until(async () => (await stateOf('slow')) === 'ok', again.said);
  // Its own lease of a minute is not waited for.
  expect(performance.now() - at).toBeLessThan(30_000);
  expect(again.said()).toContain('is taken up again');
  expect(await log()).toBe('start\nstart\nend\n');
});

test('one that is told to stop ends what runs, and goes on with it later; a second one beside it is refused', async () => {
  await slowRuns();
  const second = await command('up', '--here', 'me');
  expect(second).toMatchObject({ status: 1, said: expect.stringMatching(/another Poterne is working/) });
  const running = await command('run', 'slow', '--yes', '--here', 'me');
  expect(running).toMatchObject({ status: 1, said: expect.stringContaining('runs already') });
  await schedulers[0]?.end('SIGTERM');
  expect(schedulers[0]?.child.exitCode).toBe(0);
  expect(await stateOf('slow')).toBe('interrupted');
  expect(await command('check')).toMatchObject({
    status: 1,
    said: expect.stringContaining('no scheduler runs'),
  });
  await write('seconds', '0');
  const again = await up();
  await until(async () => (await stateOf('slow')) === 'ok', again.said);
  expect(await history('slow')).toMatchObject([{ attempts: 2, detail: { ok: 1, hosts: 1 } }]);
  expect(await command('check')).toMatchObject({ status: 0 });
});

test('what failed, was late or never started is told once by letter, and so is that all is well; a description with errors changes nothing', async () => {
  await mkdir(state);
  const alert = 'alert: [astreinte@example.fr]';
  const jobs = [
    `  bad: { run: bad.sh, on: me, at: every day at 00:00, ${alert} }`,
    `  missed: { run: bad.sh, on: me, at: every day at 00:00, missed: skip, ${alert} }`,
    `  waits: { run: bad.sh, on: me, at: every day at 00:00, after: [bad], late-after: 1s, ${alert} }`,
  ];
  await write('site.yaml', site(`${jobs.join('\n')}\n`));
  await write('bad.sh', '#!/bin/sh\nexit 4\n');
  for (const job of ['bad', 'missed', 'waits']) await came(job);
  const scheduler = await up();
  const subjects = async () =>
    (await readQueue(state)).map(({ subject }) => subject.replace(/, due.*/, '')).sort();
  const told = ['[centre] bad failed', '[centre] missed never started', '[centre] waits is late'];
  await until(async () => (await subjects()).length >= told.length, scheduler.said);
  expect(await subjects()).toEqual(told);
  const checked = await command('check');
  expect([checked.status, checked.said]).toEqual([1, expect.stringMatching(/bad failed.*0 of 1 ok/)]);

  await write('site.yaml', site('  bad: { run: bad.sh, on: me, at: sometimes }\n'));
  await until(() => scheduler.said().includes('the jobs stay as they were'), scheduler.said);
  expect(scheduler.said()).toContain('"sometimes" is not a schedule');
  await write('bad.sh', '#!/bin/sh\nexit 0\n');
  await write('site.yaml', site(`${jobs.join('\n')}\n`));
  // By hand: it succeeds, and what waited for it starts.
  expect(await command('run', 'bad', '--yes', '--here', 'me')).toMatchObject({ status: 0 });
  const well = [...told, '[centre] bad is well again', '[centre] waits is well again'].sort();
  await until(async () => (await subjects()).length >= well.length, scheduler.said);
  expect(await subjects()).toEqual(well);
  expect(await stateOf('waits')).toBe('ok');
  const [first] = await readQueue(state);
  expect(first?.to).toEqual(['astreinte@example.fr']);

  await command('pause', 'bad');
  const [list, show, past] = await Promise.all([
    command('list', '--json'),
    command('show', 'missed'),
    command('history', 'missed'),
  ]);
  expect(JSON.parse(list.said)[0]).toMatchObject({ job: 'bad', state: 'ok', next: null });
  expect(show.said).toContain('missed: skip');
  expect(past.said).toContain('no scheduler ran');
});
