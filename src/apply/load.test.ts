import { Agent } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { manyPublications } from '../../bench/sites.ts';
import { type Answer, makeRig, port, poterne, type Rig, startService } from './testing.ts';

const upstream = port(90);
const count = 1000;

/** A thousand publications, each with a certificate of ours; every version says its own name in every answer. */
const version = (rig: Rig, v: string) =>
  manyPublications(
    count,
    `gateway: { listen: [127.0.0.1], http-port: ${rig.ports.http}, https-port: ${rig.ports.https} }`,
    `http://127.0.0.1:${upstream}`,
  ).replaceAll('limits: { requests: 20/s, burst: 40 }', `headers: { add: { X-Version: ${v} } }`);

/** What the visitors went through. */
interface Tally {
  fresh: number;
  reused: number;
  /** Requests on a kept connection that was closed before any byte of an answer, asked once more on a new one. */
  retried: number;
  readonly failures: string[];
}

/** One visitor: asks one thing after the other until told to stop. Odd ones keep their connections, as browsers do. */
async function visit(rig: Rig, visitor: number, tally: Tally, stop: () => boolean): Promise<void> {
  const keeps = visitor % 2 === 1;
  const agent = keeps ? new Agent({ keepAlive: true, maxSockets: 1 }) : undefined;
  const good = ({ status, body }: Answer, path: string) => status === 200 && body === `you asked ${path}`;
  for (let n = 0; !stop(); n++) {
    // Eight that never wait would have the processor to themselves, and each apply takes as long as it can get.
    await delay(25);
    // The keepers go around a few names, so that their connections are used again.
    const of = keeps ? visitor * 10 + (n % 5) : (visitor * 137 + n * 61) % count;
    const [name, path] = [`app${of}.example.fr`, n % 7 === 0 ? '/slow' : `/page/${n}`];
    try {
      const answer = await rig.get(name, path, agent);
      if (answer.reused) tally.reused++;
      else tally.fresh++;
      if (!good(answer, path)) tally.failures.push(`${name}${path}: ${answer.status} ${answer.body}`);
    } catch (error) {
      // RFC 9112 §9.3.1: a connection may be closed at any time; an idempotent request is then repeated on a new one.
      const { reused, unanswered, message } = error as Error & { reused?: boolean; unanswered?: boolean };
      if (!reused || !unanswered) {
        tally.failures.push(`${name}${path} on a ${reused ? 'kept' : 'new'} connection: ${message}`);
        continue;
      }
      tally.retried++;
      const again = await rig.get(name, path).catch((e: Error) => e.message);
      if (typeof again === 'string' || !good(again, path))
        tally.failures.push(`${name}${path} again: ${again}`);
    }
  }
  agent?.destroy();
}

test(`reloads of a gateway with ${count} publications lose no visitor's request`, async () => {
  const rig = await makeRig();
  await startService(upstream, (request, response) => {
    // Slow ones are in progress while the engine reloads.
    setTimeout(() => response.end(`you asked ${request.url}`), request.url === '/slow' ? 700 : 0);
  });
  expect(await rig.apply(version(rig, 'v0'))).toMatchObject({ outcome: 'applied', started: true });
  const master = await rig.master();

  const tally: Tally = { fresh: 0, reused: 0, retried: 0, failures: [] };
  let over = false;
  const visitors = Array.from({ length: 8 }, (_, n) => visit(rig, n, tally, () => over));
  try {
    for (const v of ['v1', 'v2']) {
      // In a process of its own: this one belongs to the visitors.
      await rig.write('site.yaml', version(rig, v));
      const before = tally.fresh + tally.reused;
      const apply = poterne(['apply', rig.file, '--state', rig.state, '--json']);
      expect(await apply.ended, apply.said()).toBe(0);
      const { outcome, started, hash } = JSON.parse(apply.said());
      expect({ outcome, started, served: await rig.served() }).toEqual({
        outcome: 'applied',
        started: false,
        served: hash,
      });
      expect((await rig.get(`app${count - 1}.example.fr`)).headers['x-version']).toBe(v);
      expect(tally.fresh + tally.reused).toBeGreaterThan(before);
    }
  } finally {
    over = true;
    await Promise.all(visitors);
  }
  expect(tally.failures).toEqual([]);
  expect(await rig.master()).toBe(master);
  expect(tally.fresh).toBeGreaterThan(100);
  expect(tally.reused).toBeGreaterThan(100);
  console.log(
    `${tally.fresh} on new connections, ${tally.reused} on kept ones, ${tally.retried} asked again`,
  );
}, 400_000);
