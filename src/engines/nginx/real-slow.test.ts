import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import tls from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { publication, service, site } from './testing.ts';
import {
  type Backend,
  backend,
  type RunningGateway,
  startGateway,
  type TestAuthority,
  testAuthority,
} from './testing-gateway.ts';

// Clients that are slow on purpose, by slowhttptest: meanwhile somebody else is answered.

let authority: TestAuthority;
let app: Backend;
beforeAll(async () => {
  authority = await testAuthority('gateway');
  const large = Buffer.alloc(2_000_000);
  app = await backend('app', (asked, answer) => {
    asked.resume();
    answer.end(asked.url === '/large' ? large : 'app');
  });
});
afterAll(() => app?.close());

const open = (edit?: (main: string) => string): Promise<RunningGateway> =>
  startGateway(
    (ports) =>
      site([service('app', app.url)], [publication('localhost', 'app')], {
        ...ports,
        options: { nginx: { limits: { connections: 50 } } },
      }),
    authority,
    false,
    edit,
  );

const attacks = {
  // Headers that never end.
  slowloris: ['-H', '-i', '1', '-x', '8'],
  // A body that never ends (R-U-Dead-Yet).
  rudy: ['-B', '-i', '1', '-s', '8192', '-x', '8'],
  // An answer that is hardly read.
  reading: ['-X', '-w', '8', '-y', '16', '-n', '1', '-z', '4', '-k', '3'],
} as const;

interface Attack {
  readonly isOn: () => boolean;
  /** Connections that got as far as TLS. */
  readonly made: () => number;
  end(): Promise<void>;
}

/** An attack of so many connections, that ends by itself after so many seconds. slowhttptest names no host in TLS (SNI), so that it gets nowhere alone: we do. */
async function attack(
  gateway: RunningGateway,
  name: keyof typeof attacks,
  connections: number,
  seconds: number,
): Promise<Attack> {
  let made = 0;
  const sockets = new Set<net.Socket>();
  const relay = net.createServer((slow) => {
    const target = tls.connect({
      ...{ port: gateway.site.gateway.httpsPort, host: '127.0.0.1', servername: 'localhost' },
      ...{ rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] },
    });
    target.once('secureConnect', () => made++);
    for (const [one, other] of [
      [slow, target],
      [target, slow],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
    }
  });
  relay.listen(0, 'localhost', 1024);
  await once(relay, 'listening');
  const url = `http://localhost:${(relay.address() as net.AddressInfo).port}/large`;
  const size = ['-c', `${connections}`, '-r', `${connections}`, '-l', `${seconds}`, '-p', '2', '-v', '0'];
  const child = spawn('slowhttptest', [...attacks[name], ...size, '-u', url], { stdio: 'ignore' });
  const isOn = () => child.exitCode === null && child.signalCode === null;
  return {
    isOn,
    made: () => made,
    async end() {
      if (isOn()) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      for (const socket of sockets) socket.destroy();
      relay.close();
    },
  };
}

const longest = 5000;

/**
 * How long somebody else waits for each answer while an attack goes on, in milliseconds; `Infinity` for none. After so long it is enough, once there
 * are connections enough: on a busy machine they take their time.
 */
async function waits(
  gateway: RunningGateway,
  slow: readonly Attack[],
  enough = Number.POSITIVE_INFINITY,
): Promise<number[]> {
  const found: number[] = [];
  const until = performance.now() + enough;
  const isEnough = () => performance.now() > until && slow.every(({ made }) => made() > 150);
  while (slow.some(({ isOn }) => isOn()) && found.length < 60 && !isEnough()) {
    const begun = performance.now();
    const answered = await Promise.race([
      gateway.get('localhost', '/', { from: '127.0.0.2' }).then(
        ({ status }) => status === 200,
        () => false,
      ),
      delay(longest, false),
    ]);
    found.push(answered ? performance.now() - begun : Number.POSITIVE_INFINITY);
    // Kept out once is kept out.
    if (!answered) break;
    await delay(150);
  }
  return found;
}

test('slow headers, slow bodies and slow readers, all at once, do not keep others out', async () => {
  const gateway = await open();
  const names = Object.keys(attacks) as (keyof typeof attacks)[];
  const slow = await Promise.all(names.map((name) => attack(gateway, name, 200, 15)));
  try {
    const found = await waits(gateway, slow, 4000);
    for (const { made } of slow) expect(made()).toBeGreaterThan(100);
    expect(found.length).toBeGreaterThan(3);
    // Generous, for machines that have much else to do.
    expect(Math.max(...found)).toBeLessThan(longest);
    // Once they have said what they want, they are counted.
    const refused = (await gateway.log()).filter(({ limited }) => limited === 'connections');
    expect(refused.length).toBeGreaterThan(100);
  } finally {
    for (const each of slow) await each.end();
    await gateway.stop();
  }
});

test('with room for few connections they would: what is measured here can fail', async () => {
  const gateway = await open((main) =>
    main
      .replace('worker_processes auto', 'worker_processes 1')
      .replace(/worker_connections \d+/, 'worker_connections 200'),
  );
  const slow = await attack(gateway, 'slowloris', 500, 12);
  try {
    expect(await waits(gateway, [slow])).toContain(Number.POSITIVE_INFINITY);
  } finally {
    await slow.end();
    await gateway.stop();
  }
});
