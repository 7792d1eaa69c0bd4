import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describe } from '../../describe/index.ts';
import type { Job } from '../../model/job.ts';
import type { PastOccurrence } from '../../store/job-history.ts';
import { openSharedStore, type Store } from '../../store/store.ts';
import { type Postgres, startPostgres } from '../../store/testing/postgres.ts';
import { shapeOf } from './shape.ts';
import { type Scheduler, startScheduler, until } from './testing.ts';

/** Two gateways with one PostgreSQL: real schedulers, each a process with a state folder of its own, on this machine. */

let postgres: Postgres;
let folder: string;
let store: Store;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-gateways-'));
  postgres = await startPostgres();
  store = await openSharedStore(postgres.place, undefined);
  const script = [
    '#!/bin/sh',
    // Two of them at once would see each other.
    `mkdir ${folder}/alone || echo twice >>${folder}/log`,
    `trap 'rmdir ${folder}/alone; exit 3' TERM INT`,
    `echo start >>${folder}/log`,
    `sleep "$(cat ${folder}/seconds)"`,
    `rmdir ${folder}/alone`,
    `echo end >>${folder}/log`,
  ];
  await writeFile(join(folder, 'job.sh'), `${script.join('\n')}\n`);
  const site = [
    ...['site: centre', 'timezone: Europe/Paris', 'admin: { from: [127.0.0.0/8] }'],
    'hosts: { me: { address: 127.0.0.1, ssh: {} } }',
    'jobs:',
    ...['shared', 'apart', 'again', 'outage'].map(
      (name) =>
        `  ${name}: { run: job.sh, on: me, at: every day at 00:00${name === 'again' ? ', lost: run-again' : ''} }`,
    ),
    `store: { lease: 10s, postgres: { host: ${postgres.place.host}, database: postgres, user: poterne } }`,
  ];
  await writeFile(join(folder, 'site.yaml'), `${site.join('\n')}\n`);
});
afterAll(async () => {
  await store?.close();
  await postgres?.end();
  await rm(folder, { recursive: true, force: true });
});

let gateways: Scheduler[] = [];
afterEach(async () => {
  for (const each of gateways) await each.end('SIGTERM');
  gateways = [];
  await rm(join(folder, 'log'), { force: true });
  await rm(join(folder, 'alone'), { recursive: true, force: true });
});

async function gateway(name: string): Promise<void> {
  gateways.push(await startScheduler(folder, join(folder, name)));
}

/** Has a job's time have come while nobody looked, so that it is run once, now. */
async function comes(job: string, seconds: number): Promise<void> {
  await writeFile(join(folder, 'seconds'), String(seconds));
  const { site } = await describe(join(folder, 'site.yaml'));
  const found = site?.jobs.find(({ name }) => name === job) as Job;
  const looked = new Date(Date.now() - 86_400_000).toISOString();
  const row = `'centre', '${job}', '${looked}', '${shapeOf(found)}'`;
  await postgres.sql(`insert into job_state (site, job, looked, shape) values (${row})
    on conflict (site, job) do update set looked = excluded.looked, shape = excluded.shape`);
}

const log = () => readFile(join(folder, 'log'), 'utf8').catch(() => '');
const all = (): string => gateways.map(({ said }) => said()).join('\n---\n');
const last = async (job: string): Promise<PastOccurrence | undefined> =>
  (await store.jobs.history('centre', job, 1))[0];
const settled = async (job: string) =>
  !['waiting', 'running'].includes((await last(job))?.state ?? 'waiting');

/** Kills the gateway that runs a job, once its script has begun; gives the other. */
async function killHolder(job: string): Promise<Scheduler> {
  await until(async () => (await log()).includes('start'), all);
  const holder = gateways.find(
    ({ said }) => said().includes(`${job}, due`) && said().includes(': run '),
  ) as Scheduler;
  const other = gateways.find((each) => each !== holder) as Scheduler;
  expect((await last(job))?.state).toBe('running');
  await holder.end('SIGKILL');
  await writeFile(join(folder, 'seconds'), '0');
  return other;
}

test('the gateway that holds a job is killed: the other goes on with its journal, where they share the folder of runs', async () => {
  await mkdir(join(folder, 'runs'));
  for (const name of ['a', 'b']) {
    await mkdir(join(folder, name));
    await symlink(join(folder, 'runs'), join(folder, name, 'runs'));
  }
  await comes('shared', 300);
  await Promise.all(['a', 'b'].map(gateway));
  const other = await killHolder('shared');
  await until(() => settled('shared'), all);
  expect(other.said()).toContain('is taken up again');
  expect(await last('shared')).toMatchObject({ state: 'ok', attempts: 2, detail: { ok: 1, hosts: 1 } });
  expect(await log()).toBe('start\nstart\nend\n');
});

test('where the journal died with it, nobody knows how it ended: told once, or run again, as the job says', async () => {
  await comes('apart', 300);
  await Promise.all(['c', 'd'].map(gateway));
  await killHolder('apart');
  await until(() => settled('apart'), all);
  expect(await last('apart')).toMatchObject({ state: 'lost' });
  await until(async () => (await store.jobs.untold('centre')).length === 0, all);
  expect(await store.jobs.alerts('centre', 'apart', 9)).toMatchObject([{ kind: 'lost' }]);
  expect(await log()).toBe('start\n');
  // A gateway that comes back beside it: the job that may be run again is.
  await rm(join(folder, 'log'));
  gateways = gateways.filter(({ child }) => child.exitCode === null && child.signalCode === null);
  await comes('again', 300);
  await gateway('e');
  await killHolder('again');
  await until(() => settled('again'), all);
  expect(await last('again')).toMatchObject({ state: 'ok', attempts: 2 });
  expect(await log()).toBe('start\nstart\nend\n');
});

test('the database stops and comes back: no job is lost, none is run twice, and it is said', async () => {
  await Promise.all(['f', 'g'].map(gateway));
  await comes('outage', 4);
  await until(async () => (await log()).includes('start'), all);
  await postgres.stop();
  await until(() => gateways.every(({ said }) => said().includes('cannot be reached')), all);
  await until(async () => (await log()).includes('end'), all);
  await postgres.start();
  await until(() => settled('outage'), all);
  expect(await last('outage')).toMatchObject({ state: 'ok', detail: { ok: 1 } });
  await until(() => gateways.every(({ said }) => said().includes('answers again')), all);
  expect(await log()).toBe('start\nend\n');
});
