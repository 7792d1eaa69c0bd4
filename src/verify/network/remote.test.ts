import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as tlsConnect } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from '../../lib/testing-ports.ts';
import { Fault } from '../../model/fault.ts';
import { door, listen, mute, probe, tcp, tls } from '../testing/servers.ts';
import type { Network, Wire } from './network.ts';
import { greeting } from './program.ts';
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

  test('a peer that does not read holds up its own connection only', async () => {
    const network = await vantage();
    const port = await tcp((socket) => socket.pause());
    const wire = await connected(network, port);
    let chunks = 0;
    const more = () => {
      while (wire.write(Buffer.alloc(65_536))) chunks++;
      chunks++;
    };
    wire.on('drain', more);
    more();
    await sleep(500);
    const settled = chunks;
    await sleep(300);
    expect(chunks).toBe(settled);
    expect(settled * 65_536).toBeLessThan(30e6);
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

  test('what reached the host may explain itself, but for a host without perl', async () => {
    const explain = (stderr: string, status: number | undefined) =>
      new Fault('vantage.failed', { vantage: 'explained', reason: `${stderr.trim()} ${status}` });
    const ended = (script: string) => openVantage('there', failing(['sh', '-c', script]), { explain });
    await expect(ended('echo refused >&2; exit 255')).rejects.toMatchObject({
      params: { reason: 'refused 255' },
    });
    await expect(ended('exec /no/such/perl')).rejects.toMatchObject({ params: { vantage: 'there' } });
  });

  test('a machine that was broken into is not believed beyond what it sees', async () => {
    /** A vantage that answers whatever it is asked first with these bytes. */
    const lying = (frame: string) =>
      vantage(
        failing([
          'perl',
          '-e',
          `$| = 1; sysread STDIN, $_, 9999 until /__END__/; print "${greeting.trim()}\n"; sysread STDIN, $_, 99; print ${frame}; sleep 60`,
        ]),
      );
    const odd = await lying(`pack('aNNa*', 'A', 1, 9, "10.0.0.1e")`);
    await expect(odd.lookup('x')).rejects.toMatchObject({ code: 'EPROTO' });
    const colours = await lying(`pack('aNNa*', 'S', 1, 5, "e[31m")`);
    await expect(colours.tryPort('10.0.0.1', 1, 1000)).rejects.toMatchObject({ code: 'EPROTO' });
    const endless = await lying(`pack('aNN', 'A', 1, 0xffffffff)`);
    await expect(endless.lookup('x')).rejects.toMatchObject({ code: 'ENOTCONN' });
    expect(endless.lost()).toBe('what it says is not understood');
    const flood = await lying(
      `pack('aNNa*', 'O', 1, 10, '10.0.0.2 1') . pack('aNNa*', 'D', 1, 50000, 'x' x 50000) x 2`,
    );
    expect(await code(flood.connect('10.0.0.1', 1))).toBeUndefined();
    expect(flood.lost()).toBeUndefined();
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
