import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { childrenOf } from '../../lib/testing-memory.ts';
import type { Waf } from '../../model/waf.ts';
import { publication, service, site } from './testing.ts';
import {
  type Ask,
  type Backend,
  backend,
  type RunningGateway,
  startGateway,
  testAuthority,
} from './testing-gateway.ts';
import { waf } from './testing-waf.ts';

// One long field: expressions of the CRS took minutes of a worker over some (lib/crs-bounds.ts).

let app: Backend;
let gateway: RunningGateway;
let workers: readonly number[];

const walled = (name: string, more: Partial<Waf> = {}) =>
  publication(name, 'app', { scenario: 'proxy+waf', waf: waf(more) });

beforeAll(async () => {
  app = await backend('app', (incoming, outgoing) => {
    incoming.resume();
    outgoing.end();
  });
  gateway = await startGateway(
    (ports) =>
      site(
        [service('app', app.url)],
        [1, 2, 4].map((paranoia) =>
          walled(`level${paranoia}.localhost`, {
            mode: 'observe',
            paranoia: paranoia as 1 | 2 | 4,
            requestBody: 400_000,
          }),
        ),
        ports,
      ),
    await testAuthority('gateway'),
  );
  workers = await vi.waitFor(async () =>
    childrenOf(Number(await readFile(join(gateway.prefix, 'run/nginx.pid'), 'utf8'))),
  );
});

afterAll(async () => {
  await gateway?.stop();
  app?.close();
});

/** Seconds of processor time that the workers have taken (proc(5): utime and stime, in hundredths). */
const cpu = async () => {
  const stats = await Promise.all(workers.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8')));
  return stats
    .flatMap((stat) =>
      stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .slice(11, 13),
    )
    .reduce((sum, ticks) => sum + Number(ticks) / 100, 0);
};

const long = 126_000;
const field = (text: string): Ask => {
  const body = `{"report":${JSON.stringify(text)}}`;
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return { method: 'POST', headers, body };
};
const filled = (unit: string, length = long) => unit.repeat(Math.ceil(length / unit.length)).slice(0, length);

const took = async (host: string, text: string) => {
  const before = await cpu();
  const { status } = await gateway.get(host, '/', field(text));
  return { status, seconds: (await cpu()) - before };
};

test.each(['level1.localhost', 'level4.localhost'])(
  '%s: no text of a field takes far longer than an honest one',
  async (host) => {
    const honest = await took(
      host,
      filled("Le patient revient, l'examen est normal; on le revoit dans un mois.\n"),
    );
    expect(honest.status).toBe(200);
    const slow: string[] = [];
    for (const text of [
      ...[
        '{',
        '<',
        '"',
        "' ",
        '\n',
        ' ',
        '/*',
        '(if ',
        '=',
        ';',
        '-',
        '|',
        '[)',
        ';select ',
        'or ',
        '(',
        '& ',
        '\t',
      ].map((unit) => filled(unit)),
      ...['union ', 'or ', '(-', "'is", "'1"].map((begin) => begin + filled(begin === "'is" ? '.' : ' ')),
    ]) {
      const { status, seconds } = await took(host, text);
      if (status !== 200 || seconds > 1 + 10 * honest.seconds)
        slow.push(`${text.slice(0, 12)}: ${status} ${seconds}`);
    }
    expect(slow).toEqual([]);
  },
  120_000,
);

test('where SQL was found often enough, the next level is not asked for it', async () => {
  const each = encodeURIComponent("1' OR '1'='1' UNION SELECT a FROM b;--");
  const rulesOf = async (fields: number) => {
    const body = Array.from({ length: fields }, (_, n) => `f${n}=${each}`).join('&');
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': Buffer.byteLength(body),
    };
    const { headers: answered } = await gateway.get('level2.localhost', '/', {
      method: 'POST',
      headers,
      body,
    });
    const line = async () =>
      (await readFile(join(gateway.prefix, 'log/waf.log'), 'utf8'))
        .split('\n')
        .find((one) => one.includes(String(answered['x-request-id']))) ?? '';
    await expect.poll(line, { timeout: 20_000 }).not.toBe('');
    const found = await line();
    return [942100, 942180].map((rule) => found.includes(`"ruleId":"${rule}"`));
  };
  expect(await rulesOf(1)).toEqual([true, true]);
  expect(await rulesOf(300)).toEqual([true, false]);
});
