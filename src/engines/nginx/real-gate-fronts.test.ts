import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterEach, expect, test, vi } from 'vitest';
import type { Gateway } from '../../model/site.ts';
import { directPublication, publication, service, site } from './testing.ts';
import { guarded, type Judge, judge, signIn } from './testing-gate.ts';
import {
  type Backend,
  backend,
  type RunningGateway,
  startGateway,
  testAuthority,
} from './testing-gateway.ts';

// A real nginx, on a machine that may have much else to do.
vi.setConfig({ testTimeout: 30_000 });

const authority = await testAuthority('Test CA');
const running: { gateway?: RunningGateway; app?: Backend; daemon?: Judge } = {};

afterEach(async () => {
  await running.gateway?.stop();
  running.app?.close();
  running.daemon?.server.close();
});

async function start(words: Partial<Gateway>, isBehind = false): Promise<RunningGateway> {
  const app = await backend('app');
  const gateway = await startGateway(
    (ports) => ({
      ...site(
        [service('app', app.url), service('tls', 'tcp://127.0.0.1:9')],
        [
          publication('erp.localhost', 'app', { audience: guarded() }),
          publication('open.localhost', 'app'),
          ...(isBehind ? [directPublication('direct.localhost', 'tls')] : []),
        ],
        { ...ports, ...words },
      ),
      signIn: signIn('sign-in.localhost'),
    }),
    authority,
  );
  running.app = app;
  running.gateway = gateway;
  running.daemon = await judge(join(gateway.state, 'entry/entry.sock'));
  return gateway;
}

/** Requests that follow each other on one connection, after what a load balancer says first. */
async function ask(
  gateway: RunningGateway,
  prelude: string,
  ...requests: string[]
): Promise<{ answer: string; port: number }> {
  const tcp = net.connect(gateway.site.gateway.httpsPort, '127.0.0.1');
  if (prelude) tcp.write(prelude);
  const host = /Host: (\S+)/.exec(requests[0] ?? '')?.[1] ?? '';
  const socket = tls.connect({
    socket: tcp,
    servername: host,
    ca: authority.pem,
    ALPNProtocols: ['http/1.1'],
  });
  socket.write(requests.join(''));
  await once(socket, 'secureConnect');
  const port = tcp.localPort ?? 0;
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  return { answer, port };
}

const get = (host: string, ...headers: string[]) =>
  `GET / HTTP/1.1\r\n${[`Host: ${host}`, ...headers].join('\r\n')}\r\n\r\n`;
const alice = 'Cookie: __Host-poterne=alice.secret';
const seen = async ({ prefix }: RunningGateway) =>
  (await readFile(join(prefix, 'log/sightings.log'), 'utf8'))
    .split('\n')
    .filter((line) => line.includes('of-alice'))
    .map((line) => line.split(' ').slice(2, 8));

test('behind a load balancer, visitors of one connection have verdicts of their own', async () => {
  const gateway = await start({ trustedFronts: ['127.0.0.1/32'] });
  const { daemon } = running as { daemon: Judge };
  daemon.answer = (asked, outgoing) =>
    void outgoing
      .writeHead(asked['x-poterne-address'] === '192.0.2.1' ? 200 : 403, { 'x-accel-expires': '3' })
      .end();
  const from = (address: string, ...more: string[]) =>
    get('erp.localhost', alice, `X-Forwarded-For: ${address}`, ...more);
  const { answer } = await ask(
    gateway,
    '',
    from('192.0.2.1'),
    from('192.0.2.2'),
    from('192.0.2.1'),
    from('192.0.2.1, 192.0.2.2'),
    from('192.0.2.1', 'Connection: close'),
  );
  expect(answer.match(/(?<=HTTP\/1.1 )\d+/g)).toEqual(['200', '403', '200', '403', '200']);
  expect(daemon.asked.map((asked) => [asked['x-poterne-address'], asked['x-poterne-peer']])).toEqual([
    ['192.0.2.1', '127.0.0.1'],
    ['192.0.2.2', '127.0.0.1'],
  ]);
});

test('behind a load balancer, what is cut off is looked for at each request', async () => {
  const gateway = await start({ trustedFronts: ['127.0.0.1/32'] });
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  const from = async (address: string) =>
    (await gateway.get('open.localhost', '/', { headers: { 'X-Forwarded-For': address }, agent })).status;
  for (let n = 0; n < 30; n++) await from('192.0.2.1');
  await mkdir(join(gateway.state, 'cut/addresses'), { recursive: true });
  await writeFile(join(gateway.state, 'cut/addresses/192.0.2.2'), '');
  expect([await from('192.0.2.1'), await from('192.0.2.2'), await from('192.0.2.1')]).toEqual([
    200, 503, 200,
  ]);
  await rm(join(gateway.state, 'cut/addresses/192.0.2.2'));
  expect(await from('192.0.2.2')).toBe(200);
});

test('a PROXY header tells the visitor, and sightings the socket', async () => {
  const gateway = await start({ trustedFronts: ['127.0.0.1/32'], proxyProtocol: true });
  const forged = 'X-Forwarded-For: 10.0.0.1';
  const prelude = 'PROXY TCP4 192.0.2.7 127.0.0.1 4711 443\r\n';
  const { answer, port } = await ask(
    gateway,
    prelude,
    get('erp.localhost', alice, forged, 'Connection: close'),
  );
  expect(answer).toMatch(/^HTTP\/1.1 200/);
  expect(running.daemon?.asked[0]).toMatchObject({
    ...{ 'x-poterne-address': '192.0.2.7', 'x-poterne-peer': '127.0.0.1', 'x-poterne-peer-port': `${port}` },
  });
  const line = ['127.0.0.1', `${port}`, '192.0.2.7', '4711', '192.0.2.7', 'erp_localhost'];
  expect(await seen(gateway)).toEqual([line]);
});

test('behind the server that tells names apart, too', async () => {
  const gateway = await start({}, true);
  const { answer, port } = await ask(gateway, '', get('erp.localhost', alice, 'Connection: close'));
  expect(answer).toMatch(/^HTTP\/1.1 200/);
  expect(running.daemon?.asked[0]).toMatchObject({ 'x-poterne-address': '127.0.0.1' });
  const line = ['unix:', expect.anything(), '127.0.0.1', `${port}`, '127.0.0.1', 'erp_localhost'];
  expect(await seen(gateway)).toEqual([line]);
});
