import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Waf } from '../../model/waf.ts';
import { publication, service, site } from './testing.ts';
import {
  type Backend,
  backend,
  type RunningGateway,
  startGateway,
  testAuthority,
  told,
} from './testing-gateway.ts';

// The web application firewall, on a real nginx with the rules of Debian.

let gateway: RunningGateway;
let app: Backend;

const waf = (more: Partial<Waf> = {}): Waf => ({
  mode: 'block',
  paranoia: 1,
  thresholds: { inbound: 5, outbound: 4 },
  requestBody: 128_000,
  applications: [],
  skip: [],
  exclusions: [],
  pointer: '/publications/erp.localhost/waf',
  ...more,
});

const walled = (name: string, more: Partial<Waf> = {}) =>
  publication(name, 'app', { scenario: 'proxy+waf', waf: waf(more) });

const attack = `/?q=${encodeURIComponent('<script>alert(1)</script>')}`;

/** The lines of the firewall's log that tell of a request. */
const logged = async (request: string): Promise<string[]> =>
  (await readFile(join(gateway.prefix, 'log/waf.log'), 'utf8'))
    .split('\n')
    .filter((l) => l.includes(request));

beforeAll(async () => {
  app = await backend('app');
  gateway = await startGateway(
    (ports) =>
      site(
        [service('app', app.url)],
        [
          walled('erp.localhost'),
          walled('seen.localhost', { mode: 'observe' }),
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

describe('what looks like an attack', () => {
  test('does not reach the service, and who sent it is told with a number that the log knows', async () => {
    const { status, headers, body } = await gateway.get('erp.localhost', attack);
    expect(status).toBe(403);
    expect(body).toContain('looks like an attack');
    const request = String(headers['x-request-id']);
    expect(body).toContain(request);
    const lines = await logged(request);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ transaction: { unique_id: request } });
  });

  test('goes through where it is only looked at, and is told of', async () => {
    const answer = await gateway.get('seen.localhost', attack);
    expect(answer.status).toBe(200);
    expect(told(answer).url).toBe(attack);
    expect(await logged(String(answer.headers['x-request-id']))).toHaveLength(1);
  });

  test('is nothing to a publication without a firewall', async () => {
    expect((await gateway.get('plain.localhost', attack)).status).toBe(200);
  });
});

test('an honest request goes through, and no log tells of it', async () => {
  const answer = await gateway.get('erp.localhost', '/?q=hello');
  expect(answer.status).toBe(200);
  expect(await logged(String(answer.headers['x-request-id']))).toEqual([]);
});
