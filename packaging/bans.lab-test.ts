import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { down, type Lab, up } from '../lab/lab.ts';
import { preparedTrixie } from '../lab/prepared.ts';
import { administrator, ranIn, startScript } from '../lab/testing.ts';
import { hiddenFields } from '../src/daemon/portal/testing.ts';
import type { Ban } from '../src/model/bans.ts';

// Real fail2ban, sshd, nginx and nftables, brought by apply to a gateway: whoever attacks is banned, by IPv4 and by IPv6, told so, and gone.

vi.setConfig({ testTimeout: 400_000 });

const gateway = { lan: '10.48.0.2', four: '203.0.113.2', six: '2001:db8:48::2' } as const;
const portal = 'https://portail.example.fr';
const own = {
  scans: '203.0.113.21',
  waf: '203.0.113.22',
  portal: '203.0.113.23',
  ssh: '203.0.113.24',
  friend: '203.0.113.25',
  spared: '203.0.113.30',
  six: '2001:db8:48:7::6',
  walk: ['2001:db8:48:7::7', '2001:db8:48:7::8', '2001:db8:48:7::9'],
} as const;

const description = `site: mairie
zones:
  internet: { networks: [203.0.113.0/24, "2001:db8:48::/48"] }
  lan: { networks: [10.48.0.0/24] }
admin: { from: [10.48.0.9] }
hosts:
  gateway: { address: [${gateway.lan}, ${gateway.four}, "${gateway.six}"], zone: lan, roles: [gateway], ssh: { user: debian } }
flows:
  - { from: internet, to: gateway, ports: [22], why: people go through the bastion }
people:
  bob: { name: Bob Durand }
sign-in: { at: portail.example.fr }
bans:
  ssh: { failures: 3, within: 5m, for: 1h }
  portal: { failures: 2, within: 5m, for: 1h }
  waf: { failures: 3, within: 5m, for: 1h }
  scans: { failures: 3, within: 5m, for: 1h }
  never: [${own.spared}]
  contact: mairie@example.fr
services:
  app: { url: "http://10.48.0.50:8069", events: [/events] }
publications:
  www.example.fr: { service: app, audience: everyone, scenario: proxy+waf }
`;

const application = `
  import { createServer } from 'node:http';
  createServer(({ url }, response) => {
    if (!url.startsWith('/events')) return response.end('welcome');
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(() => response.write('data: again\\n\\n'), 100);
    response.once('close', () => clearInterval(timer));
  }).listen(8069, '10.48.0.50', () => console.log('listening'));`;

let lab: Lab;
let folder: string;
const running: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-bans-'));
  lab = await up({
    name: `bans-${process.pid}`,
    zones: {
      lan: { networks: ['10.48.0.0/24'] },
      internet: { networks: ['203.0.113.0/24', '2001:db8:48::/48'] },
    },
    controller: 'admin',
    hosts: {
      admin: { boot: false, interfaces: { lan: ['10.48.0.9'] } },
      gateway: {
        ...preparedTrixie,
        interfaces: { lan: [gateway.lan], internet: [gateway.four, gateway.six] },
      },
      app: { boot: false, interfaces: { lan: ['10.48.0.50'] } },
      outside: { boot: false, interfaces: { internet: Object.values(own).flat() } },
    },
  });
  running.push(await startScript(lab, 'app', application));
  await writeFile(join(folder, 'site.yaml'), description);
}, 600_000);

afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  if (lab) await down(lab.name);
  await rm(folder, { recursive: true, force: true });
});

const from = (argv: readonly string[]) => ranIn(lab, 'outside', argv);

const curl = (address: string, url: string, ...more: readonly string[]) => {
  const name = new URL(url).hostname;
  const at = address.includes(':') ? `[${gateway.six}]` : gateway.four;
  const words = [
    '-sk',
    '-m',
    '10',
    '--interface',
    address,
    '-w',
    '\n%{http_code}',
    '-H',
    'Accept: text/html',
  ];
  return from([
    'curl',
    ...words,
    '--resolve',
    `${name}:443:${at}`,
    '--resolve',
    `${name}:80:${at}`,
    ...more,
    url,
  ]);
};
const statusOf = async (address: string, url = 'https://www.example.fr/', ...more: readonly string[]) =>
  Number((await curl(address, url, ...more)).out.split('\n').at(-1));
/** Whether sshd says its name to somebody there. */
const reachesSsh = async (address: string) =>
  (
    await from([
      'timeout',
      '3',
      'nc',
      '-s',
      address,
      address.includes(':') ? gateway.six : gateway.four,
      '22',
    ])
  ).out.startsWith('SSH-');
/** Somebody who has no key that fits. */
const guess = (address: string) =>
  from([
    ...[
      'ssh',
      '-F',
      'none',
      '-b',
      address,
      '-o',
      'BatchMode=yes',
      '-o',
      'StrictHostKeyChecking=no',
      '-o',
      'ConnectTimeout=5',
    ],
    ...[
      '-o',
      'UserKnownHostsFile=/dev/null',
      `nobody@${address.includes(':') ? gateway.six : gateway.four}`,
      'true',
    ],
  ]);

const on = async (...argv: readonly string[]) => lab.host('gateway').run(argv, { timeout: 120_000 });
const list = async (): Promise<readonly Ban[]> =>
  JSON.parse((await on('poterne', 'ban', 'list', '--json')).stdout);
const banned = (network: string) =>
  expect
    .poll(async () => (await list()).map((ban) => ban.network), { timeout: 40_000, interval: 500 })
    .toContain(network);

/** Poterne as the administrator runs it. */
async function poterne(...words: readonly string[]): Promise<string> {
  const { code, out, err } = await administrator(lab, folder)(...words);
  return `${code}\n${out}${err}`;
}

test('apply brings fail2ban, and it counts', async () => {
  expect(await poterne('apply', 'site.yaml', '--state', join(folder, 'state'))).toMatch(/^0\n/);
  const jails = await on('fail2ban-client', 'status');
  for (const jail of ['sshd', 'poterne-portal', 'poterne-waf', 'poterne-floods', 'poterne-scans'])
    expect(jails.stdout).toContain(jail);
  await expect.poll(() => statusOf(own.friend), { timeout: 60_000, interval: 500 }).toBe(200);
});

test('scans are banned within seconds, and told so', async () => {
  for (let n = 0; n < 3; n++) {
    await statusOf(own.scans, `https://nobody${n}.example.fr/`);
    await statusOf(own.spared, `https://nobody${n}.example.fr/`);
    await statusOf(own.spared, 'http://nobody.example.fr/');
  }
  await banned(`${own.scans}/32`);
  const page = await curl(own.scans, 'https://www.example.fr/');
  expect(page.out).toMatch(/\n403$/);
  expect(page.out).toContain('mairie@example.fr');
  await expect.poll(() => reachesSsh(own.scans), { timeout: 20_000 }).toBe(false);
  expect((await list()).map(({ network, by }) => [network, by])).toContainEqual([
    `${own.scans}/32`,
    'fail2ban',
  ]);
});

test('so are blocked requests, and what is live ends', async () => {
  const [program = '', ...rest] = lab
    .host('outside')
    .networkCommand([
      'curl',
      '-skN',
      '--interface',
      own.waf,
      '--resolve',
      `www.example.fr:443:${gateway.four}`,
      'https://www.example.fr/events',
    ]);
  const held = spawn(program, rest, { stdio: ['ignore', 'pipe', 'ignore'] });
  running.push(held);
  const [nc = '', ...arguments_] = lab
    .host('outside')
    .networkCommand(['nc', '-s', own.waf, gateway.four, '22']);
  const atSsh = spawn(nc, arguments_, { stdio: ['pipe', 'pipe', 'ignore'] });
  running.push(atSsh);
  await Promise.all([held, atSsh].map(({ stdout }) => once(stdout as Readable, 'data')));
  for (let n = 0; n < 3; n++)
    expect(
      await statusOf(
        own.waf,
        `https://www.example.fr/?q=${encodeURIComponent("1' UNION SELECT password FROM users--")}`,
      ),
    ).toBe(403);
  await banned(`${own.waf}/32`);
  for (const one of [held, atSsh])
    await expect.poll(() => one.exitCode ?? one.signalCode, { timeout: 30_000 }).not.toBeNull();
});

test('so are guesses at the portal', async () => {
  const form = await curl(own.portal, `${portal}/sign-in`, '-c', join(folder, 'jar'));
  const fields = { ...hiddenFields(form.out, '/sign-in'), login: 'bob', password: 'a guess' };
  const data = Object.entries(fields).flatMap((pair) => ['--data-urlencode', pair.join('=')]);
  for (let n = 0; n < 4; n++)
    await statusOf(
      own.portal,
      `${portal}/sign-in`,
      '-b',
      join(folder, 'jar'),
      '-H',
      `Origin: ${portal}`,
      ...data,
    );
  await banned(`${own.portal}/32`);
  expect((await curl(own.portal, `${portal}/sign-in`)).out).toMatch(/\n403$/);
});

test('so are guesses at sshd, by IPv6 the whole /64; others and the spared go on', async () => {
  // sshd has an address that fails wait by itself (PerSourcePenalties): as often as it takes. The other goes from one to the next.
  const attackers = [
    [[own.ssh], `${own.ssh}/32`],
    [own.walk, '2001:db8:48:7::/64'],
  ] as const;
  await Promise.all(
    attackers.map(async ([addresses, network]) => {
      expect(await reachesSsh(addresses[0])).toBe(true);
      let n = 0;
      const isBanned = async () => {
        await guess(addresses[n++ % addresses.length] as string);
        return (await list()).map((ban) => ban.network);
      };
      await expect.poll(isBanned, { timeout: 90_000, interval: 1000 }).toContain(network);
    }),
  );
  await expect.poll(() => reachesSsh(own.ssh), { timeout: 20_000 }).toBe(false);
  await expect.poll(() => reachesSsh(own.six), { timeout: 20_000 }).toBe(false);
  expect(await statusOf(own.ssh)).toBe(403);
  expect(await statusOf(own.six)).toBe(403);
  expect(await statusOf(own.friend)).toBe(200);
  expect(await reachesSsh(own.friend)).toBe(true);
  expect(await statusOf(own.spared)).toBe(200);
  expect(await list()).toHaveLength(5);
});

test('it holds over a reboot; who is let in again counts anew, for longer; why tells', async () => {
  await lab.host('gateway').reboot();
  await expect.poll(() => statusOf(own.scans), { timeout: 60_000, interval: 500 }).toBe(403);
  await expect.poll(() => reachesSsh(own.ssh), { timeout: 30_000 }).toBe(false);
  expect(await list()).toHaveLength(5);
  await expect
    .poll(async () => (await on('poterne', 'ban', 'remove', own.scans)).code, { timeout: 60_000 })
    .toBe(0);
  expect((await on('poterne', 'ban', 'remove', own.ssh)).code).toBe(0);
  expect(await statusOf(own.scans)).toBe(200);
  await expect.poll(() => reachesSsh(own.ssh), { timeout: 30_000 }).toBe(true);
  await expect
    .poll(async () => (await on('fail2ban-client', 'banned')).stdout, { timeout: 20_000 })
    .not.toMatch(new RegExp(`${own.scans}|${own.ssh}`));
  for (let n = 0; n < 3; n++) await statusOf(own.scans, 'https://nobody.example.fr/');
  await banned(`${own.scans}/32`);
  const [again] = (await list()).filter(({ network }) => network === `${own.scans}/32`);
  expect(Date.parse(again?.until ?? '') - Date.parse(again?.at ?? '')).toBeGreaterThan(3_700_000);
  // The same from where the gateway is administered.
  const before = await poterne('ban', 'why', own.waf, '--on', 'gateway');
  expect(before).toMatch(/^0\n.*for blocked requests, by fail2ban/);
  expect(before).not.toContain('UNION');
  expect(await poterne('waf', 'report', 'www.example.fr')).toMatch(/^0\n/);
  const undone = ['ban', 'remove', own.waf, '--on', 'gateway', '--reason', 'a customer'];
  expect(await poterne(...undone)).toMatch(/^0\n203\.0\.113\.22 is no longer banned/);
  expect(await poterne(...undone)).toMatch(/^1\n.*203\.0\.113\.22 is not banned/s);
  const byHand = ['ban', 'add', own.waf, '--on', 'gateway', '--reason', 'again', '--for', '1h'];
  expect(await poterne(...byHand)).toMatch(/^0\n203\.0\.113\.22 is banned until/);
  expect(await poterne('ban', 'list', '--on', 'gateway')).toMatch(/203\.0\.113\.22 .*by hand/);
  const why = await on('poterne', 'ban', 'why', own.portal);
  expect(why.stdout).toMatch(/for failed sign-ins, by fail2ban/);
  expect(why.stdout).not.toContain('a guess');
  const refused = await on('poterne', 'ban', 'add', own.spared, '--reason', 'a mistake');
  expect([refused.code, refused.stdout + refused.stderr]).toEqual([1, expect.stringContaining('bans.never')]);
});
