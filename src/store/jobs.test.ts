import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../lib/testing-ports.ts';
import type { Step } from '../schedule/decide.ts';
import { issue } from '../verify/testing/pki.ts';
import type { Claim, Holder } from './jobs.ts';
import { openSharedStore, openStore, type Store } from './store.ts';
import { hasPostgres, type Postgres, startPostgres } from './testing/postgres.ts';

const [a, b]: Holder[] = [
  { name: 'a up 1', gateway: 'a' },
  { name: 'b up 1', gateway: 'b' },
] as const;
const due = Date.parse('2026-11-25T01:30:00Z');
const lease = 60_000;

let postgres: Postgres;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-jobs-'));
  if (hasPostgres) postgres = await startPostgres();
});
afterAll(async () => {
  await postgres?.end();
  await rm(folder, { recursive: true, force: true });
});

/** A place for a store that two gateways open. */
let count = 0;
const kinds = {
  // Two connections of one thread would wait for each other: one is the whole machine's scheduler.
  sqlite: async () => {
    const store = openStore(folder);
    return () => store;
  },
  postgres: async () => {
    const place = await postgres.database(`d${count++}`);
    return () => openSharedStore(place, undefined);
  },
};

describe.each(hasPostgres ? (['sqlite', 'postgres'] as const) : (['sqlite'] as const))('in %s', (kind) => {
  let one: Store;
  let other: Store;
  let site: string;
  beforeAll(async () => {
    const open = await kinds[kind]();
    // At once, on an empty database.
    [one, other] = await Promise.all([open(), open()]);
  });
  afterAll(async () => {
    await one?.close();
    if (other !== one) await other?.close();
  });
  beforeEach(() => {
    site = `site${count++}`;
  });

  const note = (step: Step, store = one) => store.jobs.note(site, step, 'shape');
  const met = async () => {
    await note({ job: 'j', do: 'meet' });
    await note({ job: 'j', do: 'await', due, covers: 1 });
  };
  const state = async () => (await one.jobs.history(site, 'j', 1))[0]?.state;
  const take = (store: Store, holder: Holder, milliseconds = lease) =>
    store.jobs.claim(site, 'j', due, holder, milliseconds);

  test('the clock is the database’s own', async () => {
    expect(Math.abs((await one.jobs.now()) - Date.now())).toBeLessThan(5000);
  });

  test('each step is noted once, whoever comes second', async () => {
    expect(await note({ job: 'j', do: 'meet' })).toBe(true);
    expect(await note({ job: 'j', do: 'meet' }, other)).toBe(false);
    const step: Step = { job: 'j', do: 'miss', due: Date.now() + 1000, count: 3 };
    expect(await Promise.all([note(step), note(step, other)])).toEqual(expect.arrayContaining([true, false]));
    expect(await one.jobs.untold(site)).toMatchObject([
      { job: 'j', kind: 'never-started', detail: { count: 3 } },
    ]);
    const memory = (await other.jobs.memory(site)).get('j');
    expect(memory).toMatchObject({ looked: step.due, lastDue: step.due, paused: false, unsettled: [] });
  });

  test('of many claims at once, one holds', async () => {
    await met();
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, n) => take(n % 2 ? one : other, n % 2 ? a : b).catch(() => undefined)),
    );
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect((await one.jobs.memory(site)).get('j')?.unsettled).toMatchObject([
      { due, state: 'running', leaseOver: false },
    ]);
    expect(await one.jobs.claimByHand(site, 'j', a, lease)).toBeUndefined();
  });

  test('what a dead gateway held is taken up when its lease is over, and its late word counts no more', async () => {
    await met();
    const first = (await take(one, a, 300)) as Claim;
    await one.jobs.began(site, first, 'run-1', 'a');
    expect(await take(other, b)).toBeUndefined();
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect((await other.jobs.memory(site)).get('j')?.unsettled).toMatchObject([{ leaseOver: true }]);
    const second = (await take(other, b)) as Claim;
    expect(second).toMatchObject({ attempts: 2, run: 'run-1', gateway: 'a' });
    expect(second.lease.fence).toBeGreaterThan(first.lease.fence);
    expect(await one.jobs.renew(first, lease)).toBe(false);
    expect(await one.jobs.settle(site, first, { state: 'failed', detail: {} })).toBe(false);
    await one.jobs.began(site, first, 'run-of-the-dead', 'a');
    expect(await state()).toBe('running');
    expect(await other.jobs.settle(site, second, { state: 'ok', detail: { ok: 1 } })).toBe(true);
    expect(await one.jobs.history(site, 'j', 9)).toMatchObject([
      { state: 'ok', run: 'run-1', detail: { ok: 1 } },
    ]);
    expect(await take(other, b)).toBeUndefined();
  });

  test('a lease that ran out and that nobody took is kept by whoever had it', async () => {
    await met();
    const claim = (await take(one, a, 100)) as Claim;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await one.jobs.renew(claim, lease)).toBe(true);
    expect(await take(other, b)).toBeUndefined();
  });

  test('a gateway that starts anew frees what it held itself, and nothing else', async () => {
    await met();
    await take(one, a);
    await other.jobs.free('b ');
    expect((await other.jobs.memory(site)).get('j')?.unsettled).toMatchObject([{ leaseOver: false }]);
    await one.jobs.free('a ');
    expect((await other.jobs.memory(site)).get('j')?.unsettled).toMatchObject([{ leaseOver: true }]);
  });

  test('a failure is told once, and so is that all is well again', async () => {
    await met();
    const claim = (await take(one, a)) as Claim;
    await one.jobs.settle(site, claim, { state: 'failed', detail: { ok: 1, hosts: 2 } });
    expect(await one.jobs.troubles(site)).toMatchObject([{ job: 'j', kind: 'failed' }]);
    for (const alert of await other.jobs.untold(site)) await other.jobs.told(site, alert);
    expect(await one.jobs.untold(site)).toEqual([]);
    for (let n = 0; n < 2; n++) {
      const again = (await one.jobs.claimByHand(site, 'j', a, lease)) as Claim;
      await one.jobs.settle(site, again, { state: 'ok', detail: {} });
    }
    expect(await one.jobs.untold(site)).toMatchObject([{ kind: 'recovered' }]);
    expect(await one.jobs.troubles(site)).toEqual([]);
    expect((await one.jobs.memory(site)).get('j')?.lastOk?.due).toBeGreaterThan(due);
  });

  test('late and given up are told once', async () => {
    await met();
    expect(await note({ job: 'j', do: 'late', due })).toBe(true);
    expect(await note({ job: 'j', do: 'late', due }, other)).toBe(false);
    const why = { is: 'after', jobs: ['k'] } as const;
    expect(await note({ job: 'j', do: 'give-up', due, why })).toBe(true);
    expect(await note({ job: 'j', do: 'give-up', due, why }, other)).toBe(false);
    expect((await one.jobs.untold(site)).map(({ kind }) => kind).sort()).toEqual(['late', 'never-started']);
  });

  test('a job that is paused is followed from when it is resumed; one that changed, from when that was seen', async () => {
    await met();
    await one.jobs.pause(site, 'j', 'alice');
    expect((await one.jobs.memory(site)).get('j')?.paused).toBe(true);
    expect((await one.jobs.pauses(site)).get('j')?.by).toBe('alice');
    const before = await one.jobs.now();
    await one.jobs.resume(site, 'j');
    expect((await one.jobs.memory(site)).get('j')?.looked).toBeGreaterThanOrEqual(before);
    await one.jobs.align(site, new Map([['j', 'shape']]));
    expect((await one.jobs.memory(site)).get('j')?.lastDue).toBe(due);
    await one.jobs.align(site, new Map([['j', 'other']]));
    expect((await one.jobs.memory(site)).get('j')?.lastDue).toBeUndefined();
    await one.jobs.align(site, new Map());
    expect(await state()).toBe('skipped');
  });

  test('who works alone with something does', async () => {
    const inside = await one.jobs.alone(site, 'alerts', a, () =>
      other.jobs.alone(site, 'alerts', b, async () => 1),
    );
    expect(inside).toBeUndefined();
    expect(await other.jobs.alone(site, 'alerts', b, async () => 2)).toBe(2);
  });

  test('facts of hosts are shared too', async () => {
    const at = new Date(due).toISOString();
    const facts = { host: 'h', at, disks: [], accounts: { login: [], system: [] }, root: 'login' } as const;
    await one.rememberFacts(site, [facts]);
    expect(await other.facts(site)).toEqual([facts]);
  });
});

test.runIf(hasPostgres)(
  'a server that is away, a database that is not there, and one without TLS are faults',
  async () => {
    const { place } = postgres;
    const fault = (change: object) =>
      openSharedStore({ ...place, ...change }, undefined).then(
        () => 'opened',
        (error: { code?: string }) => error.code,
      );
    expect(await fault({ host: '/nowhere' })).toBe('store.unreachable');
    expect(await fault({ host: '127.0.0.1', port: 1 })).toBe('store.unreachable');
    expect(await fault({ database: 'none' })).toBe('store.database');
    expect(await fault({ user: 'nobody' })).toBe('store.login');
    expect(await fault({ ca: '/nowhere.pem' })).toBe('store.ca');
    const store = await openSharedStore(place, undefined);
    await postgres.stop();
    await expect(store.jobs.now()).rejects.toMatchObject({ code: 'store.unreachable' });
    await postgres.start();
    expect(await store.jobs.now()).toBeGreaterThan(0);
    await store.close();
  },
);

test.runIf(hasPostgres)(
  'over the network: a certificate that is verified and a password, or nothing',
  async () => {
    const server = await startPostgres();
    try {
      const authority = await issue({ common: 'CA', authority: true });
      const tls = await issue({ names: ['localhost'], by: authority });
      await writeFile(join(folder, 'ca.pem'), authority.cert);
      await writeFile(join(folder, 'other.pem'), (await issue({ common: 'other', authority: true })).cert);
      const port = await freePort();
      const opens = async (change: object, password = 'secret') => {
        const place = { ...server.place, host: 'localhost', port, ca: join(folder, 'ca.pem'), ...change };
        return openSharedStore(place, async () => password).then(
          async (store) => {
            await store.jobs.now();
            await store.close();
            return 'opened';
          },
          (error: { code?: string }) => error.code,
        );
      };
      await server.listen(port, 'secret', tls);
      await server.stop();
      await server.start();
      expect(await opens({})).toBe('opened');
      expect(await opens({}, 'wrong')).toBe('store.login');
      expect(await opens({ ca: join(folder, 'other.pem') })).toBe('store.tls');
      expect(await opens({ host: '127.0.0.1' })).toBe('store.tls');
    } finally {
      await server.end();
    }
    const plain = await startPostgres();
    try {
      const port = await freePort();
      await plain.listen(port, 'secret');
      await plain.stop();
      await plain.start();
      const place = { ...plain.place, host: 'localhost', port };
      await expect(openSharedStore(place, async () => 'secret')).rejects.toMatchObject({ code: 'store.tls' });
    } finally {
      await plain.end();
    }
  },
);
