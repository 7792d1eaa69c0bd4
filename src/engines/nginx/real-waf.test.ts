import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http2 from 'node:http2';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Waf, WafExclusion } from '../../model/waf.ts';
import { parseWafEvent } from '../../waf/events.ts';
import { publication, route, service, site } from './testing.ts';
import { guarded, judge } from './testing-gate.ts';
import {
  type Ask,
  type Backend,
  backend,
  type RunningGateway,
  startGateway,
  testAuthority,
  told,
} from './testing-gateway.ts';
import { waf } from './testing-waf.ts';

// The web application firewall, on a real nginx with the rules of Debian.

let gateway: RunningGateway;
let app: Backend;

const walled = (name: string, more: Partial<Waf> = {}, rest: object = {}) =>
  publication(name, 'app', { scenario: 'proxy+waf', waf: waf(more), ...rest });

/** Limits that nobody reaches: where there are some, a request goes through two locations. */
const many = { options: { nginx: { limits: { requests: { count: 1000, per: 's' } } } } };

const exclusion = (rule: number, path: string, target?: string): WafExclusion => ({
  ...{ rule, path, why: 'known', pointer: '' },
  ...(target === undefined ? {} : { target }),
});

const script = '<script>alert(1)</script>';
const attack = `/?q=${encodeURIComponent(script)}`;
/** Four SQL rules of level 1 and more above; 942100 alone matches it at level 1. */
const sql = encodeURIComponent("1' OR '1'='1");

const ask = (host: string, path: string, more?: Ask) => gateway.get(host, path, more);
const statusOf = async (host: string, path: string, more?: Ask) => (await ask(host, path, more)).status;

/** The lines of the firewall's log that tell of a request. */
const logged = async (request: unknown): Promise<string[]> =>
  (await readFile(join(gateway.prefix, 'log/waf.log'), 'utf8'))
    .split('\n')
    .filter((each) => each.includes(String(request)));

const form = (body: string | Buffer, type = 'application/x-www-form-urlencoded'): Ask => ({
  method: 'POST',
  headers: { 'content-type': type, 'content-length': Buffer.byteLength(body) },
  body,
});

beforeAll(async () => {
  app = await backend('app', (incoming, outgoing) => {
    const [path] = (incoming.url ?? '').split('?');
    if (path === '/leak' || path === '/live/leak') {
      outgoing.setHeader('content-type', 'text/html');
      outgoing.end(
        `You have an error in your SQL syntax; ${'x'.repeat(200)} ${incoming.headers['accept-encoding']}`,
      );
      return;
    }
    if (path === '/own-404') outgoing.statusCode = 404;
    incoming.resume();
    outgoing.setHeader('content-type', 'application/json');
    outgoing.end(JSON.stringify({ name: 'app', url: incoming.url, headers: incoming.headers, port: 0 }));
  });
  app.server.on('upgrade', (_, socket) => {
    socket.on('error', () => {});
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n');
    socket.pipe(socket);
  });
  gateway = await startGateway(
    (ports) =>
      site(
        [service('app', app.url), service('live', app.url, { events: ['/live/'] }), service('zm', app.url)],
        [
          walled('erp.localhost'),
          walled('seen.localhost', { mode: 'observe' }),
          publication('plain.localhost', 'app'),
          walled('strict.localhost', { paranoia: 3 }),
          walled('lax.localhost', { thresholds: { inbound: 100, outbound: 100 } }),
          walled('laxest.localhost', { thresholds: { inbound: 100_000, outbound: 100 } }),
          walled('small.localhost', { requestBody: 1000 }),
          walled(
            'limited.localhost',
            {},
            { options: { nginx: { limits: { requests: { count: 4, per: 'm' } } } } },
          ),
          walled(
            'answers.localhost',
            { responseBody: 100_000 },
            {
              ...many,
              routes: [route('/', 'live')],
            },
          ),
          walled('excluded.localhost', {
            exclusions: [
              exclusion(942100, '/search', 'ARGS:q'),
              exclusion(942100, '/admin/', 'ARGS:sql[0]'),
              exclusion(942100, '/whole/'),
            ],
          }),
          walled(
            'skipped.localhost',
            { skip: ['/static/', '/health', '/zm/files/', '/live/files/', '/a+b(c)/'] },
            {
              ...many,
              routes: [
                ...[route('~\\.php$', 'app'), route('/', 'live'), route('>/zm/', 'zm')],
                ...[route('/static/app/', 'zm'), route('/a+b(c)/in/', 'zm')],
              ],
            },
          ),
          walled('skips-all.localhost', { skip: ['/'] }, many),
          walled('cloud.localhost', { applications: ['nextcloud'], methods: ['PUT'] }),
          walled('inside.localhost', {}, { audience: guarded(), ...many }),
          walled(
            'closed.localhost',
            {},
            { audience: { from: ['lan'], networks: ['10.0.0.0/24'], pointer: '' }, ...many },
          ),
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
  test.each(['; uname -a', '& ipconfig /all', '| whoami', 'x= uname -a'])(
    'is found however many blanks stand in it: %s',
    async (command) => {
      const many = encodeURIComponent(command.replace(' ', ' \t'.repeat(1500))).replaceAll('%20', '+');
      expect(await statusOf('erp.localhost', `/?q=${many}`)).toBe(403);
      expect(await statusOf('erp.localhost', `/?q=${encodeURIComponent(command)}`)).toBe(403);
    },
  );

  test('does not reach the service, and who sent it is told with a number that the log knows', async () => {
    const { status, headers, body } = await ask('erp.localhost', attack);
    expect(status).toBe(403);
    expect(body).toContain('looks like an attack');
    const request = String(headers['x-request-id']);
    expect(body).toContain(request);
    // The line is written once the answer was sent.
    await expect.poll(() => logged(request), { timeout: 10_000 }).toHaveLength(1);
    const lines = await logged(request);
    expect(lines[0]).not.toContain('<!doctype');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ transaction: { unique_id: request } });
    expect(lines[0]).toMatch(/"data":"erp_localhost block \d+ 5 0 4 "/);
  });

  test.each([
    ['what is found', attack],
    ['a fragment', '/#a'],
  ])(
    'for %s stands in the log once, and in the error log, though nginx looks again for the page',
    async (_, target) => {
      const { status, headers } = await ask('erp.localhost', target);
      expect(status).toBe(403);
      const request = String(headers['x-request-id']);
      await expect.poll(() => logged(request), { timeout: 10_000 }).toHaveLength(1);
      expect(JSON.parse((await logged(request))[0] ?? '')).toMatchObject({
        transaction: { response: { http_code: 403 } },
      });
      expect((await readFile(join(gateway.prefix, 'log/error.log'), 'utf8')).split(request)).toHaveLength(2);
    },
  );

  test('is told in French, and to programs in JSON', async () => {
    const french = await ask('erp.localhost', attack, { headers: { 'accept-language': 'fr' } });
    expect(french.body).toContain('ressemble à une attaque');
    const json = await ask('erp.localhost', attack, { headers: { accept: 'application/json' } });
    expect([json.status, JSON.parse(json.body)]).toEqual([
      403,
      { status: 403, why: 'blocked', request: json.headers['x-request-id'] },
    ]);
  });

  test('goes through where it is only looked at, and is told of', async () => {
    const answer = await ask('seen.localhost', attack);
    expect(answer.status).toBe(200);
    expect(told(answer).url).toBe(attack);
    await expect.poll(() => logged(answer.headers['x-request-id']), { timeout: 10_000 }).toHaveLength(1);
  });

  test('is nothing to a publication without a firewall', async () => {
    expect(await statusOf('plain.localhost', attack)).toBe(200);
  });

  test.each([
    ['a form', form(`q=${encodeURIComponent(script)}`)],
    ['JSON', form(JSON.stringify({ q: script }), 'application/json')],
    ['JSON of a kind', form(JSON.stringify({ q: script }), 'application/ld+json')],
    [
      'a large form',
      form(`${'a=b&'.repeat(200)}filler=${'x'.repeat(60_000)}&q=${encodeURIComponent(script)}`),
    ],
    ['XML', form(`<a>${"1' OR '1'='1"}</a>`, 'text/xml')],
    ['a header', { headers: { 'x-thing': script, referer: `http://a/${script}` } }],
    ['a cookie', { headers: { cookie: `a=${encodeURIComponent(script)}` } }],
    ['another method', { ...form(`q=${encodeURIComponent(script)}`), method: 'PUT' }],
  ] satisfies [string, Ask][])('is seen in %s', async (_, request) => {
    expect(await statusOf('erp.localhost', '/', request)).toBe(403);
  });

  test.each(['/nothing', '/.poterne/x', '/own-404'])('is seen at %s', async (path) => {
    expect([403, 404]).toContain(await statusOf('erp.localhost', `${path}${attack.slice(1)}`));
  });
});

test('an honest request goes through, and no log tells of it', async () => {
  for (const request of [{}, form('q=hello'), form('{"q":"hello"}', 'application/json')]) {
    const answer = await ask('erp.localhost', '/?q=hello', request);
    expect(answer.status).toBe(200);
    expect(await logged(answer.headers['x-request-id'])).toEqual([]);
  }
});

test('how much is looked for, and from which score it is refused, is each publication’s own', async () => {
  const odd = '/?q=a%00';
  const level3 = `/?q=${encodeURIComponent("it's; -- #")}`;
  expect(await statusOf('lax.localhost', attack)).toBe(200);
  expect(await statusOf('erp.localhost', level3)).toBe(200);
  expect(await statusOf('strict.localhost', level3)).toBe(403);
  expect(await statusOf('strict.localhost', odd)).toBe(403);
});

test.each([
  ['without a type', {}, `q=${encodeURIComponent(script)}`],
  ['of JSON without a type', {}, JSON.stringify({ q: script })],
  [
    'of parts that are no form-data',
    { 'content-type': 'multipart/related; boundary=B' },
    `--B\r\nContent-Disposition: form-data; name="q"\r\n\r\n${script}\r\n--B--\r\n`,
  ],
])('a body %s is read all the same', async (_, type, body) => {
  const headers = { ...type, 'content-length': Buffer.byteLength(body) };
  expect(await statusOf('erp.localhost', '/', { method: 'POST', headers, body })).toBe(403);
  const honest = { ...type, 'content-length': 5 };
  if (!('content-type' in type))
    expect(await statusOf('erp.localhost', '/', { method: 'POST', headers: honest, body: 'a=b&c' })).toBe(
      200,
    );
});

test('a body that is larger than what is looked at is refused as such', async () => {
  expect(await statusOf('small.localhost', '/', form(`q=${'a'.repeat(500)}`))).toBe(200);
  const { status, body } = await ask('small.localhost', '/', form(`q=${'a'.repeat(2000)}`));
  expect([status, body.includes('larger than this service accepts')]).toEqual([413, true]);
});

test('what is beyond a limit is not looked at; what is within it is, and reaches the service', async () => {
  const honest = await ask('limited.localhost', '/?q=hello', form('a=b'));
  expect([honest.status, told(honest).url]).toEqual([200, '/?q=hello']);
  expect(await statusOf('limited.localhost', attack)).toBe(403);
  expect(await statusOf('limited.localhost', '/', form(`q=${encodeURIComponent(script)}`))).toBe(403);
  expect(await statusOf('limited.localhost', '/nothing/..;/x#a')).toBe(403);
  const beyond = await ask('limited.localhost', attack);
  expect([beyond.status, beyond.headers['retry-after']]).toEqual([429, '15']);
  // Whoever asks next stands in the log, and they do not.
  const next = await ask('erp.localhost', attack);
  await expect.poll(() => logged(next.headers['x-request-id']), { timeout: 10_000 }).toHaveLength(1);
  expect(await logged(beyond.headers['x-request-id'])).toEqual([]);
});

test('what is made of nothing but attacks is refused before all rules were asked, where it is refused at all', async () => {
  const each = encodeURIComponent(`${script} ; cat /etc/passwd | sh' OR '1'='1' UNION SELECT a FROM b;--`);
  const many = Array.from({ length: 300 }, (_, n) => `a${n}=${each}`).join('&');
  const rulesOf = async (host: string, body: string) => {
    const { status, headers } = await ask(host, '/', form(body));
    const line = () => logged(headers['x-request-id']);
    await expect.poll(line, { timeout: 20_000 }).toHaveLength(1);
    const [told = ''] = await line();
    // A report says that something may be missing.
    return [status, /"ruleId":"942\d+"/.test(told), parseWafEvent(told)?.unfinished ?? false];
  };
  expect(await rulesOf('erp.localhost', `a=${each}`)).toEqual([403, true, false]);
  expect(await rulesOf('erp.localhost', many)).toEqual([403, false, true]);
  expect(await rulesOf('seen.localhost', many)).toEqual([200, false, true]);
  // Not refused: then every rule has its say.
  expect(await rulesOf('laxest.localhost', many)).toEqual([200, true, false]);
});

describe('what is excluded', () => {
  const q = `q=${sql}`;
  test.each([
    ['/search', 'at its path', 200],
    ['/search/more', 'not below it', 403],
    ['/searchmore', 'nor beside it', 403],
    ['/Search', 'nor written otherwise', 403],
    ['/./search', 'nor in another form', 403],
    ['//search', 'nor in another form', 403],
    ['/x/../search', 'nor in another form', 403],
    ['/%73earch', 'nor encoded', 403],
    ['/search;x', 'nor with parameters', 403],
    ['/search/', 'nor as a folder', 403],
    ['/whole/a', 'all below a folder', 200],
    ['/whole/../search2', 'unless that leads out of it', 403],
    ['/whole/..;/search2', 'or may', 403],
    ['/whole/%2e%2e/search2', 'or may', 403],
    ['/whole/..%2fsearch2', 'or may', 403],
    ['/whole/a\\..\\b', 'or may', 403],
    ['/whole', 'and not the folder itself', 403],
  ])('%s: %s', async (path, _, status) => {
    expect(await statusOf('excluded.localhost', `${path}?${q}`)).toBe(status);
  });

  test.each([
    [`/search?a=${sql}`, 403],
    [`/search?Q=${sql}`, 403],
    [`/search?qq=${sql}`, 403],
    [`/search?q%20=${sql}`, 403],
    [`/search?q=1&a=${sql}`, 403],
    [`/search?q=${encodeURIComponent(script)}`, 403],
    [`/admin/x?sql[0]=${sql}`, 200],
    [`/admin/x?sql%5B0%5D=${sql}`, 200],
    [`/admin/x?sql[1]=${sql}`, 403],
    [`/admin/x?sql0=${sql}`, 403],
  ])('%s: %i', async (path, status) => {
    expect(await statusOf('excluded.localhost', path)).toBe(status);
  });

  test('is excluded in what is posted too, and in no other publication', async () => {
    expect(await statusOf('excluded.localhost', '/search', form(`q=${sql}`))).toBe(200);
    expect(await statusOf('erp.localhost', `/search?q=${sql}`)).toBe(403);
    // Neither the name in the header nor that of TLS chooses another publication's exclusions.
    expect(
      await statusOf('erp.localhost', `/search?q=${sql}`, { headers: { host: 'excluded.localhost' } }),
    ).not.toBe(200);
  });
});

describe('what is not looked at', () => {
  const q = attack.slice(1);
  test.each([
    ['/static/a.css', 200],
    ['/static/app/x', 200],
    ['/health', 200],
    ['/health?x=1&', 200],
    ['/zm/files/x', 200],
    ['/zm/files/a.php', 403],
    ['/static/a.php', 403],
    ['/live/files/x', 200],
    ['/live/x', 403],
    ['/a+b(c)/x', 200],
    ['/aab(c)/x', 403],
    ['/a+b(c)/in/x', 200],
    ['/health%0a', 403],
    ['/health%0d', 403],
    ['/static%2fa', 403],
    ['/x/static/a', 403],
    ['/%73tatic/a', 200],
    ['/static/%2e%2e%2fadmin', 403],
    ['/static/.%2e/admin', 403],
    ['/static/a%20/x', 403],
    ['/static/a%3fb', 403],
    ['/static%c0%af../admin', 403],
    ['/zm/other', 403],
    ['/health/x', 403],
    ['/healthy', 403],
    ['/STATIC/a', 403],
    ['/static', 403],
    ['/static/../admin', 403],
    ['/static/..;/admin', 403],
    ['/static/..%2fadmin', 403],
    ['/static/%2e%2e/admin', 403],
    ['/static/a;x', 403],
    ['//static/a', 403],
    ['/static/%c0%ae%c0%ae/a', 403],
    ['/static/..%c0%afa', 403],
    ['/static/%25252e%25252e/a', 403],
    ['/x/../static/a', 403],
  ])('%s: %i', async (path, status) => {
    expect(await statusOf('skipped.localhost', `${path}${q}`)).toBe(status);
  });

  test('may be all that there is', async () => {
    expect(await statusOf('skips-all.localhost', attack)).toBe(200);
    expect(await statusOf('skips-all.localhost', `/a/..;/b${q}`)).toBe(403);
  });

  test('reaches its service as before', async () => {
    expect((await ask('skipped.localhost', '/static')).status).toBe(200);
    expect(told(await ask('skipped.localhost', '/zm/files/a%20b?x=1')).url).toBe('/files/a%20b?x=1');
    expect(told(await ask('skipped.localhost', '/static/a%20b?x=1')).url).toBe('/static/a%20b?x=1');
  });
});

test('answers are looked at where that is asked for, and cut off', async () => {
  expect(await statusOf('erp.localhost', '/leak')).toBe(200);
  const leaked = await ask('answers.localhost', '/leak').then(
    ({ status, body }) => `${status} ${body}`,
    () => 'cut off',
  );
  expect(leaked).not.toContain('SQL syntax');
  // A stream is passed on as it comes.
  expect((await ask('answers.localhost', '/live/leak')).body).toContain('SQL syntax');
});

test('an application whose ways are known is let have them, and a method that its service knows', async () => {
  const path = `/remote.php/webdav${attack}`;
  expect(await statusOf('erp.localhost', path)).toBe(403);
  expect(await statusOf('cloud.localhost', path)).toBe(200);
  expect(await statusOf('cloud.localhost', attack)).toBe(403);
  const put: Ask = { ...form('a=b'), method: 'PUT' };
  expect(await statusOf('erp.localhost', '/', put)).toBe(403);
  expect(await statusOf('cloud.localhost', '/', put)).toBe(200);
});

test('HTTP/2 and what opens a WebSocket are looked at too; a WebSocket passes', async () => {
  const { httpsPort } = gateway.site.gateway;
  const connection = (ALPNProtocols: string[]) =>
    tls.connect({
      ...{ host: '127.0.0.1', port: httpsPort, servername: 'erp.localhost', ca: gateway.authority.pem },
      ALPNProtocols,
    });
  const session = http2.connect(`https://erp.localhost:${httpsPort}`, {
    createConnection: () => connection(['h2']),
  });
  const over2 = async (path: string) => {
    const stream = session.request({ ':path': path });
    const [headers] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
    stream.resume();
    return headers[':status'];
  };
  expect([await over2('/'), await over2(attack)]).toEqual([200, 403]);
  session.close();
  const upgraded = async (path: string) => {
    const socket = connection(['http/1.1']);
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: erp.localhost\r\nUser-Agent: a\r\nAccept: */*\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n`,
    );
    const [first] = (await once(socket, 'data')) as [Buffer];
    if (`${first}`.includes(' 101 ')) socket.write(script);
    const said = `${first}`.includes(' 101 ') ? `${((await once(socket, 'data')) as [Buffer])[0]}` : '';
    socket.destroy();
    return `${first}`.split(' ')[1] + said;
  };
  expect(await upgraded('/ws')).toBe(`101${script}`);
  expect(await upgraded(`/ws${attack.slice(1)}`)).toBe('403');
});

test('the daemon is asked about who may enter once, unseen by the firewall, and attacks of those it lets in are refused', async () => {
  const judging = await judge(join(gateway.state, 'entry/entry.sock'));
  const cookie = { headers: { cookie: '__Host-poterne=alice.x' } };
  try {
    expect((await ask('inside.localhost', '/')).status).toBe(401);
    expect(await statusOf('inside.localhost', '/', cookie)).toBe(200);
    expect(await statusOf('inside.localhost', attack, cookie)).toBe(403);
    const asked = judging.asked.length;
    // Who is not signed in is looked at before anybody is asked.
    expect((await ask('inside.localhost', attack)).body).toContain('looks like an attack');
    expect(judging.asked.length).toBe(asked);
  } finally {
    judging.server.close();
  }
});

test('who is not let in by their network hears of that, attack or not', async () => {
  const { status, body } = await ask('closed.localhost', '/');
  expect([status, body.includes('yours is not one of them')]).toEqual([403, true]);
  expect(await statusOf('closed.localhost', attack)).toBe(403);
});
