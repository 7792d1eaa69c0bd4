import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import http2 from 'node:http2';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processes } from '../../apply/processes.ts';
import { testAuthority } from '../../engines/nginx/testing-gateway.ts';
import { installation } from '../../hosts/installation.ts';
import { freePorts } from '../../lib/testing-ports.ts';
import { endConnections } from './connections.ts';
import { acceptedBy, type HeldSocket } from './sockets.ts';

// Connections that a real nginx holds: as root, whose workers are another account's, and as an account without any right.

const root = process.getuid?.() === 0;
const nobody = 65534;
const ways = root ? (['root', 'nobody'] as const) : (['nobody'] as const);

let certificate: { readonly ca: string; readonly pem: string };
beforeAll(async () => {
  const authority = await testAuthority('cut');
  certificate = { ca: authority.pem, pem: await authority.issue(['localhost']) };
});

describe.each(ways)('as %s', (way) => {
  let folder: string;
  let nginx: ChildProcess;
  let ports: readonly number[] = [];
  const account = way === 'nobody' && root ? { uid: nobody, gid: nobody } : {};
  let service: net.Server;
  const opened: net.Socket[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'poterne-cut-'));
    await chmod(folder, 0o755);
    await writeFile(join(folder, 'cert.pem'), certificate.pem, { mode: 0o644 });
    await mkdir(join(folder, 'run'));
    if ('uid' in account) for (const each of [folder, join(folder, 'run')]) await chown(each, nobody, nobody);
    // Says a word now and then, for ever.
    service = net.createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n');
        const timer = setInterval(() => socket.write('data: again\n\n'), 50);
        socket.once('close', () => clearInterval(timer));
      });
    });
    service.listen(0, '127.0.0.1');
    await once(service, 'listening');
    const upstream = (service.address() as net.AddressInfo).port;
    ports = await freePorts(3);
    const [port, tunnel, both] = ports;
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (of) => `${of}_temp_path ${folder}/run/${of};`,
    );
    await writeFile(
      join(folder, 'nginx.conf'),
      `load_module /usr/lib/nginx/modules/ngx_stream_module.so;
       worker_processes 2; pid ${folder}/run/nginx.pid; error_log ${folder}/run/error.log info;
       ${way === 'root' ? 'user www-data;' : ''}
       events { worker_connections 256; }
       stream {
         server { listen unix:${folder}/run/direct.sock; proxy_pass 127.0.0.1:${upstream}; }
         server { listen 127.0.0.1:${tunnel}; proxy_pass unix:${folder}/run/direct.sock; }
       }
       http {
         ${temporary.join(' ')} access_log off; proxy_buffering off; proxy_read_timeout 60s;
         server {
           listen 127.0.0.1:${port} ssl http2; listen [::1]:${port} ssl http2; listen [::]:${both} ipv6only=off;
           ssl_certificate cert.pem; ssl_certificate_key cert.pem;
           location / { proxy_pass http://127.0.0.1:${upstream}; }
         }
       }`,
    );
    const argv = ['-p', `${folder}/`, '-c', `${folder}/nginx.conf`, '-e', `${folder}/run/error.log`];
    nginx = spawn('nginx', [...argv, '-g', 'daemon off;'], { stdio: 'inherit', ...account });
    for (let tries = 0; ; tries++) {
      if (tries > 400) throw new Error('nginx does not listen');
      if (nginx.exitCode !== null) throw new Error(`nginx ended with ${nginx.exitCode}`);
      const socket = net.connect(port as number, '127.0.0.1');
      const isUp = await once(socket, 'connect').then(
        () => true,
        () => false,
      );
      socket.destroy();
      if (isUp) return;
      await delay(50);
    }
  });

  afterAll(async () => {
    for (const socket of opened) socket.destroy();
    nginx.kill('SIGTERM');
    if (nginx.exitCode === null) await once(nginx, 'exit');
    service.close();
    await rm(folder, { recursive: true, force: true });
  });

  const workers = async () =>
    (await processes()).filter(({ parent }) => parent === nginx.pid).map(({ pid }) => pid);

  /** Ends what our function would, in a process of the account that nginx runs as. */
  async function ended(choose: (socket: HeldSocket) => boolean): Promise<readonly HeldSocket[]> {
    const chosen = acceptedBy(await workers()).filter(choose);
    if (!('uid' in account)) return endConnections(chosen);
    const program = `
      import { endConnections } from ${JSON.stringify(join(installation, 'src/daemon/cut/connections.ts'))};
      import { acceptedBy } from ${JSON.stringify(join(installation, 'src/daemon/cut/sockets.ts'))};
      const seen = acceptedBy(${JSON.stringify(await workers())}).map(({ inode }) => inode);
      const ended = await endConnections(${JSON.stringify(chosen)}.filter(({ inode }) => seen.includes(inode)));
      console.log(JSON.stringify(ended));`;
    const loader = join(installation, 'node_modules', 'tsx', 'dist', 'loader.mjs');
    const argv = ['--import', loader, '--input-type=module', '-e', program];
    const { stdout } = await promisify(execFile)(process.execPath, argv, { ...account, cwd: '/' });
    return JSON.parse(stdout);
  }

  /** A connection on which a stream goes on, and how long it took from `begun` until it ended. */
  async function live(connect: () => net.Socket, text = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n') {
    const socket = connect();
    opened.push(socket);
    socket.on('error', () => undefined);
    const closed = new Promise<number>((resolve) => socket.once('close', () => resolve(performance.now())));
    socket.write(text);
    await once(socket, 'data');
    const raw = (socket as tls.TLSSocket & { _parent?: net.Socket })._parent ?? socket;
    return { socket, closed, port: raw.localPort ?? socket.localPort };
  }

  const secure = (host: string) =>
    tls.connect({ host, port: ports[0], ca: certificate.ca, servername: 'localhost' });

  test.each([
    ['TLS over IPv4', () => secure('127.0.0.1'), '127.0.0.1'],
    ['TLS over IPv6', () => secure('::1'), '::1'],
    ['IPv4 mapped into IPv6', () => net.connect(ports[2] as number, '127.0.0.1'), '127.0.0.1'],
    ['a tunnel', () => net.connect(ports[1] as number, '127.0.0.1'), '127.0.0.1'],
  ])('%s ends at once, and its neighbour goes on', async (_, connect, address) => {
    const [one, other] = [await live(connect), await live(connect)];
    const begun = performance.now();
    const found = await ended(
      ({ peer }) => peer !== undefined && peer.address === address && peer.port === one.port,
    );
    expect(found).toHaveLength(1);
    const took = (await one.closed) - begun;
    console.log(`${way}: ended after ${Math.round(took)} ms`);
    expect(took).toBeLessThan(5000);
    const [more] = await once(other.socket, 'data');
    expect(String(more)).toContain('again');
    other.socket.destroy();
  });

  test('all streams of an HTTP/2 connection end', async () => {
    const session = http2.connect(`https://127.0.0.1:${ports[0]}`, {
      ca: certificate.ca,
      servername: 'localhost',
    });
    session.on('error', () => undefined);
    const streams = [session.request({ ':path': '/a' }), session.request({ ':path': '/b' })];
    for (const stream of streams) {
      stream.on('error', () => undefined);
      await once(stream, 'data');
    }
    const closed = streams.map((stream) => new Promise((resolve) => stream.once('close', resolve)));
    const own = session.socket.localPort;
    expect(await ended(({ peer }) => peer?.port === own)).toHaveLength(1);
    for (const each of streams) each.resume();
    await Promise.all(closed);
  });

  test('a tunnel ends by the name of the socket that it goes through', async () => {
    const one = await live(() => net.connect(ports[1] as number, '127.0.0.1'));
    const found = await ended(({ path }) => path === join(folder, 'run/direct.sock'));
    expect(found.length).toBeGreaterThan(0);
    await one.closed;
  });

  test('what an old worker still serves after a reload ends too; services’ own connections are never chosen', async () => {
    const one = await live(() => secure('127.0.0.1'));
    nginx.kill('SIGHUP');
    await expect
      .poll(
        async () =>
          (await processes()).filter(
            ({ parent, title }) => parent === nginx.pid && title.endsWith('is shutting down'),
          ).length,
        { timeout: 5000 },
      )
      .toBeGreaterThan(0);
    const upstream = (service.address() as net.AddressInfo).port;
    expect(acceptedBy(await workers()).filter(({ peer }) => peer?.port === upstream)).toEqual([]);
    expect(await ended(({ peer }) => peer?.port === one.port)).toHaveLength(1);
    await one.closed;
  });

  test('another connection in the place of one that was meant is left alone', async () => {
    const one = await live(() => secure('127.0.0.1'));
    const [found] = acceptedBy(await workers()).filter(({ peer }) => peer?.port === one.port);
    expect(await endConnections([{ ...(found as HeldSocket), inode: '1' }])).toEqual([]);
    await once(one.socket, 'data');
    expect(await readFile(join(folder, 'run/error.log'), 'utf8')).not.toMatch(/\[(alert|emerg|crit)\]/);
  });
});
