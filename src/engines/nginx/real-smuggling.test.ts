import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { publication, service, site } from './testing.ts';
import {
  type Backend,
  backend,
  type RunningGateway,
  startGateway,
  testAuthority,
} from './testing-gateway.ts';

// Requests of HTTP/1.1 that two who read them could take for different ones, on a real nginx: none brings a second one along to the service.

let gateway: RunningGateway;
let app: Backend;
/** What got as far as the service. */
const got: { url: string; body: string; encoding?: string; length?: string }[] = [];

beforeAll(async () => {
  app = await backend('app', (incoming, outgoing) => {
    const pieces: Buffer[] = [];
    incoming.on('data', (piece: Buffer) => pieces.push(piece));
    incoming.on('end', () => {
      const { 'transfer-encoding': encoding, 'content-length': length } = incoming.headers;
      got.push({
        ...{ url: incoming.url ?? '', body: Buffer.concat(pieces).toString('latin1') },
        ...(encoding ? { encoding } : {}),
        ...(length ? { length } : {}),
      });
      outgoing.end('app');
    });
  });
  gateway = await startGateway(
    (ports) =>
      site(
        [service('app', app.url)],
        [publication('open.localhost', 'app'), publication('other.localhost', 'app')],
        ports,
      ),
    await testAuthority('gateway'),
  );
});
afterAll(async () => {
  await gateway?.stop();
  app?.close();
});

/** What comes back of a text as it stands, and what the service got of it. */
async function say(text: string) {
  got.length = 0;
  const socket = tls.connect({
    ...{ host: '127.0.0.1', port: gateway.site.gateway.httpsPort, servername: 'open.localhost' },
    ...{ rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] },
  });
  socket.on('error', () => undefined);
  let said = '';
  socket.setEncoding('latin1').on('data', (piece: string) => {
    said += piece;
  });
  await once(socket, 'secureConnect');
  // What comes after it has nginx hang up.
  socket.write(`${text}GET /last HTTP/1.1\r\nHost: open.localhost\r\nConnection: close\r\n\r\n`, 'latin1');
  // Also by a reset, where nginx hangs up with something unread.
  const closed = new Promise((done) => socket.once('close', done));
  const timer = setTimeout(() => socket.destroy(), 5000);
  await closed;
  clearTimeout(timer);
  return {
    statuses: [...said.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)),
    got: got.filter(({ url }) => url !== '/last'),
  };
}

const head = (...lines: readonly string[]): string =>
  `${['POST /first HTTP/1.1', 'Host: open.localhost', ...lines].join('\r\n')}\r\n\r\n`;
const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: open.localhost\r\n\r\n';
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;

test.each([
  ['a length and chunks', head('Content-Length: 4', 'Transfer-Encoding: chunked') + chunk(smuggled)],
  ['chunks and a length', head('Transfer-Encoding: chunked', 'Content-Length: 4') + chunk(smuggled)],
  ['two lengths', head('Content-Length: 4', `Content-Length: ${smuggled.length}`) + smuggled],
  ['two in one', head(`Content-Length: 4, ${smuggled.length}`) + smuggled],
  ['a length with a sign', head(`Content-Length: +${smuggled.length}`) + smuggled],
  ['a length in hexadecimal', head('Content-Length: 0x4') + smuggled],
  ['another encoding', head('Transfer-Encoding: xchunked') + chunk(smuggled)],
  ['encodings twice', head('Transfer-Encoding: chunked', 'Transfer-Encoding: identity') + chunk(smuggled)],
  ['two encodings', head('Transfer-Encoding: gzip, chunked') + chunk(smuggled)],
  ['a space before the colon', head('Transfer-Encoding : chunked') + chunk(smuggled)],
  ['a tab in it', head('Transfer-Encoding:\x0bchunked') + chunk(smuggled)],
  ['a folded line', head('Transfer-Encoding:', ' chunked') + chunk(smuggled)],
  [
    'chunks in HTTP/1.0',
    head('Transfer-Encoding: chunked').replace('HTTP/1.1', 'HTTP/1.0') + chunk(smuggled),
  ],
  ['a chunk that is longer than it says', `${head('Transfer-Encoding: chunked')}2\r\nabcd\r\n0\r\n\r\n`],
  ['a chunk of negative length', `${head('Transfer-Encoding: chunked')}-1\r\na\r\n0\r\n\r\n`],
  ['a chunk of huge length', `${head('Transfer-Encoding: chunked')}ffffffffffffffff1\r\na\r\n0\r\n\r\n`],
  [
    'a lonely carriage return',
    `${head('X: a\rTransfer-Encoding: chunked', 'Content-Length: 0')}${chunk(smuggled)}`,
  ],
  ['two hosts', `GET / HTTP/1.1\r\nHost: open.localhost\r\nHost: other.localhost\r\n\r\n`],
  ['a URL of another host', 'GET https://other.localhost/ HTTP/1.1\r\nHost: open.localhost\r\n\r\n'],
  ['a request of HTTP/0.9', 'GET /smuggled\r\n'],
  ['an endless header', `GET / HTTP/1.1\r\nHost: open.localhost\r\nX: ${'a'.repeat(200_000)}\r\n\r\n`],
  [
    'a thousand headers of a kilobyte',
    `GET / HTTP/1.1\r\nHost: open.localhost\r\n${`X: ${'a'.repeat(1000)}\r\n`.repeat(1000)}\r\n`,
  ],
])('%s', async (_, text) => {
  const answer = await say(text);
  expect(answer.got.map(({ url }) => url)).not.toContain('/smuggled');
  // Either all of it is refused, or the service got one request, with one length.
  if (answer.got.length > 0)
    expect(answer.got).toEqual([expect.objectContaining({ url: '/first', length: expect.any(String) })]);
  else expect(answer.statuses[0] ?? 400).toBeGreaterThanOrEqual(400);
});

test('what is said rightly gets there, with a length and without chunks; who expects to be told to go on is', async () => {
  const chunked = await say(head('Transfer-Encoding: chunked') + chunk(smuggled));
  expect(chunked).toEqual({
    statuses: [200, 200],
    got: [{ url: '/first', body: smuggled, length: `${smuggled.length}` }],
  });
  const expecting = await say(`${head('Content-Length: 5', 'Expect: 100-continue')}hello`);
  expect(expecting).toMatchObject({ statuses: [100, 200, 200], got: [{ body: 'hello' }] });
});

test('TLS takes no early data, which others could say again (RFC 8446, 8)', async () => {
  const file = join(gateway.state, 'session.pem');
  const to = ['-connect', `127.0.0.1:${gateway.site.gateway.httpsPort}`, '-servername', 'open.localhost'];
  const client = spawn('openssl', ['s_client', '-quiet', ...to, '-tls1_3', '-sess_out', file], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  client.stdin.write('GET / HTTP/1.1\r\nHost: open.localhost\r\nConnection: close\r\n\r\n');
  await once(client, 'exit');
  const { stdout } = await promisify(execFile)('openssl', ['sess_id', '-in', file, '-noout', '-text']);
  expect(stdout).toMatch(/Protocol +: TLSv1\.3/);
  expect(stdout).toMatch(/Max Early Data: 0$/m);
});
