import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { freePort } from '../lib/testing-ports.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Expectation } from '../model/expectation.ts';
import { message } from '../model/message.ts';
import { door, mute, tcp, tls } from './testing/servers.ts';
import { observe, verify } from './verify.ts';

const vantage = { name: 'here' };
const listens = (id: string, port: number): Expectation => ({
  id,
  about: 'app.localhost',
  promise: message('seen.stopped'),
  because: '/publications/app.localhost',
  probe: { kind: 'listens', door: door(port) },
});
const handshake = (id: string, port: number): Expectation => ({
  ...listens(id, port),
  probe: { kind: 'certificate', door: door(port), minDays: 1 },
});

test('evidence in the order of the promises, whatever ends first', async () => {
  const [slow, open, shut] = [await mute(), await mute(), await freePort()];
  const told: string[] = [];
  const found = await verify(
    [handshake('slow', slow), listens('open', open), listens('shut', shut)],
    { vantage, timeout: 1000, now: () => new Date('2026-03-01T08:00:00Z') },
    (evidence, done, total) => told.push(`${evidence.expectation} ${done}/${total}`),
  );
  expect(found.map((e) => [e.expectation, e.held, e.seen.code])).toEqual([
    ['slow', false, 'seen.timeout.tls'],
    ['open', true, 'seen.listens.localhost'],
    ['shut', false, 'seen.refused'],
  ]);
  expect(told.at(-1)).toBe('slow 3/3');
  expect(found[1]).toMatchObject({ about: 'app.localhost', vantage: 'here', at: '2026-03-01T08:00:00.000Z' });
  expect(found[0]?.milliseconds).toBeGreaterThanOrEqual(990);
  expect(Object.isFrozen(found[0]?.seen.params)).toBe(true);
  expect(JSON.parse(JSON.stringify(found))).toEqual(found);
});

test('promises made to other machines are not tried, nor counted', async () => {
  const port = await mute();
  const promises: Expectation[] = [
    { ...listens('gateway', port), vantages: ['gateway'] },
    listens('everybody', port),
    { ...listens('both', port), vantages: ['erp', 'gateway'] },
    { ...listens('erp', port), vantages: ['erp'] },
  ];
  const tried = async (host?: string) => {
    const totals: number[] = [];
    const found = await verify(
      promises,
      { vantage: { name: 'x', ...(host === undefined ? {} : { host }) } },
      (_, __, total) => totals.push(total),
    );
    expect(totals).toEqual(found.map(() => found.length));
    return found.map((evidence) => evidence.expectation);
  };
  expect(await tried()).toEqual(['everybody']);
  expect(await tried('erp')).toEqual(['everybody', 'both', 'erp']);
  expect(await tried('x')).toEqual(['everybody']);
});

test('no more than the wanted number at once', async () => {
  let now = 0;
  let most = 0;
  const port = await tcp((socket) => {
    most = Math.max(most, ++now);
    socket.once('data', () =>
      setTimeout(() => {
        now--;
        socket.end();
      }, 20),
    );
  });
  const promises = Array.from({ length: 40 }, (_, n) => handshake(`${n}`, port));
  await verify(promises, { vantage, concurrency: 5 });
  expect(most).toBe(5);
});

test('the first attempt counts, unless more are allowed', async () => {
  const attempts = async (more: object) => {
    let connections = 0;
    const secure = await tls(() => {});
    const flaky = await tcp((socket) => {
      connections++;
      if (connections < 3) return socket.once('data', () => socket.end());
      // From the third connection on, a TLS server answers.
      const behind = connect(secure, '127.0.0.1').on('error', () => {});
      socket.pipe(behind).pipe(socket);
    });
    const promise: Expectation = {
      ...listens('flaky', flaky),
      probe: { kind: 'tls-versions', door: door(flaky), refused: [], accepted: ['TLSv1.3'] },
    };
    const [evidence] = await verify([promise], { vantage, pause: 1, ...more });
    return [evidence?.held, connections];
  };
  expect(await attempts({})).toEqual([false, 1]);
  expect(await attempts({ attempts: 2 })).toEqual([false, 2]);
  expect(await attempts({ attempts: 5 })).toEqual([true, 3]);
});

test('stopping closes what is open, at once, and keeps what was finished', async () => {
  let open = 0;
  const port = await tcp((socket) => {
    open++;
    socket.resume().on('close', () => open--);
  });
  const stop = new AbortController();
  const began = performance.now();
  const found = await verify(
    [listens('first', port), ...Array.from({ length: 50 }, (_, n) => handshake(`${n}`, port))],
    { vantage, timeout: 20_000, signal: stop.signal },
    () => stop.abort(),
  );
  expect(found.map((e) => e.expectation)).toEqual(['first']);
  expect(performance.now() - began).toBeLessThan(2000);
  await expect.poll(() => open).toBe(0);
  expect(await verify([listens('x', port)], { vantage, signal: stop.signal })).toEqual([]);
});

test('leaving the stream stops the rest', async () => {
  let connections = 0;
  const port = await tcp(() => connections++);
  function* promises() {
    for (let n = 0; ; n++) yield listens(`${n}`, port);
  }
  const seen: Evidence[] = [];
  for await (const evidence of observe(promises(), { vantage, concurrency: 4 })) {
    seen.push(evidence);
    if (seen.length === 10) break;
  }
  expect(seen).toHaveLength(10);
  expect(connections).toBeLessThan(20);
});

test('thousands of promises in little memory', { timeout: 180_000 }, async () => {
  const port = await tls((socket) => socket.once('data', () => socket.end('HTTP/1.1 404 No\r\n\r\nnothing')));
  const probes: Expectation['probe'][] = [
    { kind: 'listens', door: door(port) },
    { kind: 'certificate', door: door(port), minDays: 1 },
    { kind: 'answers', door: door(port), path: '/', contains: 'else' },
  ];
  function* promises() {
    for (let n = 0; n < 1500; n++)
      yield { ...listens(`${n}`, port), probe: probes[n % 3] as Expectation['probe'] };
  }
  const warnings: Error[] = [];
  const warned = (warning: Error) => warnings.push(warning);
  process.on('warning', warned);
  let count = 0;
  let early = 0;
  for await (const _ of observe(promises(), { vantage, signal: new AbortController().signal })) {
    if (++count === 300) early = process.memoryUsage().rss;
  }
  process.off('warning', warned);
  expect(count).toBe(1500);
  expect(process.memoryUsage().rss - early).toBeLessThan(150e6);
  expect(warnings).toEqual([]);
});
