import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterEach, expect, test, vi } from 'vitest';
import { openAudit } from '../../audit/log.ts';
import { cutOff } from '../../daemon/cut/cutting.ts';
import { readSightings } from '../../daemon/cut/sightings.ts';
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

const authority = await testAuthority('Test CA');
const running: { gateway?: RunningGateway; app?: Backend; daemon?: Judge } = {};

afterEach(async () => {
  await running.gateway?.stop();
  running.app?.close();
  running.daemon?.server.close();
});

/** A name that would be a command to nginx (SSI), and markup to a browser. */
const brand = { name: 'Ville <!--# echo var="remote_addr" --> & <b>', colour: '#336699' };

/** Only from a network where this machine's loopback is not. */
const lan = { from: ['lan'], networks: ['10.0.0.0/24'], pointer: '/audience' };

async function start(words: Partial<Gateway>, isBehind = false): Promise<RunningGateway> {
  const app = await backend('app');
  const gateway = await startGateway(
    (ports) => ({
      ...site(
        [service('app', app.url), service('tls', 'tcp://127.0.0.1:9')],
        [
          publication('erp.localhost', 'app', { audience: guarded() }),
          publication('open.localhost', 'app'),
          publication('lan.localhost', 'app', { audience: lan }),
          publication('both.localhost', 'app', { audience: { ...guarded(), ...lan } }),
          ...(isBehind ? [directPublication('direct.localhost', 'tls')] : []),
        ],
        { ...ports, ...words },
      ),
      signIn: { ...signIn('sign-in.localhost'), brand },
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
  if (prelude) tcp.write(prelude, 'latin1');
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
/** Whom nginx says that it has the first connection with. */
const seen = () => running.daemon?.asked[0]?.['x-poterne-seen']?.split(' ').slice(2);

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
  expect(daemon.asked.map((asked) => asked['x-poterne-address'])).toEqual(['192.0.2.1', '192.0.2.2']);
  expect(seen()?.slice(0, 3)).toEqual(['127.0.0.1', expect.anything(), '127.0.0.1']);
});

test('behind a load balancer, what is cut off is looked for at each request', async () => {
  const gateway = await start({ trustedFronts: ['127.0.0.1/32'] });
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  const from = async (address: string) =>
    (await gateway.get('open.localhost', '/', { headers: { 'X-Forwarded-For': address }, agent })).status;
  for (let n = 0; n < 30; n++) await from('192.0.2.1');
  await mkdir(join(gateway.state, 'cut/addresses'), { recursive: true });
  await writeFile(join(gateway.state, 'cut/addresses/192.0.2.2'), '');
  const some = [await from('192.0.2.1'), await from('192.0.2.2'), await from('192.0.2.3')];
  expect(some).toEqual([200, 503, 200]);
  // Each visitor is told, and not only whoever came first.
  const seen = [...(await readSightings(gateway.prefix)).values()];
  expect(seen.map((each) => [...new Set(each.map(({ address }) => address))])).toEqual([
    ['192.0.2.1', '192.0.2.3'],
  ]);
  // The page is the organisation's, and needs nothing else.
  const headers = { 'X-Forwarded-For': '192.0.2.2', 'Accept-Language': 'fr' };
  const { body } = await gateway.get('open.localhost', '/', { headers });
  expect(body).toContain(
    '<strong>Ville &lt;!--# echo var=&quot;remote_addr&quot; --&gt; &amp; &lt;b&gt;</strong>',
  );
  expect(body).toMatch(/<title>Coupé – Ville/);
  expect(body).toContain('--accent:#336699');
  expect(body).not.toMatch(/(?:src|href)=/);
  await rm(join(gateway.state, 'cut/addresses/192.0.2.2'));
  expect(await from('192.0.2.2')).toBe(200);
});

test('a PROXY header tells the visitor, and the socket is told too', async () => {
  const gateway = await start({ trustedFronts: ['127.0.0.1/32'], proxyProtocol: true });
  const forged = 'X-Forwarded-For: 10.0.0.1';
  const prelude = 'PROXY TCP4 192.0.2.7 127.0.0.1 4711 443\r\n';
  const { answer, port } = await ask(
    gateway,
    prelude,
    get('erp.localhost', alice, forged, 'Connection: close'),
  );
  expect(answer).toMatch(/^HTTP\/1.1 200/);
  expect(running.daemon?.asked[0]).toMatchObject({ 'x-poterne-address': '192.0.2.7' });
  expect(seen()?.slice(0, 4)).toEqual([
    '127.0.0.1',
    `${port}`,
    '127.0.0.1',
    `${gateway.site.gateway.httpsPort}`,
  ]);
});

test('behind the server that tells names apart, too', async () => {
  const gateway = await start({}, true);
  const { answer, port } = await ask(gateway, '', get('erp.localhost', alice, 'Connection: close'));
  expect(answer).toMatch(/^HTTP\/1.1 200/);
  expect(running.daemon?.asked[0]).toMatchObject({ 'x-poterne-address': '127.0.0.1' });
  expect(seen()?.slice(-4)).toEqual([
    '127.0.0.1',
    `${port}`,
    '127.0.0.1',
    `${gateway.site.gateway.httpsPort}`,
  ]);
});

/** PROXY protocol, version 2, of a TCP connection over IPv4. */
function version2(from: string): string {
  const address = Buffer.from([...from.split('.').map(Number), 127, 0, 0, 1, 0x12, 0x34, 0x01, 0xbb]);
  const head = Buffer.from('0d0a0d0a000d0a515549540a2111000c', 'hex');
  return Buffer.concat([head, address]).toString('latin1');
}
const version1 = (from: string) => `PROXY TCP4 ${from} 127.0.0.1 4711 443\r\n`;
const inside = '10.0.0.1';
/** Everything that a visitor may claim to come from in a request. */
const claims = [
  `X-Forwarded-For: ${inside}`,
  `X-Forwarded-For: ${inside}, ${inside}`,
  `Forwarded: for=${inside}`,
  `X-Real-IP: ${inside}`,
  `X-Poterne-Address: ${inside}`,
  `True-Client-IP: ${inside}`,
  'Connection: close',
];
const status = ({ answer }: { answer: string }) => Number(/^HTTP\/1.1 (\d+)/.exec(answer)?.[1] ?? 0);

test.each([
  ['version 1', version1(inside)],
  ['version 2', version2(inside)],
  ['without an address', 'PROXY UNKNOWN\r\n'],
])('a PROXY header where none is expected (%s) opens nothing', async (_, prelude) => {
  for (const isBehind of [false, true]) {
    const gateway = await start({}, isBehind);
    await expect(ask(gateway, prelude, get('lan.localhost', ...claims))).rejects.toThrow();
    await expect(ask(gateway, prelude, get('both.localhost', alice, ...claims))).rejects.toThrow();
    expect(running.daemon?.asked).toEqual([]);
    // As it is, this visitor is kept out, and others go on.
    expect(status(await ask(gateway, '', get('lan.localhost', ...claims)))).toBe(403);
    expect(status(await ask(gateway, '', get('both.localhost', alice, ...claims)))).toBe(403);
    expect(status(await ask(gateway, '', get('open.localhost', ...claims)))).toBe(200);
    await gateway.stop();
    running.app?.close();
    running.daemon?.server.close();
  }
});

test.each([
  ['by itself', false],
  ['behind the server that tells names apart', true],
])('the word of whoever is no trusted front counts for nothing: PROXY protocol, %s', async (_, isBehind) => {
  const gateway = await start({ trustedFronts: ['192.0.2.0/24'], proxyProtocol: true }, isBehind);
  for (const prelude of [version1(inside), version2(inside), version1('192.0.2.1')]) {
    expect(status(await ask(gateway, prelude, get('lan.localhost', ...claims)))).toBe(403);
    expect(status(await ask(gateway, prelude, get('erp.localhost', alice, ...claims)))).toBe(200);
    expect(running.daemon?.asked.at(-1)).toMatchObject({ 'x-poterne-address': '127.0.0.1' });
  }
  // Nor does it get anybody past a cut of the address that it has.
  await mkdir(join(gateway.state, 'cut/addresses'), { recursive: true });
  await writeFile(join(gateway.state, 'cut/addresses/127.0.0.1'), '');
  expect(status(await ask(gateway, version1(inside), get('open.localhost', ...claims)))).toBe(503);
  await rm(join(gateway.state, 'cut/addresses/127.0.0.1'));
  // Without a header, or with one that is none, nothing is answered.
  for (const prelude of [
    '',
    'PROXY TCP4 x y z\r\n',
    `PROXY TCP4 ${inside}\r\n`,
    version2(inside).slice(0, 14),
  ])
    await expect(ask(gateway, prelude, get('open.localhost', ...claims)), prelude).rejects.toThrow();
});

test('where it cannot be told whose a connection is, a cut ends all that came through the load balancer, and nobody else', async () => {
  const front = '127.0.0.2';
  const gateway = await start({ trustedFronts: [`${front}/32`], proxyProtocol: true }, true);
  const { state, site } = gateway;
  const stay = async (localAddress: string) => {
    const tcp = net.connect({ port: site.gateway.httpsPort, host: '127.0.0.1', localAddress });
    tcp.write('PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n');
    const socket = tls.connect({ socket: tcp, servername: 'open.localhost', ca: authority.pem });
    socket.on('error', () => undefined).write(get('open.localhost'));
    await once(socket, 'data');
    return socket;
  };
  const [through, beside] = [await stay(front), await stay('127.0.0.3')];
  const nothing = async () => {};
  const receipt = await cutOff(
    {
      ...{
        state,
        site,
        forgetVerdicts: nothing,
        endSessions: async () => 0,
        share: nothing,
        unshare: nothing,
      },
      audit: () => openAudit(state),
    },
    {
      ...{ target: { kind: 'user', name: 'bob' }, at: new Date().toISOString() },
      ...{ by: 'root', reason: 'x', say: false },
    },
  );
  expect([receipt.ended.connections, receipt.troubles]).toEqual([1, []]);
  await vi.waitFor(() => expect(through.destroyed).toBe(true));
  expect(beside.destroyed).toBe(false);
  beside.destroy();
});

test('what a trusted front says counts, and not what the visitor said to it', async () => {
  const gateway = await start({ trustedFronts: ['127.0.0.1/32'] });
  // It adds whom it saw after what was there.
  const through = (seen: string, host = 'lan.localhost', ...more: string[]) =>
    ask(gateway, '', get(host, ...more, `X-Forwarded-For: ${inside}, ${seen}`, 'Connection: close'));
  expect(status(await through('192.0.2.9'))).toBe(403);
  expect(status(await through(inside))).toBe(200);
  expect(status(await through('192.0.2.9', 'both.localhost', alice))).toBe(403);
  expect(status(await through(inside, 'both.localhost', alice))).toBe(200);
  // A verdict for the address inside is not another's, on the same connection either.
  const { answer } = await ask(
    gateway,
    '',
    get('both.localhost', alice, `X-Forwarded-For: ${inside}`),
    get('both.localhost', alice, `X-Forwarded-For: ${inside}, 192.0.2.9`, 'Connection: close'),
  );
  expect(answer.match(/(?<=HTTP\/1.1 )\d+/g)).toEqual(['200', '403']);
  expect(running.daemon?.asked.map((asked) => asked['x-poterne-address'])).not.toContain('127.0.0.1');
});
