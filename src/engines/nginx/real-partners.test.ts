import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../../lib/testing-ports.ts';
import type { Partner } from '../../model/partner.ts';
import { partner, site } from './testing.ts';
import { type RunningGateway, startGateway, type TestAuthority, testAuthority } from './testing-gateway.ts';
import { clientFile, raw, type TestPartner, testPartner } from './testing-partner.ts';

/** Calls of partners through a real nginx, to a partner that asks for a certificate: what passes, and what must not. */

let theirs: TestAuthority;
let ours: TestAuthority;
let there: TestPartner;
/** Its authority is not a root. */
let under: TestPartner;
let gateway: RunningGateway;
let client: string;
let door: number;

/** The status of an answer, and its body. */
const read = (answer: string) => ({
  status: Number(/^HTTP\/1\.[01] (\d+)/.exec(answer)?.[1]),
  head: answer.split('\r\n\r\n')[0] ?? '',
  body: answer.slice(answer.indexOf('\r\n\r\n') + 4),
});

const ask = async (line: string, headers: readonly string[] = ['Host: gateway'], body = '') =>
  read(await raw({ port: door }, `${[line, ...headers].join('\r\n')}\r\n\r\n${body}`));

beforeAll(async () => {
  [theirs, ours] = await Promise.all([testAuthority('Partner root'), testAuthority('Our root')]);
  there = await testPartner(theirs, ours);
  client = await clientFile(ours);
  const ca = join(client, '../ca.pem');
  await writeFile(ca, theirs.pem);
  await writeFile(join(client, '../other.pem'), ours.pem);
  const folder = join(client, '..');
  const chain = await chained(folder);
  under = await testPartner({ pem: '', issue: async () => chain }, ours);
  const elsewhere = `https://127.0.0.1:${under.port}/v1/`;
  const trusting = (file: string) => ({
    ...base,
    trust: { ca: join(folder, file), name: 'partner.example' },
  });
  const tls = {
    kind: 'client',
    name: 'to-api',
    shows: { kind: 'files', certificate: client, key: client },
    pointer: '/tls-configurations/to-api',
  } as const;
  const at = (path: string, n = 0) => ({ path, pointer: `/partners/api/paths/${n}` });
  const url = `https://127.0.0.1:${there.port}/v1/`;
  const base: Partial<Partner> = {
    tls,
    trust: { ca, name: 'partner.example' },
    networks: ['127.0.0.1/32'],
    paths: [at('/endpoint'), at('/files é/', 1)],
  };
  door = await freePort();
  gateway = await startGateway((ports) => {
    return site(
      [],
      [],
      {
        ...ports,
        trustedFronts: ['127.0.0.1/32'],
        partners: { listen: ['127.0.0.1'], port: door, pointer: '/gateway/partners' },
      },
      [
        partner('api', url, { ...base, socket: join(client, '../api.sock') }),
        partner('whole', url, { ...base, paths: [at('/')] }),
        partner('far', url, { ...base, networks: ['10.0.0.0/24'] }),
        partner('closed', url, { ...base, networks: [], socket: join(client, '../closed.sock') }),
        partner('anonymous', url, { trust: { ca, name: 'partner.example' }, networks: ['127.0.0.1/32'] }),
        partner('misnamed', url, { ...base, trust: { ca, name: 'other.example' } }),
        partner('untrusted', url, {
          ...base,
          trust: { ca: join(client, '../other.pem'), name: 'partner.example' },
        }),
        partner('root', elsewhere, trusting('root.crt')),
        partner('one', elsewhere, trusting('one.trusted')),
        partner('two', elsewhere, trusting('two.trusted')),
        partner('bare', elsewhere, trusting('one.crt')),
        partner('small', url, { ...base, size: 10 }),
      ],
    );
  }, ours);
}, 180_000);

afterAll(async () => {
  there?.close();
  under?.close();
  await gateway?.stop();
});

beforeEach(() => {
  there.asked.length = 0;
});

/** A root, two authorities under it, and the chain of a partner whose certificate is from the first. */
async function chained(folder: string) {
  const openssl = (...argv: string[]) => promisify(execFile)('openssl', argv, { cwd: folder });
  const make = (name: string, by: string | undefined, ...more: string[]) =>
    openssl(
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-keyout', `${name}.key`, '-out', `${name}.crt`, '-subj', `/CN=${name}`],
      ...(by === undefined ? [] : ['-CA', `${by}.crt`, '-CAkey', `${by}.key`]),
      ...more,
    );
  await make('root', undefined);
  await Promise.all([make('one', 'root'), make('two', 'root')]);
  await make('leaf', 'one', '-addext', 'subjectAltName=DNS:partner.example');
  for (const name of ['one', 'two'])
    await openssl('x509', '-in', `${name}.crt`, '-addtrust', 'serverAuth', '-out', `${name}.trusted`);
  const parts = ['leaf.key', 'leaf.crt', 'one.crt'].map((file) => readFile(join(folder, file), 'utf8'));
  return (await Promise.all(parts)).join('\n');
}

const calls = async () => {
  await delay(50);
  return (await readFile(join(gateway.prefix, 'log/partners.log'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
};

describe('a call', () => {
  test('reaches the partner with our certificate, below the path that is its own, and keeps what the caller says', async () => {
    const body = 'x'.repeat(100_000);
    const { status, body: answer } = await ask(
      'POST /api/endpoint/a?key=secret HTTP/1.1',
      ['Host: gateway:8180', 'Authorization: Bearer abc', 'Cookie: a=b', `Content-Length: ${body.length}`],
      body,
    );
    expect([status, answer]).toEqual([
      200,
      expect.stringContaining('partner POST /v1/endpoint/a?key=secret'),
    ]);
    const [asked] = there.asked;
    expect(asked).toMatchObject({
      method: 'POST',
      url: '/v1/endpoint/a?key=secret',
      body,
      headers: { host: `127.0.0.1:${there.port}`, authorization: 'Bearer abc', cookie: 'a=b' },
    });
    expect(asked?.serial).toMatch(/^[0-9A-F]+$/);
  });

  test('keeps its path, encoded as it must be; a path with a final slash is not one itself', async () => {
    expect((await ask('GET /api/files%20%C3%A9/a%3Bb+c HTTP/1.1')).status).toBe(200);
    expect(there.asked[0]?.url).toBe('/v1/files%20%C3%A9/a;b+c');
    expect((await ask('GET /api/files%20%C3%A9 HTTP/1.1')).status).toBe(403);
  });

  test('is logged without its query, with what became of the partner’s certificate', async () => {
    await ask('GET /api/endpoint?key=secret HTTP/1.1');
    const line = (await calls()).at(-1);
    expect(line).toMatchObject({
      partner: 'api',
      caller: '127.0.0.1',
      method: 'GET',
      path: '/api/endpoint',
      status: 200,
      refused: '',
      partnerCertificate: 'verified',
    });
    expect(JSON.stringify(line)).not.toContain('secret');
  });

  test('uses a kept connection to the partner, while the caller’s own is closed after each', async () => {
    const first = await ask('GET /api/endpoint HTTP/1.1');
    for (let n = 0; n < 5; n++) await ask('GET /api/endpoint HTTP/1.1');
    expect(first.head).toMatch(/^Connection: close$/im);
    expect(new Set(there.asked.map(({ connection }) => connection)).size).toBeLessThan(6);
  });

  test('through the socket needs no address, and leads to that partner only', async () => {
    const path = join(client, '../closed.sock');
    expect(read(await raw({ path }, 'GET /closed/endpoint HTTP/1.1\r\nHost: a\r\n\r\n')).status).toBe(200);
    expect(read(await raw({ path }, 'GET /api/endpoint HTTP/1.1\r\nHost: a\r\n\r\n')).status).toBe(403);
    expect((await ask('GET /closed/endpoint HTTP/1.1')).status).toBe(403);
  });

  test('comes back with a redirect that stays at the gateway, and with the partner’s own failures', async () => {
    expect((await ask('GET /whole/moved HTTP/1.1')).head).toMatch(/^Location: \/whole\/endpoint\/there$/im);
    const failing = await ask('GET /api/endpoint/failing HTTP/1.1');
    expect([failing.status, failing.body]).toEqual([502, expect.stringContaining('own failure')]);
  });
});

describe('refused before anything is asked of the partner', () => {
  const chunked = ['Host: gateway', 'Transfer-Encoding: chunked'];
  test.each<[string, string, number, (string | undefined)?, (readonly string[])?, string?]>([
    ['another machine', 'GET /far/endpoint HTTP/1.1', 403, 'caller'],
    [
      'another machine that says it is one',
      'GET /far/endpoint HTTP/1.1',
      403,
      'caller',
      ['Host: a', 'X-Forwarded-For: 10.0.0.5', 'X-Real-IP: 10.0.0.5'],
    ],
    ['another path', 'GET /api/admin HTTP/1.1', 403, 'path'],
    ['a path that only begins like one', 'GET /api/endpoints HTTP/1.1', 403, 'path'],
    ['a path in other letters', 'GET /api/ENDPOINT HTTP/1.1', 403, 'path'],
    ['another method', 'DELETE /api/endpoint HTTP/1.1', 403, 'method'],
    ['a method in small letters', 'get /api/endpoint HTTP/1.1', 400],
    ['another partner', 'GET /nobody/endpoint HTTP/1.1', 403, 'unknown'],
    ['nothing', 'GET / HTTP/1.1', 403, 'unknown'],
    ['dots', 'GET /api/endpoint/../admin HTTP/1.1', 400, 'form'],
    ['dots at the end', 'GET /api/endpoint/.. HTTP/1.1', 400, 'form'],
    ['a dot', 'GET /api/./endpoint HTTP/1.1', 400, 'form'],
    ['encoded dots', 'GET /api/endpoint/%2e%2e/admin HTTP/1.1', 400, 'form'],
    ['half encoded dots', 'GET /api/endpoint/.%2E/admin HTTP/1.1', 400, 'form'],
    ['dots encoded twice', 'GET /api/endpoint/%252e%252e%252fadmin HTTP/1.1', 400, 'form'],
    ['dots with parameters', 'GET /api/endpoint/..;/admin HTTP/1.1', 400, 'form'],
    ['dots with encoded parameters', 'GET /api/endpoint/..%3b/admin HTTP/1.1', 400, 'form'],
    ['an encoded slash', 'GET /api/endpoint/a%2fb HTTP/1.1', 400, 'form'],
    ['an encoded slash before', 'GET /api%2fendpoint HTTP/1.1', 400, 'form'],
    ['a backslash', 'GET /api/endpoint/..\\admin HTTP/1.1', 400, 'form'],
    ['an encoded backslash', 'GET /api/endpoint/..%5cadmin HTTP/1.1', 400, 'form'],
    ['two slashes', 'GET /api//endpoint HTTP/1.1', 400, 'form'],
    ['two slashes before a host', 'GET //evil.example/api/endpoint HTTP/1.1', 400, 'form'],
    ['an end of line in the path', 'GET /api/endpoint/%0d%0aHost:%20evil HTTP/1.1', 400, 'form'],
    ['a null', 'GET /api/endpoint/%00 HTTP/1.1', 400],
    ['a fragment', 'GET /api/endpoint#/../admin HTTP/1.1', 400, 'form'],
    ['a URL of another host', 'GET http://evil.example/api/endpoint HTTP/1.1', 400, 'form'],
    ['a URL of https', 'GET https://evil.example/api/endpoint HTTP/1.1', 400, 'form'],
    ['a URL of the partner', 'GET https://partner.example/v1/admin HTTP/1.1', 400, 'form'],
    ['CONNECT', 'CONNECT evil.example:443 HTTP/1.1', 400],
    ['CONNECT to the partner', 'CONNECT partner.example:443 HTTP/1.1', 400],
    ['TRACE', 'TRACE /api/endpoint HTTP/1.1', 405],
    ['a star', 'OPTIONS * HTTP/1.1', 400],
    [
      'a Connection that names a header',
      'GET /api/endpoint HTTP/1.1',
      400,
      'form',
      ['Host: a', 'Connection: close, Authorization'],
    ],
    [
      'a page of another site',
      'POST /api/endpoint HTTP/1.1',
      403,
      'browser',
      ['Host: a', 'Sec-Fetch-Site: cross-site', 'Content-Length: 0'],
    ],
    ['no Host', 'GET /api/endpoint HTTP/1.1', 400, undefined, ['Accept: */*']],
    [
      'two lengths',
      'POST /api/endpoint HTTP/1.1',
      400,
      undefined,
      ['Host: a', 'Content-Length: 1', 'Content-Length: 2'],
      'ab',
    ],
    [
      'a length and chunks',
      'POST /api/endpoint HTTP/1.1',
      400,
      undefined,
      [...chunked, 'Content-Length: 3'],
      '0\r\n\r\n',
    ],
    [
      'chunks by another name',
      'POST /api/endpoint HTTP/1.1',
      501,
      undefined,
      ['Host: a', 'Transfer-Encoding: xchunked'],
      '0\r\n\r\n',
    ],
    ['chunks that are none', 'POST /api/endpoint HTTP/1.1', 400, undefined, chunked, 'zz\r\n\r\n'],
    [
      'too large a body',
      'POST /small/endpoint HTTP/1.1',
      413,
      'large',
      ['Host: a', 'Content-Length: 11'],
      'x'.repeat(11),
    ],
  ])('%s', async (_, line, status, error, headers = ['Host: gateway'], body = '') => {
    const answer = await ask(line, headers, body);
    expect(answer.status).toBe(status);
    expect(there.asked).toEqual([]);
    if (error !== undefined) expect(JSON.parse(answer.body)).toMatchObject({ error });
  });

  test('a second request hidden behind the first one', async () => {
    const first = 'GET /api/endpoint HTTP/1.1\r\nHost: a\r\n\r\n';
    const answer = await raw({ port: door }, `${first}GET /api/endpoint/second HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(there.asked.map(({ url }) => url)).toEqual(['/v1/endpoint']);
    there.asked.length = 0;
    await ask(
      'POST /api/endpoint HTTP/1.1',
      chunked,
      '0\r\n\r\nGET /api/endpoint/second HTTP/1.1\r\nHost: a\r\n\r\n',
    );
    expect(there.asked.map(({ url }) => url)).toEqual(['/v1/endpoint']);
  });
});

describe('what a caller says', () => {
  test('chooses no other host, and what is meant for one hop ends here', async () => {
    const hops = [
      'TE: trailers',
      'Keep-Alive: 5',
      'Upgrade: h2c',
      'Trailer: X',
      'Proxy-Authorization: Basic eA==',
    ];
    const inside = [
      'X-Forwarded-For: 10.0.0.5',
      'X-Real-IP: 10.0.0.5',
      'Forwarded: for=10.0.0.5',
      'Via: 1.1 inside',
    ];
    const { status } = await ask('GET /api/endpoint HTTP/1.1', [
      ...[
        'Host: evil.example',
        'Connection: Upgrade, HTTP2-Settings',
        'HTTP2-Settings: AAMAAABkAAQAAP__',
        'X_Under: 1',
      ],
      ...hops,
      ...inside,
      'X-Own: kept',
    ]);
    expect(status).toBe(200);
    const { host, 'x-own': own, connection, ...rest } = there.asked[0]?.headers ?? {};
    expect([host, own, rest]).toEqual([`127.0.0.1:${there.port}`, 'kept', {}]);
    expect(connection === undefined || connection === 'keep-alive').toBe(true);
  });
});

test('a trust file that holds an authority in the middle, trusted for servers, accepts what is below that one alone', async () => {
  const status = async (name: string) => (await ask(`GET /${name}/endpoint HTTP/1.1`)).status;
  expect([await status('root'), await status('one'), await status('two'), await status('bare')]).toEqual([
    200, 200, 502, 502,
  ]);
});

describe('a partner that must not be trusted', () => {
  test.each([
    ['misnamed', /upstream SSL certificate does not match "other.example"/],
    ['untrusted', /upstream SSL certificate verify error: \(\d+:unable to verify/],
    ['anonymous', /alert (number 116|certificate required)|tlsv13 alert certificate required/i],
  ])('%s: 502, and the log says why', async (name, why) => {
    const answer = await ask(`GET /${name}/endpoint HTTP/1.1`);
    expect([answer.status, JSON.parse(answer.body).error]).toEqual([502, 'unreachable']);
    expect(there.asked).toEqual([]);
    expect(await readFile(join(gateway.prefix, 'log/partners-error.log'), 'utf8')).toMatch(why);
    const line = (await calls()).at(-1);
    expect(line).toMatchObject({ partner: name, status: 502, refused: 'unreachable' });
    expect(line?.partnerCertificate).toBe(name === 'anonymous' ? 'verified' : 'none');
  });
});
