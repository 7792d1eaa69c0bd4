import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { down, type Lab, up } from '../lab/lab.ts';
import { startScript } from '../lab/testing.ts';
import { unitName } from '../src/engines/nftables/actions.ts';
import nftables from '../src/engines/nftables/engine.ts';
import { localhost } from '../src/hosts/local.ts';
import { program } from '../src/lib/testing-program.ts';
import type { CutReceipt } from '../src/model/cut.ts';
import { networkOf } from '../src/plan/network.ts';
import { siteOf } from '../src/plan/testing.ts';
import { installPoterne } from './testing.ts';

// The quick cut-off on an installed gateway: its account has no right of root's, and its service may do little.

const gateway = '10.46.0.2';
const site = `site: masociete
zones: { lan: { networks: [10.46.0.0/24] } }
hosts: { gateway: { address: ${gateway}, roles: [gateway], ssh: {} } }
admin: { from: [lan, 198.51.100.7] }
services:
  app: { url: "http://10.46.0.50:8069", events: [/] }
  raw: { url: "tcp://10.46.0.50:8070" }
publications:
  one.example.fr: { service: app, audience: everyone }
  two.example.fr: { service: app, audience: everyone }
  raw.example.fr: { service: raw, scenario: direct, port: 2222, audience: everyone }
`;

/** The same with a router before it, which passes the port on. */
const routed = site
  .replace(
    'hosts: {',
    'gateway: { public: [198.51.100.1] }\nhosts: { router: { address: [198.51.100.1, 10.46.0.1], roles: [router], ssh: { user: debian } },',
  )
  .replace('tcp://10.46.0.50:8070', 'tcp://10.46.0.51:8070');

/** The firewall of a host, as apply brings it. */
async function firewall(yaml: string, name: string): Promise<Record<string, { content: string }>> {
  const asked = networkOf(await siteOf(yaml));
  const host = asked.site.hosts.find((each) => each.name === name);
  const files = (host && nftables.part(asked, host)?.files) ?? [];
  return Object.fromEntries(
    files.flatMap(({ path, content }) => ('text' in content ? [[path, { content: content.text }]] : [])),
  );
}

/** Says a word now and then, for ever. */
const application = `
  import { createServer } from 'node:http';
  createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(() => response.write('data: again\\n\\n'), 50);
    response.once('close', () => clearInterval(timer));
  }).listen(8069, '10.46.0.50');
  const { createServer: raw } = await import('node:net');
  // What a person types comes back.
  raw((socket) => socket.on('error', () => {}).pipe(socket)).listen(8070, '::', () => console.log('listening'));`;

let lab: Lab;
const running: ChildProcess[] = [];

const on = async (...argv: readonly string[]) => {
  const { code, stdout, stderr } = await lab.host('gateway').run(argv, { timeout: 120_000 });
  return { code, stdout, stderr };
};

beforeAll(async () => {
  lab = await up({
    name: `cut-${process.pid}`,
    controller: 'visitor',
    zones: { lan: { networks: ['10.46.0.0/24'] }, wan: { networks: ['198.51.100.0/24'] } },
    hosts: {
      gateway: {
        release: 'trixie',
        interfaces: { lan: [gateway] },
        files: { '/etc/poterne/site.yaml': { content: site }, ...(await firewall(site, 'gateway')) },
        run: [['systemctl', 'enable', '--now', unitName]],
      },
      router: {
        interfaces: { wan: ['198.51.100.1'], lan: ['10.46.0.1'] },
        files: await firewall(routed, 'router'),
        run: [['systemctl', 'enable', '--now', unitName]],
      },
      visitor: { boot: false, interfaces: { lan: ['10.46.0.99'], wan: ['198.51.100.7'] } },
      app: {
        boot: false,
        interfaces: { lan: ['10.46.0.50', '10.46.0.51'] },
        routes: [{ to: '198.51.100.0/24', via: '10.46.0.1' }],
      },
    },
  });
  running.push(await startScript(lab, 'app', application));
  await installPoterne(lab, 'gateway');
  expect(await on('systemctl', 'restart', 'poterne')).toMatchObject({ code: 0 });
}, 600_000);

afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  if (lab) await down(lab.name);
});

/** What opens a router's port again. */
const timer = '/etc/systemd/system/poterne-cut-2222.timer';

/** A visitor who reads until it is ended. */
async function visit(name: string) {
  const [program = '', ...rest] = lab
    .host('visitor')
    .networkCommand(['curl', '-skN', '--resolve', `${name}:443:${gateway}`, `https://${name}/`]);
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'ignore'] });
  running.push(child);
  const seen = { received: 0, ended: false, child };
  child.stdout.on('data', (bytes: Buffer) => {
    seen.received += bytes.length;
  });
  child.once('exit', () => {
    seen.ended = true;
  });
  await expect.poll(() => seen.received > 0, { timeout: 90_000 }).toBe(true);
  return seen;
}

const cut = async (what: string) => {
  const { code, stdout, stderr } = await on('poterne', 'cut', what, '--reason', 'an incident', '--json');
  expect([code, stderr, stdout]).toEqual([0, '', expect.stringContaining('"troubles":[]')]);
  const receipt = JSON.parse(stdout) as CutReceipt;
  console.log(`cut ${what}: refused after ${receipt.refused} ms, ended after ${receipt.finished} ms`);
  return receipt;
};

test('the service ends live connections of its own nginx, and the others notice nothing', async () => {
  const [one, two] = [await visit('one.example.fr'), await visit('two.example.fr')];
  const receipt = await cut('one.example.fr');
  expect(receipt).toMatchObject({
    troubles: [],
    ended: { connections: 1, publications: { 'one.example.fr': 1 } },
  });
  await expect.poll(() => one.ended, { timeout: 90_000 }).toBe(true);
  const { received } = two;
  await expect.poll(() => two.received > received, { timeout: 90_000 }).toBe(true);
  expect(two.ended).toBe(false);
  // What it left is the account's.
  expect((await on('find', '/var/lib/poterne', '!', '-user', 'poterne')).stdout).toBe('');
  two.child.kill();
});

test('root ends them in its place while the service hangs, and both know of it after a restart', async () => {
  const two = await visit('two.example.fr');
  expect(await on('systemctl', 'kill', '--kill-whom=main', '--signal=SIGSTOP', 'poterne')).toMatchObject({
    code: 0,
  });
  const receipt = await cut('two.example.fr');
  expect(receipt).toMatchObject({ troubles: [], ended: { connections: 1 } });
  await expect.poll(() => two.ended, { timeout: 90_000 }).toBe(true);
  await on('systemctl', 'kill', '--kill-whom=main', '--signal=SIGCONT', 'poterne');
  expect((await on('find', '/var/lib/poterne', '!', '-user', 'poterne')).stdout).toBe('');
  await lab.host('gateway').reboot();
  const status = async () =>
    (
      await on(
        'curl',
        '-sk',
        '-o',
        '/dev/null',
        '-m',
        '10',
        '-w',
        '%{http_code}',
        '--resolve',
        `two.example.fr:443:127.0.0.1`,
        'https://two.example.fr/',
      )
    ).stdout;
  await expect.poll(status, { timeout: 90_000, interval: 500 }).toBe('503');
  expect(JSON.parse((await on('poterne', 'cut', '--list', '--json')).stdout)).toHaveLength(2);
  expect(await on('poterne', 'restore', 'two.example.fr')).toMatchObject({ code: 0 });
  const again = await visit('two.example.fr');
  again.child.kill();
});

/** A visitor with a connection that stands: what is said on it comes back, for as long as it does. */
function talk(host: string) {
  const program = `
    const socket = require('node:net').connect(2222, '${host}');
    socket.on('data', (data) => process.stdout.write(data));
    socket.on('error', ({ code }) => { process.stdout.write(code); process.exit(); });
    process.stdin.on('data', (data) => socket.write(data));`;
  const [node = '', ...rest] = lab.host('visitor').networkCommand([process.execPath, '--eval', program]);
  const child = spawn(node, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  running.push(child);
  let heard = '';
  child.stdout.on('data', (bytes: Buffer) => {
    heard += String(bytes);
  });
  return async (text: string, answer = text) => {
    child.stdin.write(text);
    await expect.poll(() => heard, { timeout: 90_000 }).toContain(answer);
    heard = '';
  };
}

test('a port that the gateway’s firewall passes on is shut, for who is connected and over a boot, and opened again', async () => {
  const before = talk(gateway);
  await before('hello');
  const receipt = await cut('raw.example.fr');
  expect(receipt).toMatchObject({ ports: [2222], troubles: [] });
  await before('still there?', 'ECONNRESET');
  await talk(gateway)('', 'ECONNREFUSED');
  // Whoever takes all rules away does not open it.
  expect(await on('sh', '-c', 'nft flush ruleset && systemctl reload poterne-firewall')).toMatchObject({
    code: 0,
  });
  await talk(gateway)('', 'ECONNREFUSED');
  await lab.host('gateway').reboot();
  await talk(gateway)('', 'ECONNREFUSED');
  await expect
    .poll(async () => (await on('poterne', 'restore', 'raw.example.fr')).code, { timeout: 90_000 })
    .toBe(0);
  await expect
    .poll(async () => (await on('cat', '/run/poterne-wall/done')).stdout, { timeout: 90_000 })
    .toBe('');
  await talk(gateway)('hello again');
});

test('the account of the gateway shuts ports and bans addresses, and has root do nothing else', async () => {
  const words = [
    'port 2222; flush ruleset',
    'port 2222 }',
    'drop 0.0.0.0/0 } ; x',
    '$(touch /root/x)',
    'port 22',
  ];
  const asGateway = ['setpriv', '--reuid=poterne', '--regid=poterne', '--clear-groups', '--'];
  const script = 'cd /var/lib/poterne/wall && printf "%s\\n" "$@" >ports && : >asked';
  const asks = async () => {
    // The service itself may ask for what it wants at that moment.
    expect(await on(...asGateway, 'sh', '-c', script, 'sh', ...words)).toMatchObject({ code: 0 });
    return (await on('cat', '/run/poterne-wall/done')).stdout;
  };
  await expect.poll(asks, { timeout: 90_000, interval: 1000 }).toBe('port 22\n');
  // The machine itself is reached: only what leads elsewhere is shut.
  const { code } = await lab.host('gateway').run(['true']);
  expect(code).toBe(0);
  // A file of root's is read as the account, that is not at all.
  await on('sh', '-c', 'echo "port 2222" >/root/ports; chmod 600 /root/ports');
  expect(
    await on(...asGateway, 'sh', '-c', 'cd /var/lib/poterne/wall && ln -sf /root/ports ports && : >asked'),
  ).toMatchObject({ code: 0 });
  await expect
    .poll(async () => (await on('cat', '/run/poterne-wall/done')).stdout, { timeout: 90_000 })
    .toBe('');
});

test('a router’s port is shut and opened over SSH by who applies', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'poterne-cut-'));
  const file = join(folder, 'site.yaml');
  await writeFile(file, routed);
  const asked = async (...argv: string[]) =>
    localhost.run([
      ...[program, ...argv],
      ...['--site', file, '--state', folder, '--ssh-config', lab.sshConfig, '--json'],
    ]);
  const before = talk('198.51.100.1');
  await before('hello');
  const atRouter = async (...argv: string[]) => (await lab.host('router').run(argv)).stdout;
  const shut = await asked('cut', 'raw.example.fr', '--reason', 'an "incident"', '--for', '1h');
  expect([shut.stderr, JSON.parse(shut.stdout)]).toEqual([
    '',
    expect.objectContaining({ host: 'router', ports: [2222], until: expect.any(String) }),
  ]);
  await before('still there?', 'ECONNRESET');
  // The router is asked what it has cut off; and the gateway, which never heard of it.
  const list = async () => JSON.parse((await asked('cut', '--list')).stdout);
  const onGateway = expect.objectContaining({ host: 'gateway', reason: 'an incident' });
  const { until, host } = JSON.parse(shut.stdout);
  expect(await list()).toEqual([
    onGateway,
    {
      target: { kind: 'publication', name: 'raw.example.fr', id: 'raw_example_fr' },
      ...{ host, port: 2222, inForce: true, at: expect.any(String), by: expect.any(String) },
      ...{ reason: 'an "incident"', until: expect.stringContaining(until.slice(0, 13)) },
    },
  ]);
  // Over a boot it lasts, for what is left of its time.
  const ends = () => atRouter('systemctl', 'show', '-P', 'NextElapseUSecRealtime', 'poterne-cut-2222.timer');
  const planned = await ends();
  expect(planned).toMatch(/\d\d:\d\d:\d\d/);
  await lab.host('router').reboot();
  await talk('198.51.100.1')('', 'ECONNREFUSED');
  expect(await ends()).toBe(planned);
  expect(await list()).toEqual([onGateway, expect.objectContaining({ inForce: true })]);
  expect((await asked('restore', 'raw.example.fr')).code).toBe(0);
  await talk('198.51.100.1')('hello again');
  expect(await list()).toEqual([onGateway]);
  const left = () => atRouter('sh', '-c', 'ls /etc/systemd/system /etc/poterne | grep -- -cut- || true');
  expect(await left()).toBe('');
  // It ends by itself; and also one that ended while the router was off.
  for (const isOff of [false, true]) {
    const until = isOff ? '40s' : '4s';
    expect((await asked('cut', 'raw.example.fr', '--reason', 'x', '--for', until)).code).toBe(0);
    if (isOff) {
      // As if it had been made, and had ended, an hour before.
      await atRouter('sed', '-i', 's/^OnCalendar=.*/OnCalendar=2026-01-01 00:00:00 UTC/', timer);
      await atRouter('touch', '-d', '2025-12-31', '/var/lib/systemd/timers/stamp-poterne-cut-2222.timer');
      await lab.host('router').reboot();
    }
    await expect.poll(left, { timeout: 90_000, interval: 500 }).toBe('');
    await talk('198.51.100.1')('open again');
  }
  expect((await asked('cut', 'one.example.fr', '--reason', 'x')).code).toBe(2);
  await rm(folder, { recursive: true });
});
