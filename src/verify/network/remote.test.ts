import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as tlsConnect } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { door, freePort, listen, mute, probe, tcp, tls } from '../testing/servers.ts';
import type { Network, Wire } from './network.ts';
import { openVantage, type RemoteNetwork, type RunThere } from './remote.ts';

const here: RunThere = ([program = '', ...rest]) => spawn(program, rest);
const opened: RemoteNetwork[] = [];

afterEach(() => Promise.all(opened.splice(0).map((network) => network.close())));

async function vantage(run: RunThere = here): Promise<RemoteNetwork> {
  const network = await openVantage('there', run, { timeout: 5000 });
  opened.push(network);
  return network;
}

async function connected(network: Network, port: number): Promise<Wire> {
  const wire = network.connect('127.0.0.1', port);
  await new Promise((resolve, reject) => wire.once('connect', resolve).once('error', reject));
  return wire;
}

async function everything(wire: Wire): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of wire) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const code = (wire: Wire) =>
  new Promise((resolve) => wire.once('error', (error: NodeJS.ErrnoException) => resolve(error.code)));

describe('a vantage', () => {
  test('looks names up as that machine does', async () => {
    const network = await vantage();
    expect(await network.lookup('localhost')).toContain('127.0.0.1');
    expect(await network.lookup('192.0.2.7')).toEqual(['192.0.2.7']);
    // Without a name server in reach the resolver says so instead.
    await expect(network.lookup('nobody.invalid')).rejects.toMatchObject({
      code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/),
    });
  });

  test('relays megabytes both ways, and the end of each direction by itself', async () => {
    const network = await vantage();
    const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
    const port = await listen(server);
    const sent = Buffer.alloc(3_000_000, 'poterne ');
    const wires = await Promise.all([1, 2, 3].map(() => connected(network, port)));
    const back = wires.map((wire) => everything(wire));
    for (const wire of wires) wire.end(sent);
    for (const got of await Promise.all(back)) expect(got.equals(sent)).toBe(true);
  });

  test('stops a peer that says more than is read, while other connections go on', async () => {
    const network = await vantage();
    let written = 0;
    const port = await tcp((socket) => {
      const more = () => {
        while (!socket.destroyed) {
          written += 65_536;
          if (!socket.write(Buffer.alloc(65_536))) break;
        }
      };
      socket.on('drain', more);
      more();
    });
    const wire = await connected(network, port);
    await sleep(500);
    const settled = written;
    await sleep(300);
    expect(written).toBe(settled);
    // What the kernels on both sides hold, at most.
    expect(settled).toBeLessThan(30e6);
    expect(await network.tryPort('127.0.0.1', port, 1000)).toEqual({ state: 'open' });
    wire.destroy();
  });

  test('tells the addresses of its own end, and errors by their codes', async () => {
    const network = await vantage();
    const sources: (number | undefined)[] = [];
    const port = await tcp((socket) => sources.push(socket.remotePort));
    const wire = await connected(network, port);
    expect([wire.localAddress, wire.remoteAddress, wire.remotePort]).toEqual([
      '127.0.0.1',
      '127.0.0.1',
      port,
    ]);
    await expect.poll(() => sources).toEqual([wire.localPort]);
    wire.destroy();
    expect(await code(network.connect('127.0.0.1', await freePort()))).toBe('ECONNREFUSED');
    expect(await code(network.connect('nowhere', 1))).toBe('EINVAL');
  });

  test('a connection given up is closed there', async () => {
    const network = await vantage();
    const sockets: Socket[] = [];
    const port = await tcp((socket) => sockets.push(socket.resume()));
    (await connected(network, port)).destroy();
    await expect.poll(() => sockets[0]?.closed).toBe(true);
  });

  test('a reset reaches what is layered on the connection, at every stage', async () => {
    const network = await vantage();
    const early = await tcp((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const late = await tls((socket) =>
      socket.once('data', () => (socket as unknown as { _parent: Socket })._parent.resetAndDestroy()),
    );
    const secure = async (port: number) =>
      tlsConnect({ socket: await connected(network, port), rejectUnauthorized: false });
    expect(await code(await secure(early))).toBe('ECONNRESET');
    const upper = await secure(late);
    await new Promise((resolve) => upper.once('secureConnect', resolve));
    upper.write('hello');
    expect(await code(upper)).toBe('ECONNRESET');
  });

  test('tries ports', async () => {
    const network = await vantage();
    expect(await network.tryPort('127.0.0.1', await mute(), 1000)).toEqual({ state: 'open' });
    expect(await network.tryPort('127.0.0.1', await freePort(), 1000)).toEqual({ state: 'closed' });
    expect(await network.tryPort('255.255.255.255', 1, 1000)).toMatchObject({ state: 'unreachable' });
    await expect(network.tryPort('nowhere', 1, 1000)).rejects.toMatchObject({ code: 'EINVAL' });
  });
});

describe('a vantage that does not work', () => {
  const failing = (argv: readonly string[]): RunThere => {
    const [program = '', ...rest] = argv;
    return () => spawn(program, rest);
  };

  test('what is wrong is told', async () => {
    const reason = (argv: readonly string[]) => openVantage('there', failing(argv), { timeout: 500 });
    await expect(
      reason(['sh', '-c', 'echo banner >&2; echo "Permission denied" >&2; exit 255']),
    ).rejects.toMatchObject({
      code: 'vantage.failed',
      params: { vantage: 'there', reason: 'Permission denied' },
    });
    await expect(reason(['/no/such/program'])).rejects.toMatchObject({
      params: { reason: expect.stringContaining('ENOENT') },
    });
    await expect(reason(['sleep', '60'])).rejects.toMatchObject({ params: { reason: 'no answer in 0.5 s' } });
  });

  test('a login script that talks is no obstacle', async () => {
    const network = await vantage(failing(['sh', '-c', 'echo "Welcome to this machine"; exec perl -']));
    expect(await network.tryPort('127.0.0.1', await mute(), 1000)).toEqual({ state: 'open' });
  });

  test('once it is gone no promise is kept, not even a refusal', async () => {
    let child: ChildProcess | undefined;
    const network = await vantage((argv) => {
      child = here(argv);
      return child;
    });
    const silent = await tcp((socket) => socket.once('data', () => child?.kill('SIGKILL')));
    const lost = { held: false, seen: { code: 'seen.vantage.lost' } };
    // Alone, this probe would take a connection that is gone for a refusal.
    expect(await probe({ kind: 'refuses-handshake', door: door(silent) }, { network })).toMatchObject(lost);
    const refuses = { kind: 'refuses-connection', addresses: ['127.0.0.1'], port: await freePort() } as const;
    expect(await probe(refuses, { network })).toMatchObject(lost);
    expect(await probe({ kind: 'resolves', name: '127.0.0.1' }, { network })).toMatchObject(lost);
    expect(network.lost()).toBeDefined();
  });

  test('closing it twice, and ending its process, leaves nothing', async () => {
    let child: ChildProcess | undefined;
    const network = await openVantage('there', (argv) => {
      child = here(argv);
      return child;
    });
    const began = performance.now();
    await network.close();
    await network.close();
    expect(child?.exitCode).toBe(0);
    expect(performance.now() - began).toBeLessThan(1500);
  });
});
