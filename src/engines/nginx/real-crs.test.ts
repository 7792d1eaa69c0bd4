import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Probe } from '../../model/expectation.ts';
import type { Waf } from '../../model/waf.ts';
import { verify } from '../../verify/index.ts';
import { requestsOf } from '../../waf/crs/request.ts';
import { type CrsRun, readSuite, runCrs } from '../../waf/crs/run.ts';
import { send } from '../../waf/crs/send.ts';
import { type Heard, reflecting } from '../../waf/crs/testing.ts';
import engine from './engine.ts';
import { publication, service, site } from './testing.ts';
import {
  type Backend,
  backend,
  type RunningGateway,
  startGateway,
  testAuthority,
} from './testing-gateway.ts';

// Our own regression tests, on a real nginx with the rules that this Debian has.

const samples = fileURLToPath(new URL('../../waf/samples', import.meta.url));

const waf = (more: Partial<Waf> = {}): Waf => ({
  mode: 'block',
  paranoia: 1,
  thresholds: { inbound: 5, outbound: 4 },
  requestBody: 128_000,
  responseBody: 500_000,
  applications: [],
  skip: [],
  exclusions: [],
  pointer: '/publications/localhost/waf',
  ...more,
});

let gateway: RunningGateway;
let app: Backend;
const heard: Heard[] = [];

const runOn = (name: string): CrsRun => ({
  door: { address: '127.0.0.1', port: gateway.site.gateway.httpsPort, name, proxyProtocol: false },
  host: name,
  log: join(gateway.prefix, 'log/waf.log'),
  patience: 10_000,
  width: 4,
});

beforeAll(async () => {
  app = await backend(
    'app',
    reflecting((one) => heard.push(one)),
  );
  gateway = await startGateway(
    (ports) =>
      site(
        [service('app', app.url)],
        [
          publication('localhost', 'app', { scenario: 'proxy+waf', waf: waf() }),
          publication('seen.localhost', 'app', { scenario: 'proxy+waf', waf: waf({ mode: 'observe' }) }),
          publication('plain.localhost', 'app'),
        ],
        ports,
      ),
    await testAuthority('gateway'),
  );
});

afterAll(async () => {
  await gateway?.stop();
  app?.close();
});

describe('samples of our own', () => {
  test('attacks of every family are refused, honest requests go through', async () => {
    const { tests, mistakes, disabled } = await readSuite(samples);
    expect({ mistakes, disabled, many: tests.length > 70 }).toEqual({
      mistakes: [],
      disabled: 0,
      many: true,
    });
    const before = heard.length;
    const results = await runCrs(tests, runOn('localhost'));
    expect(results.flatMap(({ test: { id }, failure }) => (failure ? [{ id, ...failure }] : []))).toEqual([]);
    expect(results).toHaveLength(tests.length);
    // Honest requests, and answers that were asked for: nothing else reached the service.
    const honest = tests.filter(({ id }) => /^(honest|leak)-/.test(id)).flatMap(({ stages }) => stages);
    expect(heard.length - before).toBe(honest.length);
  });

  test('nothing of it is refused, or found, where nobody looks', async () => {
    const { tests } = await readSuite(join(samples, 'attacks-injection.yaml'));
    const results = await runCrs(tests, runOn('plain.localhost'));
    expect(results.map(({ failure }) => failure?.reason)).toEqual(
      results.map(({ test: { stages } }) =>
        (stages[0]?.output.expectIds.length ?? 0) > 0 ? 'unmatched' : 'status',
      ),
    );
  });
});

test('verify proves that an attack is refused, where it is', async () => {
  const { site, authority } = gateway;
  const promises = engine.expect(site).filter(({ probe }) => probe.kind === 'waf-refuses');
  // Where the firewall only looks, nobody outside can tell.
  expect(promises.map(({ id }) => id)).toEqual(['localhost#waf']);
  const seen = async (name: string) => {
    const moved = promises.map((each) => ({
      ...each,
      probe: { ...each.probe, door: { name, port: site.gateway.httpsPort, proxyProtocol: false } } as Probe,
    }));
    const [evidence] = await verify(moved, {
      vantage: { name: 'here', address: '127.0.0.1' },
      authorities: [authority.pem],
    });
    return `${evidence?.held} ${evidence?.seen.code}`;
  };
  expect(await seen('localhost')).toBe('true seen.waf.refused');
  expect(await seen('plain.localhost')).toBe('false seen.waf.let-through');
  // What it counts on: no level of paranoia finds less.
  const score = async () => {
    const text = await readFile(join(gateway.prefix, 'log/waf.log'), 'utf8');
    const line = text.split('\n').findLast((each) => each.includes('poterne-asks-itself')) ?? '';
    return Number(/Inbound Anomaly Score Exceeded \(Total Score: (\d+)/.exec(line)?.[1]);
  };
  await expect.poll(score, { timeout: 10_000 }).toBeGreaterThanOrEqual(25);
});

describe('what is sent arrives at the rules, and at the service, as it was sent', () => {
  const sent = (line: string, headers: readonly string[], body = Buffer.alloc(0)) =>
    Buffer.concat([Buffer.from(`${line}\r\n${headers.join('\r\n')}\r\n\r\n`, 'latin1'), body]);

  /** What the rules saw: the value in which one of them found something, as it stands in its log. */
  const seen = async (request: string | undefined) => {
    const text = await readFile(join(gateway.prefix, 'log/waf.log'), 'utf8');
    const line = text.split('\n').find((each) => request && each.includes(request));
    return JSON.parse(line ?? '{}') as {
      transaction?: {
        request: { method: string; uri: string };
        messages: { details: { match: string; ruleId: string; data: string } }[];
      };
    };
  };

  test.each(['get', 'POST', 'PROPFIND', 'M-SEARCH', 'MKCOL'])('the method %s', async (method) => {
    const bytes = sent(`${method} /method HTTP/1.1`, [
      'Host: seen.localhost',
      'Connection: close',
      'Content-Length: 0',
    ]);
    const { requests, status } = await send(runOn('seen.localhost').door, bytes, 5000);
    // nginx itself speaks no lower-case method.
    if (method === 'get') return expect(status).toBe(400);
    const { transaction } = await seen(requests[0]);
    expect({ method, status }).toEqual({
      method: transaction?.request.method ?? method,
      status: status === 405 ? 405 : 200,
    });
    if (status === 200) expect(heard.at(-1)?.line).toBe(`${method} /method HTTP/1.1`);
  });

  test('targets with whatever encoding', async () => {
    const target = "/a%2fb/../%C3%A9?q=%3Cscript%3E&z=%u00e9&n=%00'|";
    const bytes = sent(`GET ${target} HTTP/1.1`, ['Host: seen.localhost', 'Connection: close']);
    const { requests } = await send(runOn('seen.localhost').door, bytes, 5000);
    expect(requests).toHaveLength(1);
    const { transaction } = await seen(requests[0]);
    expect(transaction?.request.uri).toContain("q=%3Cscript%3E&z=%u00e9&n=%00'|");
    expect(heard.at(-1)?.line).toContain("?q=%3Cscript%3E&z=%u00e9&n=%00'|");
  });

  test('headers: one that is there twice, with odd case and bytes', async () => {
    const bytes = sent('GET / HTTP/1.1', [
      'hOsT: seen.localhost',
      'X-Odd: caf\xe9  \t${jndi',
      'x-oDD: two',
      'User-Agent: () { :;}; echo',
      'Connection: close',
    ]);
    const { requests } = await send(runOn('seen.localhost').door, bytes, 5000);
    const { transaction } = await seen(requests[0]);
    expect(transaction?.messages.map(({ details }) => details.data).join('\n')).toContain('() { :;}; echo');
    const fields = heard.at(-1)?.headers ?? [];
    const odd = fields.flatMap((name, n) =>
      n % 2 === 0 && name.toLowerCase() === 'x-odd' ? [`${name}: ${fields[n + 1]}`] : [],
    );
    expect(odd).toEqual(['X-Odd: caf\xe9  \t${jndi', 'x-oDD: two']);
  });

  test('bodies: all bytes, in chunks too', async () => {
    const body = Buffer.concat([
      Buffer.from("a='%20OR%201=1--%20&b="),
      Buffer.from(Array.from({ length: 256 }, (_, n) => n)),
    ]);
    const type = 'Content-Type: application/x-www-form-urlencoded';
    const whole = sent(
      'POST / HTTP/1.1',
      ['Host: seen.localhost', type, `Content-Length: ${body.length}`],
      body,
    );
    const chunk = (part: Buffer) =>
      Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]);
    const chunked = sent(
      'POST / HTTP/1.1',
      ['Host: seen.localhost', type, 'Transfer-Encoding: chunked'],
      Buffer.concat([chunk(body.subarray(0, 5)), chunk(body.subarray(5)), Buffer.from('0\r\n\r\n')]),
    );
    for (const bytes of [whole, chunked]) {
      const { requests } = await send(runOn('seen.localhost').door, bytes, 5000);
      expect(heard.at(-1)?.body).toEqual(body);
      const { transaction } = await seen(requests[0]);
      expect(transaction?.messages.map(({ details }) => details.ruleId)).toContain('942100');
      expect(transaction?.messages.map(({ details }) => details.match).join('\n')).toContain(
        "a='%20OR%201=1",
      );
    }
  });

  test('raw requests go byte for byte; of two on one connection the rules see both', async () => {
    const { tests } = await readSuite(samples);
    const raw = tests.find(({ id }) => id === 'smuggle-raw')?.stages[0]?.input;
    expect(raw && requestsOf(raw, 'localhost', { cookies: [] })[0]?.toString()).toContain(
      'Content-Length : 5\r\n\r\nHELLO',
    );
    const one = (q: string) => sent(`GET /?q=${q} HTTP/1.1`, ['Host: seen.localhost']);
    const { requests } = await send(
      runOn('seen.localhost').door,
      Buffer.concat([one('%3Cscript%3E1'), one('../../etc/passwd')]),
      5000,
    );
    expect(requests).toHaveLength(2);
    const rules = await Promise.all(
      requests.map(async (id) => (await seen(id)).transaction?.messages.map(({ details }) => details.ruleId)),
    );
    expect(rules[0]).toContain('941110');
    expect(rules[1]).toContain('930120');
  });
});
