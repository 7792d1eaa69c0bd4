import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { liveConnections } from '../../daemon/cut/live.ts';
import { type Guarded, startGuarded } from './testing-guarded.ts';
import {
  asking,
  connect,
  type Fields,
  frameTypes,
  headers,
  initialWindow,
  reset,
  room,
  settings,
} from './testing-h2.ts';

// What nginx itself tells of connections, by which a cut finds them (`render/cut.ts`).

let gate: Guarded;

beforeAll(async () => {
  gate = await startGuarded();
});
afterAll(() => gate?.stop());
beforeEach(() => gate.begin());

const lines = async () =>
  (await readFile(join(gate.gateway.prefix, 'log/sightings.log'), 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' '));

/** Where the one connection was seen that came meanwhile. */
async function places(visit: () => Promise<unknown>): Promise<string[]> {
  const before = (await lines()).length;
  await visit();
  return vi.waitFor(async () => {
    const seen = (await lines()).slice(before);
    expect(new Set(seen.map((words) => words[1])).size).toBe(1);
    // Nothing that a service says.
    for (const words of seen) expect(words.slice(13)).toEqual(['-', '-', '-', '-']);
    return [...new Set(seen.map((words) => words[11] as string))];
  });
}

test('a connection is told before its answer has ended', async () => {
  const before = (await lines()).length;
  const { httpsPort } = gate.gateway.site.gateway;
  const end = new AbortController();
  const request = https.request({
    ...{ host: '127.0.0.1', port: httpsPort, servername: 'open.localhost', path: '/live', agent: false },
    ...{ headers: { host: 'open.localhost' }, ca: gate.authority.pem, signal: end.signal },
  });
  request.on('error', () => undefined).end();
  const [response] = await once(request, 'response');
  response.on('error', () => undefined);
  const port = request.socket?.localPort;
  const seen = (await lines()).slice(before);
  end.abort();
  expect(seen).toHaveLength(1);
  expect(seen[0]?.[0]).toMatch(/^\d+\.\d{3}-0\.\d{3}$/);
  expect(seen[0]?.slice(2)).toEqual([
    ...['127.0.0.1', `${port}`, '127.0.0.1', `${httpsPort}`, '-', '-', '-', '-'],
    ...['127.0.0.1', 'open_localhost', '', '-', '-', '-', '-'],
  ]);
});

test('a service is not believed', async () => {
  expect(await places(() => gate.gateway.get('open.localhost', '/answer/404'))).toEqual(['open_localhost']);
});

const good = asking('open.localhost', '/');
const nameless: Fields = good.filter(([name]) => name !== ':authority');

test.each([
  ['of another name', [headers(1, asking('erp.localhost', '/'))], '=open.localhost'],
  ['of no name', [headers(1, nameless)], '=open.localhost'],
  ['taken back', [headers(1, good), reset(1)], 'open_localhost'],
])('an HTTP/2 connection is told whose first request is one %s', async (_, first, told) => {
  const { httpsPort } = gate.gateway.site.gateway;
  const seen = await places(async () => {
    const connection = await connect(httpsPort, 'open.localhost');
    await connection.write(...first, headers(3, good));
    expect((await connection.answer(3)).status).toBe(200);
    connection.end();
  });
  expect(seen).toEqual([...new Set([told, 'open_localhost'])]);
});

test.each([
  ['misdirected', asking('erp.localhost', '/')],
  ['of the gateway alone', asking('open.localhost', '/.poterne/seen')],
  ['no request', nameless],
  ['too large', asking('open.localhost', '/', [['content-length', '99999999999']], 'POST')],
])(
  'a connection is told that goes on beside a request that is %s and whose answer nobody takes',
  async (_, waiting) => {
    const { httpsPort } = gate.gateway.site.gateway;
    const before = (await lines()).length;
    const connection = await connect(httpsPort, 'open.localhost');
    await connection.write(settings([initialWindow, 0]), headers(1, waiting), headers(3, waiting));
    await connection.write(headers(5, asking('open.localhost', '/live')), room(5, 1000));
    await vi.waitFor(() => expect(connection.seen(frameTypes.data)).toBe(1));
    expect((await lines()).slice(before).map((words) => words[11])).toEqual(['open_localhost']);
    connection.end();
    // What was refused is told once it has ended.
    await vi.waitFor(async () => expect(await lines()).toHaveLength(before + 3));
  },
);

test('so is one of HTTP/1.1 whose first request is one of another name', async () => {
  const get = (name: string, ...more: string[]) =>
    ['GET / HTTP/1.1', `Host: ${name}.localhost`, ...more, '', ''].join('\r\n');
  const seen = await places(async () => {
    const answer = await gate.raw('open.localhost', get('erp') + get('open', 'Connection: close'));
    expect(answer.match(/(?<=HTTP\/1.1 )\d+/g)).toEqual(['421', '200']);
  });
  expect(seen).toEqual(['=open.localhost']);
});

test('a name is told that only nginx takes for one', async () => {
  const seen = await places(async () => {
    const ask = (host: string, ...more: string[]) => [`GET / HTTP/1.1`, `Host: ${host}`, ...more, '', ''];
    const requests = [ask('erp.localhost'), ask('x!y.free.localhost', 'Connection: close')];
    const answer = await gate.raw('x!y.free.localhost', requests.map((each) => each.join('\r\n')).join(''));
    expect(answer.match(/(?<=HTTP\/1.1 )\d+/g)).toEqual(['421', '200']);
  });
  expect(seen).toEqual(['=x!y.free.localhost']);
});

test('a port that has come to two addresses of ours hides neither connection', async () => {
  const { state, site } = gate.gateway;
  const before = (await lines()).length;
  const staying: tls.TLSSocket[] = [];
  const stay = async (host: string, name: string, localPort?: number) => {
    const socket = net.connect({
      ...{ host, port: site.gateway.httpsPort, localAddress: '127.0.0.1' },
      ...(localPort === undefined ? {} : { localPort }),
    });
    await once(socket, 'connect');
    const secure = tls.connect({ socket, servername: name, ca: gate.authority.pem });
    secure.write(`GET /live HTTP/1.1\r\nHost: ${name}\r\n\r\n`);
    await once(secure, 'data');
    staying.push(secure);
    return socket.localPort;
  };
  const port = await stay('127.0.0.1', 'open.localhost');
  expect(await stay('127.0.0.2', 'x.free.localhost', port)).toBe(port);
  const found = (await liveConnections(state, site.publications)).filter(
    ({ socket: { peer } }) => peer?.port === port,
  );
  const where = found.map(({ socket: { own }, seen }) => [own?.address, ...seen.map((at) => at.publication)]);
  expect(where.sort()).toEqual([
    ['127.0.0.1', 'open_localhost'],
    ['127.0.0.2', gate.gateway.site.publications.find(({ name }) => name === '*.free.localhost')?.id],
  ]);
  for (const each of staying) each.destroy();
  // nginx tells of each again when it has ended.
  await vi.waitFor(async () => expect(await lines()).toHaveLength(before + 4));
});

test('whom the daemon lets in it tells itself, with what it hears of the connection', async () => {
  const before = (await lines()).length;
  const cookie = '__Host-poterne=alice.secret';
  await gate.gateway.get('erp.localhost', '/', { headers: { cookie } });
  const [, ...heard] = gate.daemon.asked[0]?.['x-poterne-seen']?.split(' ') ?? [];
  expect(heard).toHaveLength(5);
  const [arrival] = await vi.waitFor(async () => {
    const seen = (await lines()).slice(before);
    expect(seen).toHaveLength(1);
    return seen;
  });
  expect(arrival?.slice(1, 6)).toEqual(heard);
});
