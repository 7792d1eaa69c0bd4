import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../apply/testing.ts';
import { publication, service, site } from '../../engines/nginx/testing.ts';
import {
  type Backend,
  backend,
  type Reply,
  type RunningGateway,
  startGateway,
  testAuthority,
} from '../../engines/nginx/testing-gateway.ts';
import type { Waf } from '../../model/waf.ts';
import type { WafEvent } from '../../waf/events.ts';
import { evidenceOf } from './evidence.ts';
import { eventOfReference, reportOf, walled } from './log.ts';

// What the web application firewall's log tells, on a real nginx with the rules of Debian.

const waf = (name: string, more: Partial<Waf> = {}): Waf => ({
  mode: 'block',
  paranoia: 1,
  thresholds: { inbound: 5, outbound: 4 },
  requestBody: 128_000,
  applications: [],
  skip: [],
  exclusions: [],
  pointer: `/publications/${name}/waf`,
  ...more,
});
const wall = (name: string, more: Partial<Waf> = {}) =>
  publication(name, 'app', { scenario: 'proxy+waf', waf: waf(name, more) });

let gateway: RunningGateway;
let app: Backend;

beforeAll(async () => {
  app = await backend('app');
  gateway = await startGateway(
    (ports) =>
      site(
        [service('app', app.url)],
        [wall('erp.localhost'), wall('seen.localhost', { mode: 'observe' })],
        ports,
      ),
    await testAuthority('gateway'),
  );
});
afterAll(async () => {
  await gateway?.stop();
  app?.close();
});

/** What the log says of an answer: it is written once that was sent. */
function toldOf({ status, headers }: Reply): Promise<WafEvent> {
  const reference = String(headers['x-request-id']);
  return eventually(
    () => eventOfReference(gateway.state, reference),
    () => `nothing is told of ${reference}, which was answered ${status}`,
  );
}

/** Asks, and gives what the log says of it. */
async function ask(name: string, path: string, body?: string): Promise<WafEvent> {
  const headers = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
  const reply = await gateway.get(name, path, body === undefined ? {} : { method: 'POST', headers, body });
  return toldOf(reply);
}

const sentence = "l'article 12, d'où; select * from la table où l'on 1' or '1'='1";

describe('a request', () => {
  test('that would have been blocked is an event with what matched where, masked', async () => {
    const event = await ask('seen.localhost', `/customers/4711/?q=${encodeURIComponent(sentence)}&z=a`);
    expect(event).toMatchObject({
      ...{ publication: 'seen_localhost', blocked: false, wouldBlock: true, method: 'GET' },
      ...{ path: '/customers/4711/', address: '127.0.0.1' },
    });
    expect(event.score).toBeGreaterThanOrEqual(5);
    expect(new Set(event.matches.map(({ target }) => target))).toEqual(new Set(['ARGS:q']));
    expect(event.matches.map(({ rule }) => rule)).toContain(932115);
    expect(JSON.stringify(event)).not.toContain('article');
  });

  test('that was blocked says so, whatever refused it', async () => {
    expect(await ask('erp.localhost', '/?q=%3Cscript%3Ealert(1)%3C/script%3E')).toMatchObject({
      ...{ publication: 'erp_localhost', blocked: true, wouldBlock: false },
    });
    // No score: the body cannot be read.
    const reply = await gateway.get('erp.localhost', '/', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"a":',
    });
    expect(await toldOf(reply)).toMatchObject({ publication: 'erp_localhost', blocked: true, score: 0 });
  });

  test('with bytes that are no text, or drive a terminal, is told harmlessly', async () => {
    const event = await ask(
      'erp.localhost',
      '/?q%1b%5b31m=%ff%fe%1b%5d0;x%07%3Cscript%3Ealert(1)%3C/script%3E%e2%80%ae',
    );
    expect(JSON.stringify(event)).not.toMatch(/\\u00[01]|[\p{Cc}\u202e]/u);
    expect(event.matches.length).toBeGreaterThan(0);
  });
});

test('the report groups by rule, path and parameter', async () => {
  for (const id of [1, 2, 3])
    await ask('seen.localhost', `/notes/${id}`, `text=${encodeURIComponent(sentence)}&password=x`);
  const [, seen] = walled(gateway.site);
  if (!seen) throw new Error('no publication');
  const report = await reportOf(gateway.state, gateway.site, seen, new Date(0));
  const group = report.groups.find(({ path, rule }) => path === '/notes/:id' && rule === 932115);
  expect(group).toMatchObject({ target: 'ARGS:text', requests: 3, blocked: 0, addresses: 1 });
  expect(group?.examples[0]?.value).toContain("x'");
  expect(report).toMatchObject({ mode: 'observe', blocked: 0, log: { broken: 0, cut: 0 } });
  const [erp] = walled(gateway.site);
  if (!erp) throw new Error('no publication');
  expect(
    (await reportOf(gateway.state, gateway.site, erp, new Date(0))).groups.map(({ path }) => path),
  ).not.toContain('/notes/:id');
  expect((await reportOf(join(gateway.state, 'nothing'), gateway.site, seen, new Date(0))).groups).toEqual(
    [],
  );
});

test('what was observed is the evidence for blocking: how many came, and what would still be refused', async () => {
  const [, seen] = walled(gateway.site);
  if (!seen) throw new Error('no publication');
  const evidence = async (exclusions: Waf['exclusions']) => {
    const asked = { ...seen, waf: { ...seen.waf, mode: 'block' as const, exclusions } };
    return (await evidenceOf(gateway.state, [asked]))[seen.id];
  };
  const before = await evidence([]);
  for (const id of [7, 8])
    await ask('seen.localhost', `/letters/${id}`, `text=${encodeURIComponent(sentence)}`);
  await gateway.get('seen.localhost', '/honest');
  await gateway.get('erp.localhost', '/honest');
  await gateway.log();
  const after = await evidence([]);
  expect((after?.requests ?? 0) - (before?.requests ?? 0)).toBeGreaterThanOrEqual(3);
  expect((after?.unresolved ?? 0) - (before?.unresolved ?? 0)).toBe(2);
  expect(after?.rules.map(({ rule }) => rule)).toContain(932115);
  // Excluded, they are resolved; the same rule elsewhere is not.
  const excluded = { rule: 932115, path: '/letters/', target: 'ARGS:text', why: '–', pointer: '' };
  const tuned = await evidence([excluded]);
  expect(tuned?.wouldBlock).toBe(after?.wouldBlock);
  expect(tuned?.unresolved).toBe(before?.unresolved);
  expect((await evidence([{ ...excluded, target: 'ARGS:tex' }]))?.unresolved).toBe(after?.unresolved);
  // The gateway asks itself whether the firewall is there: that is nobody's traffic.
  await gateway.get('seen.localhost', '/', { headers: { 'user-agent': 'poterne' } });
  const accessLog = await gateway.log();
  expect((await evidence([]))?.requests).toBe(after?.requests);
  expect(
    accessLog
      .filter(({ publication: name }) => name === 'erp.localhost')
      .every((each) => each.waf === 'block'),
  ).toBe(true);
});
