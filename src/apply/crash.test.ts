import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import nginx from '../engines/nginx/engine.ts';
import { orphans, startEngine } from './engine-process.ts';
import { resumeLocally } from './executor.ts';
import { processes } from './processes.ts';
import {
  ask,
  damagedFiles,
  eventually,
  head,
  makeRig,
  port,
  poterne,
  type Rig,
  startService,
} from './testing.ts';

const upstream = port(90);
const rounds = 25;

/** Two descriptions that differ in every way that matters: a port, names, certificates, and what answers. */
const version = (rig: Rig, v: 'a' | 'b') => `${head(rig.ports)}
services:
  ${v}: { url: "http://127.0.0.1:${upstream + (v === 'a' ? 0 : 1)}" }
publications:
${Array.from(
  { length: 12 },
  (_, n) =>
    `  app${n}.example.fr: { service: ${v}, audience: everyone, headers: { add: { X-Team: ${v} } } }\n`,
).join('')}  only-${v}.example.fr: { service: ${v}, audience: everyone }
`;

/** mulberry32: the same moments in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

test(`an apply killed at any moment, ${rounds} times over, leaves one whole version serving`, async () => {
  const rig = await makeRig();
  await startService(upstream, 'a');
  await startService(upstream + 1, 'b');
  const files = {
    a: await rig.write('a.yaml', version(rig, 'a')),
    b: await rig.write('b.yaml', version(rig, 'b')),
  };
  const apply = (v: 'a' | 'b') => poterne(['apply', files[v], '--state', rig.state]);
  await rig.apply(version(rig, 'b'));
  const began = Date.now();
  const whole = apply('a');
  expect(await whole.ended, whole.said()).toBe(0);
  let usual = Date.now() - began;

  const random = seeded(20_260_101);
  const seen = { a: 0, b: 0 };
  let killed = 0;
  for (let round = 0; round < rounds; round++) {
    const start = Date.now();
    const { child, ended } = apply(round % 2 === 0 ? 'b' : 'a');
    const moment = random() * usual;
    const timer = setTimeout(() => child.kill('SIGKILL'), moment);
    const dead = (await ended) === 'SIGKILL';
    clearTimeout(timer);
    if (dead) killed++;
    const spent = Date.now() - start;
    const told = `round ${round}, killed after ${Math.round(moment)} of ${usual} ms`;
    const served = await settled(rig, told);
    // What is usual changes with what else this machine does.
    usual = dead ? usual * 1.05 : (usual + spent) / 2;
    seen[served]++;
    expect(await damagedFiles(await rig.active()), told).toEqual([]);
  }
  // Enough of them were really killed, and on both sides of the moment that counts.
  expect(killed).toBeGreaterThan(rounds / 4);
  expect(Math.min(seen.a, seen.b)).toBeGreaterThan(0);

  await writeFile(join(rig.prefix, 'generations', `${'0'.repeat(64)}.0123456789ab.tmp`), 'left over');
  const last = await rig.apply(version(rig, 'a'));
  expect(['applied', 'unchanged']).toContain(last.outcome);
  expect(await rig.served()).toBe(last.hash);
  expect(
    (await readdir(join(rig.prefix, 'generations'))).filter((name) => !/^[0-9a-f]{64}$/.test(name)),
  ).toEqual([]);
  expect(new Set(await versions(rig))).toEqual(new Set(['a']));
}, 400_000);

/**
 * The one whole version that is served: the name that only it has and every other name answer from the same service. An
 * apply that is killed just after it asked for a reload leaves that to the engine, which takes a moment.
 */
async function settled(rig: Rig, told: string): Promise<'a' | 'b'> {
  for (let attempt = 1; ; attempt++) {
    try {
      const answers = await versions(rig);
      expect(answers, told).toSatisfy((all: string[]) => new Set(all).size === 1);
      const served = answers[0] as 'a' | 'b';
      expect((await rig.get(`only-${served}.example.fr`)).body, told).toBe(served);
      await expect(rig.get(`only-${served === 'a' ? 'b' : 'a'}.example.fr`), told).rejects.toThrow();
      return served;
    } catch (error) {
      if (attempt === 5) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

/** Which version answers under each name, all asked at once. */
async function versions(rig: Rig): Promise<string[]> {
  const names = Array.from({ length: 12 }, (_, n) => `app${n}.example.fr`);
  return Promise.all(names.map(async (name) => (await rig.get(name)).body));
}

test('an apply killed between activating and reloading is made good by the next, also when that goes back to other ports', async () => {
  const rig = await makeRig();
  await startService(upstream, 'a');
  const first = await rig.apply(version(rig, 'a'));
  const moved = version({ ...rig, ports: { http: port(2), https: port(3) } }, 'a');
  const before = await rig.active();
  const second = await rig.apply(moved);
  const next = await rig.active();
  await rig.apply(version(rig, 'a'));
  // What a kill at that moment leaves: the link leads to one version, the engine serves another.
  await rig.generations.activate(next);
  expect([await rig.served(), next.manifest.hash]).toEqual([first.hash, second.hash]);
  expect(await rig.apply(version(rig, 'a'))).toMatchObject({
    outcome: 'applied',
    hash: before.manifest.hash,
  });
  await rig.generations.activate(next);
  expect(await rig.apply(moved)).toMatchObject({ outcome: 'applied', hash: second.hash });
  expect(await rig.served()).toBe(second.hash);
});

test('after the engine’s master was killed, its last good configuration is resumed and no orphan is left', async () => {
  const rig = await makeRig();
  await startService(upstream, 'a');
  const { hash } = await rig.apply(version(rig, 'a'));
  const workers = await killMaster(rig);
  expect((await rig.get('app0.example.fr')).body).toBe('a');
  expect(await resumeLocally(nginx, rig.state)).toEqual({ started: true, hash });
  await expectReplaced(rig, workers);
});

test('after the engine’s master was killed, an apply of something new serves it and leaves no orphan', async () => {
  const rig = await makeRig();
  await startService(upstream, 'a');
  await startService(upstream + 1, 'b');
  await rig.apply(version(rig, 'a'));
  const workers = await killMaster(rig);
  const b = await rig.apply(version(rig, 'b'));
  expect(b).toMatchObject({ outcome: 'applied', started: true });
  await expectReplaced(rig, workers);
  expect((await rig.get('only-b.example.fr')).body).toBe('b');
});

test('stopping a gateway whose master was killed ends the orphans too', async () => {
  const rig = await makeRig();
  await startService(upstream, 'a');
  await rig.apply(version(rig, 'a'));
  await killMaster(rig);
  const stop = poterne(['stop', '--state', rig.state]);
  expect(await stop.ended).toBe(0);
  expect(stop.said()).toContain('The gateway has ended.');
  expect(await orphans(nginx, rig.prefix)).toEqual([]);
  await expect(rig.get('app0.example.fr')).rejects.toThrow(/ECONNREFUSED/);
});

test('a start that fails says what the engine said', async () => {
  const rig = await makeRig();
  await startService(upstream, 'a');
  await rig.apply(version(rig, 'a'));
  await writeFile(join((await rig.active()).folder, 'forwarding.conf'), 'nonsense;\n');
  process.kill((await rig.master()) as number, 'SIGTERM');
  await eventually(async () => (await rig.master()) === undefined);
  await expect(startEngine(nginx, rig.prefix)).rejects.toMatchObject({
    code: 'engine.start.failed',
    params: { said: expect.stringContaining('unknown directive "nonsense"') },
  });
});

/** Kills the engine's master as nothing can prevent; gives its workers, which live on. */
async function killMaster(rig: Rig): Promise<number[]> {
  const master = (await rig.master()) as number;
  const workers = (await processes()).filter((p) => p.parent === master).map((p) => p.pid);
  expect(workers.length).toBeGreaterThan(0);
  process.kill(master, 'SIGKILL');
  await eventually(async () => (await orphans(nginx, rig.prefix)).length === workers.length);
  return workers;
}

async function expectReplaced(rig: Rig, workers: readonly number[]): Promise<void> {
  expect(await orphans(nginx, rig.prefix)).toEqual([]);
  const alive = (await processes()).map((p) => p.pid);
  expect(workers.filter((pid) => alive.includes(pid))).toEqual([]);
  expect(await rig.master()).toBeDefined();
  const { https } = rig.ports;
  const answer = await ask({ port: https, name: 'app0.example.fr', ca: [rig.gateway.authority.root] });
  expect(answer.status).toBe(200);
}
