import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import http2 from 'node:http2';
import https from 'node:https';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import tls from 'node:tls';
import { WebSocketServer } from 'ws';
import { forgetVerdicts } from '../../daemon/entry/verdict-cache.ts';
import { publication, route, service, site } from './testing.ts';
import { type ClientAuthority, clientAuthority, configuration } from './testing-clients.ts';
import { admit, guarded, type Judge, judge, rule, signIn } from './testing-gate.ts';
import {
  type Ask,
  backend,
  openFolder,
  type RunningGateway,
  startGateway,
  type TestAuthority,
  tell,
  testAuthority,
  told,
} from './testing-gateway.ts';

/** A real nginx with publications that people sign in to, somebody who judges them, and their service. */
export interface Guarded {
  readonly gateway: RunningGateway;
  readonly authority: TestAuthority;
  /** Who certifies the partners of `certified.localhost`. */
  readonly partners: ClientAuthority;
  daemon: Judge;
  /** Requests that came to the service. */
  reached: number;
  /** For each test: nothing is cut off, and whoever shows a cookie is admitted. */
  begin(): Promise<void>;
  /** Whom the service takes a visitor for, or the status that came instead. */
  user(host: string, ask: Ask, path?: string): Promise<unknown>;
  /** One connection: the text is written as it is, and all that came is given. */
  raw(host: string, text: string): Promise<string>;
  /** Requests on one HTTP/2 connection, all at once. */
  together(host: string, asked: readonly http2.OutgoingHttpHeaders[]): Promise<string[]>;
  forget(): Promise<void>;
  /** Verdicts are forgotten twice, and what is asked in between is not kept: waits until that is over. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** What somebody asks who shows a cookie of that name. */
export const as = (name: string, headers: Record<string, string> = {}, more: Ask = {}): Ask => ({
  ...more,
  headers: { cookie: `__Host-poterne=${name}.secret`, ...headers },
});

/** What browsers that go to a page take. */
export const page = { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' };

/** One connection for all that is asked with it. */
export const onOne = () => new https.Agent({ keepAlive: true, maxSockets: 1 });

const paths = guarded(
  rule({ paths: ['/rfe/', '/café/'] }),
  rule({ paths: ['/rfe/help/'] }),
  rule({ verdict: 'deny', paths: ['/admin/'] }),
);

export async function startGuarded(): Promise<Guarded> {
  const authority = await testAuthority('Test CA');
  const partners = await clientAuthority('CN=Partners');
  const certificates = await configuration(await openFolder(), 'partners', [partners.pem]);
  const app = await backend('app', (incoming, outgoing) => {
    gate.reached++;
    const wanted = /^\/answer\/(\d+)/.exec(incoming.url ?? '')?.[1];
    if (wanted) return void outgoing.writeHead(Number(wanted), { 'x-poterne-verdict': 'hours' }).end('own');
    if (incoming.headers.range) return void outgoing.writeHead(206).end(incoming.headers.range);
    if (incoming.url?.startsWith('/live')) {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      return void outgoing.write('data: first\n\n');
    }
    tell('app', incoming, outgoing);
  });
  const sockets = new WebSocketServer({ server: app.server });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data.toString())));
  const gateway = await startGateway(
    (ports) => ({
      ...site(
        [service('app', app.url, { events: ['/live'] }), service('gone', 'http://127.0.0.1:9')],
        [
          publication('open.localhost', 'app'),
          publication('erp.localhost', 'app', { audience: guarded(), signedIdentity: true }),
          publication('other.localhost', 'app', { audience: guarded() }),
          publication('paths.localhost', 'app', { audience: paths }),
          publication('sizes.localhost', [route('/', 'app', { uploads: 1_000_000_000 })], {
            audience: guarded(),
          }),
          publication('limited.localhost', 'app', {
            audience: guarded(),
            nginx: { limits: { requests: { count: 1000, per: 's' }, connections: 100 } },
          }),
          publication('few.localhost', 'app', {
            audience: guarded(),
            nginx: { limits: { requests: { count: 3, per: 'm' } } },
          }),
          publication('gone.localhost', 'gone', { audience: guarded() }),
          publication(
            'parts.localhost',
            [
              route('/', 'app'),
              route('~^/r[0-9]/', 'app'),
              route('>/old/', 'app'),
              route('/up/', 'app', { uploads: 10 }),
            ],
            { audience: guarded() },
          ),
          publication('*.wild.localhost', 'app', { audience: guarded() }),
          publication('*.free.localhost', 'app'),
          publication('near.localhost', 'app', {
            audience: { ...guarded(), from: ['lan'], networks: ['192.0.2.0/24'] },
          }),
          publication('certified.localhost', 'app', {
            audience: guarded(
              rule(),
              rule({ subject: { people: [], groups: [], signedIn: false, certificate: 'partners' } }),
            ),
          }),
        ],
        { ...ports, listen: ['127.0.0.1', '127.0.0.2'] },
      ),
      signIn: signIn('sign-in.localhost'),
      tlsConfigurations: [certificates],
    }),
    authority,
  );
  let forgotten = 0;
  const gate: Guarded = {
    ...{ gateway, authority, partners, reached: 0 },
    daemon: await judge(join(gateway.state, 'entry/entry.sock')),
    async begin() {
      await gate.settled();
      await rm(join(gateway.state, 'cut'), { recursive: true, force: true });
      gate.daemon.asked = [];
      gate.daemon.answer = admit;
      gate.reached = 0;
    },
    async user(host, ask, path = '/') {
      const reply = await gateway.get(host, path, ask);
      return reply.status === 200 ? (told(reply).headers['x-poterne-user'] ?? 'nobody') : reply.status;
    },
    async raw(host, text) {
      const socket = tls.connect({
        ...{ port: gateway.site.gateway.httpsPort, host: '127.0.0.1', servername: host, ca: authority.pem },
        ALPNProtocols: ['http/1.1'],
      });
      await once(socket, 'secureConnect');
      socket.write(text);
      let answer = '';
      for await (const chunk of socket) answer += chunk;
      return answer;
    },
    async together(host, asked) {
      const session = http2.connect(`https://${host}:${gateway.site.gateway.httpsPort}`, {
        ca: authority.pem,
        lookup: (_, __, found) => found(null, [{ address: '127.0.0.1', family: 4 }]),
      });
      const answers = asked.map(async (headers) => {
        const stream = session.request({ ':path': '/', ':authority': host, ...headers });
        const [response] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
        let body = '';
        for await (const chunk of stream) body += chunk;
        if (Number(response[':status']) !== 200) return String(response[':status']);
        return String(JSON.parse(body).headers['x-poterne-user'] ?? 'nobody');
      });
      const all = await Promise.all(answers);
      session.close();
      return all;
    },
    async forget() {
      await forgetVerdicts(gateway.state);
      forgotten = Date.now();
    },
    settled: () => delay(Math.max(0, forgotten + 500 - Date.now())),
    async stop() {
      await gateway.stop();
      app.close();
      gate.daemon.server.close();
    },
  };
  return gate;
}
