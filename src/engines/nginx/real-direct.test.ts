import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http2 from 'node:http2';
import net from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { directPublication, publication, service, site, upstream } from './testing.ts';
import {
  type Backend,
  backend,
  collected,
  type RunningGateway,
  startGateway,
  type TestAuthority,
  testAuthority,
  told,
} from './testing-gateway.ts';

// TLS passed through beside what the proxy serves on the same port, on a real nginx.

const { start, close } = collected();

let authority: TestAuthority;
/** Who signs the certificates of services that show their own. */
let theirs: TestAuthority;
let secure: Backend;
let other: Backend;
beforeAll(async () => {
  authority = await testAuthority('gateway');
  theirs = await testAuthority('theirs');
  const names = ['mail.localhost', '*.vault.localhost', 'v7.localhost', 'few.localhost', 'lan.localhost'];
  secure = await start('secure', undefined, 0, await theirs.issue(names));
  other = await start('other', undefined, 0, await theirs.issue(['default', ...names]));
});
afterAll(close);

interface Visit {
  /** The address that the visitor comes from, one of loopback's. */
  readonly from?: string;
  readonly sni?: string;
  readonly ca?: TestAuthority;
  /** Sent before TLS begins. */
  readonly first?: string;
  readonly path?: string;
}

/** A TLS connection to the gateway. Rejects when it does not come about. */
async function visit(
  { site: { gateway } }: RunningGateway,
  name: string,
  { from = '127.0.0.1', sni = name, ca = theirs, first = '' }: Visit = {},
): Promise<tls.TLSSocket> {
  const raw = net.connect({ port: gateway.httpsPort, host: '127.0.0.1', localAddress: from });
  await once(raw, 'connect');
  if (first) raw.write(first);
  const socket = tls.connect({ socket: raw, servername: sni, ca: ca.pem });
  await once(socket, 'secureConnect');
  return socket;
}

/** What comes back of one request, as text. */
async function ask(gateway: RunningGateway, name: string, options: Visit = {}): Promise<string> {
  const socket = await visit(gateway, name, options);
  socket.write(`GET ${options.path ?? '/'} HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`);
  let text = '';
  try {
    for await (const chunk of socket) text += chunk;
  } catch (error) {
    // nginx has answered and closed: our own goodbye, which TLS wants, came to nobody.
    if (!/^HTTP\/1\.1 \d{3} .*\r\n\r\n/s.test(text)) throw error;
  }
  return text;
}

/** nginx hangs up, before or after it has read the hello. */
const hungUp = /ECONNRESET|EPIPE|disconnected before secure TLS|socket hang up/;

describe('one gateway', () => {
  let gateway: RunningGateway;

  beforeAll(async () => {
    const app = await start('app');
    const gone = await backend('gone', undefined, 0);
    gone.close();
    const tcp = ({ port }: Backend) => `tcp://127.0.0.1:${port}`;
    gateway = await startGateway(
      (ports) =>
        site(
          [
            service('app', app.url),
            service('secure', secure.url),
            service('mail', tcp(secure)),
            service('other', other.url),
            service('failover', [gone.url, upstream(other.url, { backup: true })]),
            service('gone', gone.url),
          ],
          [
            publication('app.localhost', 'app'),
            publication('*.apps.localhost', 'app'),
            publication('~^v8\\.localhost$', 'app', {
              id: 'v8',
              example: 'v8.localhost',
              tls: { kind: 'internal', names: ['v8.localhost'], pointer: '' },
            }),
            publication('kept.vault.localhost', 'app'),
            directPublication('mail.localhost', 'mail'),
            directPublication('*.vault.localhost', 'secure'),
            directPublication('~^v[0-9]\\.localhost$', 'secure', { id: 'v', example: 'v7.localhost' }),
            directPublication('direct.apps.localhost', 'secure'),
            directPublication('lan.localhost', 'secure', {
              audience: { from: ['lan'], networks: ['127.0.0.9/32'], pointer: '' },
            }),
            directPublication('few.localhost', 'secure', { nginx: { limits: { connections: 1 } } }),
            directPublication('default', 'other'),
            directPublication('failover.localhost', 'failover'),
            directPublication('gone.localhost', 'gone'),
          ],
          ports,
        ),
      authority,
    );
  });
  afterAll(() => gateway?.stop());

  const log = async () => {
    await delay(1300);
    const text = await readFile(join(gateway.prefix, 'log/direct.log'), 'utf8');
    return text
      .split('\n')
      .filter(Boolean)
      .map((l) => JSON.parse(l) as Record<string, unknown>);
  };

  test.each([
    ['mail.localhost', 'secure'],
    ['a.vault.localhost', 'secure'],
    ['v7.localhost', 'secure'],
    ['default', 'other'],
  ])('%s reaches its service, which shows its own certificate', async (name, reached) => {
    // The connection would fail for a certificate of the gateway's: only theirs is trusted.
    expect(await ask(gateway, name)).toContain(`"name":"${reached}"`);
  });

  test('whatever the case of the name', async () => {
    for (const sni of ['MAIL.localhost', 'V7.LocalHost', 'A.VAULT.localhost'])
      expect(await ask(gateway, sni.toLowerCase(), { sni })).toContain('"name":"secure"');
  });

  test.each(['app.localhost', 'one.apps.localhost', 'v8.localhost', 'kept.vault.localhost'])(
    '%s, which could be taken for a direct one, is still the proxy’s',
    async (name) => {
      expect(told(await gateway.get(name)).name).toBe('app');
    },
  );

  test('the proxy knows the true address of visitors', async () => {
    const text = await ask(gateway, 'app.localhost', { from: '127.0.0.7', ca: authority, path: '/from' });
    expect(text).toContain('"x-forwarded-for":"127.0.0.7"');
    expect((await gateway.log()).find((l) => l.uri === '/from')?.client).toBe('127.0.0.7');
    // Over plain http nothing stands between.
    expect((await gateway.plain('app.localhost')).status).toBe(308);
  });

  test.each(['unknown.localhost', 'mail.localhost.evil', 'vault.localhost', 'v77.localhost', ''])(
    'the name "%s" is refused at TLS',
    async (sni) => {
      const raw = net.connect(gateway.site.gateway.httpsPort, '127.0.0.1');
      const socket = tls.connect({ socket: raw, rejectUnauthorized: false, ...(sni && { servername: sni }) });
      const [error] = (await once(socket, 'error')) as [Error];
      expect(error.message).toMatch(/unrecognized name/);
    },
  );

  test('a direct name under the TLS name of the proxy gets nothing', async () => {
    await expect(gateway.get('mail.localhost', '/', { sni: 'app.localhost' })).rejects.toThrow(hungUp);
    const under = await gateway.get('direct.apps.localhost', '/', { sni: 'one.apps.localhost' });
    expect(under.status).toBe(421);
    await expect(gateway.plain('mail.localhost')).rejects.toThrow(hungUp);
  });

  test('plain http on the https port leads to https', async () => {
    const reply = await gateway.plain('app.localhost', '/a?b', gateway.site.gateway.httpsPort);
    expect(reply.status).toBe(308);
  });

  test('HTTP/2', async () => {
    const session = http2.connect(`https://app.localhost`, {
      createConnection: () =>
        tls.connect({
          host: '127.0.0.1',
          port: gateway.site.gateway.httpsPort,
          servername: 'app.localhost',
          ca: authority.pem,
          ALPNProtocols: ['h2'],
        }),
    });
    const stream = session.request({ ':path': '/h2' });
    const [headers] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
    stream.resume();
    session.close();
    expect(headers[':status']).toBe(200);
  });

  test('outside the audience the line is cut, inside it is not', async () => {
    await expect(ask(gateway, 'lan.localhost')).rejects.toThrow(hungUp);
    expect(await ask(gateway, 'lan.localhost', { from: '127.0.0.9' })).toContain('"name":"secure"');
  });

  test('beyond the number of connections the line is cut, for that address alone', async () => {
    const held = await visit(gateway, 'few.localhost');
    await expect(visit(gateway, 'few.localhost')).rejects.toThrow(hungUp);
    (await visit(gateway, 'few.localhost', { from: '127.0.0.8' })).destroy();
    held.destroy();
    await once(held, 'close');
  });

  test('another upstream takes over, and none at all cuts the line', async () => {
    const socket = tls.connect({
      port: gateway.site.gateway.httpsPort,
      host: '127.0.0.1',
      servername: 'failover.localhost',
      rejectUnauthorized: false,
    });
    await once(socket, 'secureConnect');
    expect(socket.getPeerCertificate().subjectaltname).toContain('DNS:default');
    socket.destroy();
    await expect(visit(gateway, 'gone.localhost')).rejects.toThrow(hungUp);
  });

  test('each connection is one line of JSON', async () => {
    await ask(gateway, 'a.vault.localhost', { from: '127.0.0.6' });
    await ask(gateway, 'v7.localhost', { from: '127.0.0.6' });
    await expect(ask(gateway, 'lan.localhost', { from: '127.0.0.6' })).rejects.toThrow();
    const lines = (await log()).filter((l) => l.client === '127.0.0.6');
    // Two workers write them, each in its time.
    const of = (publication: string) => lines.find((l) => l.publication === publication);
    const passed = of('*.vault.localhost');
    expect(passed).toMatchObject({
      host: 'a.vault.localhost',
      status: 200,
      upstream: `127.0.0.1:${secure.port}`,
    });
    expect(Number(passed?.bytes)).toBeGreaterThan(500);
    expect(of('~^v[0-9]\\.localhost$')).toMatchObject({ host: 'v7.localhost', status: 200 });
    expect(of('lan.localhost')).toMatchObject({ status: 403 });
    expect(new Date(String(passed?.time)).getTime()).toBeGreaterThan(Date.now() - 60_000);
  });
});

describe('behind a load balancer that speaks the PROXY protocol', () => {
  test.each([
    ['127.0.0.1/32', '192.0.2.7'],
    ['10.0.0.0/8', '127.0.0.1'],
  ])('%s trusted: the visitor is %s to proxy and audience', async (front, client) => {
    const app = await start('app');
    const only = (network: string) => ({ audience: { from: [network], networks: [network], pointer: '' } });
    const gateway = await startGateway(
      (ports) =>
        site(
          [service('app', app.url), service('secure', secure.url)],
          [
            publication('app.localhost', 'app'),
            directPublication('mail.localhost', 'secure', only('192.0.2.7/32')),
            directPublication('lan.localhost', 'secure', only('127.0.0.1/32')),
          ],
          { ...ports, trustedFronts: [front], proxyProtocol: true },
        ),
      authority,
    );
    try {
      const first = 'PROXY TCP4 192.0.2.7 127.0.0.1 5555 443\r\n';
      expect(await ask(gateway, 'app.localhost', { first, ca: authority })).toContain(
        `"x-forwarded-for":"${client}"`,
      );
      // The service reads TLS, and would stumble over a PROXY header.
      const [inside, outside] =
        client === '192.0.2.7' ? ['mail.localhost', 'lan.localhost'] : ['lan.localhost', 'mail.localhost'];
      expect(await ask(gateway, inside, { first })).toContain('"name":"secure"');
      await expect(ask(gateway, outside, { first })).rejects.toThrow(hungUp);
    } finally {
      await gateway.stop();
    }
  });
});

test('a stand-in hangs up under the names of the publication', async () => {
  const app = await start('app');
  const gateway = await startGateway(
    (ports) =>
      site(
        [service('app', app.url), service('secure', secure.url)],
        [
          publication('*.w.localhost', 'app'),
          directPublication('mail.w.localhost', 'secure'),
          directPublication('~^v[0-9]\\.w\\.localhost$', 'secure', { id: 'v', example: 'v7.w.localhost' }),
        ],
        ports,
      ),
    authority,
    true,
  );
  try {
    for (const name of ['mail.w.localhost', 'v7.w.localhost'])
      await expect(visit(gateway, name, { ca: authority })).rejects.toThrow(hungUp);
    expect((await gateway.get('app.w.localhost')).status).toBe(503);
  } finally {
    await gateway.stop();
  }
});
