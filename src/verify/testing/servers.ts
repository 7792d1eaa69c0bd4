import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createTcp, type Server, type Socket } from 'node:net';
import { createServer as createTls, type TlsOptions } from 'node:tls';
import { afterEach } from 'vitest';
import { freePort } from '../../lib/testing-ports.ts';
import type { Door, Probe } from '../../model/expectation.ts';
import { thisMachine } from '../network/local.ts';
import type { Network } from '../network/network.ts';
import type { Outcome, ProbeContext } from '../probe.ts';
import { runProbe } from '../probes/index.ts';
import { issue, type Pair } from './pki.ts';

/** The tests' own certification authority, and a certificate for `app.localhost` signed by it. */
export const root: Pair = await issue({ common: 'Test root', authority: true });
export const leaf: Pair = await issue({ names: ['app.localhost', '*.many.example'], by: root });

const host = '127.0.0.1';
const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

/** Has the server listen on a loopback address until the test ends; gives its port. */
export async function listen(server: Server, address = host): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  open.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  for (;;) {
    const mine = await freePort();
    const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once('error', resolve);
      server.listen(mine, address, () => {
        server.off('error', resolve);
        resolve(undefined);
      });
    });
    if (!error) return mine;
    if (error.code !== 'EADDRINUSE') throw error;
  }
}

/** A TCP server. */
export function tcp(onConnection: (socket: Socket) => void): Promise<number> {
  return listen(createTcp(onConnection));
}

/** A TLS server, for `app.localhost` unless told otherwise. */
export function tls(onConnection: (socket: Socket) => void, options: TlsOptions = {}): Promise<number> {
  const server = createTls({ cert: leaf.cert + root.cert, key: leaf.key, ...options }, (socket) => {
    socket.on('error', () => {});
    onConnection(socket);
  });
  server.on('tlsClientError', () => {});
  return listen(server);
}

/** An http server. */
export function http(handler: RequestListener): Promise<number> {
  return listen(createHttp(handler));
}

/** An https server for `app.localhost`. */
export function https(handler: RequestListener, options: TlsOptions = {}): Promise<number> {
  const inner = createHttp(handler);
  return tls((socket) => inner.emit('connection', socket), options);
}

/** A server that accepts connections and never says a word. */
export function mute(): Promise<number> {
  return tcp((socket) => socket.resume());
}

export function door(port: number, more: Partial<Door> = {}): Door {
  return { name: 'app.localhost', port, proxyProtocol: false, ...more };
}

let network = thisMachine;

/** Has every further probe of this test file leave from there. */
export function probeFrom(there: Network): void {
  network = there;
}

/** Runs a probe from here, trusting the tests' authority, within ten seconds unless told otherwise. */
export function probe(wanted: Probe, context: Partial<ProbeContext> = {}): Promise<Outcome> {
  return runProbe(wanted, {
    vantage: { name: 'here' },
    network,
    authorities: [root.cert],
    internalAuthorities: [root.cert],
    timeout: 10_000,
    now: () => new Date(),
    ...context,
  });
}
