import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { down, type Lab, up } from '../lab/lab.ts';
import type { CutReceipt } from '../src/model/cut.ts';
import { installPoterne } from './testing.ts';

// The quick cut-off on an installed gateway: its account has no right of root's, and its service may do little.

vi.setConfig({ testTimeout: 180_000 });

const gateway = '10.46.0.2';
const site = `site: masociete
services:
  app: { url: "http://10.46.0.50:8069", events: [/] }
publications:
  one.example.fr: { service: app, audience: everyone }
  two.example.fr: { service: app, audience: everyone }
`;

/** Says a word now and then, for ever. */
const application = `
  import { createServer } from 'node:http';
  createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(() => response.write('data: again\\n\\n'), 50);
    response.once('close', () => clearInterval(timer));
  }).listen(8069, '10.46.0.50', () => console.log('listening'));`;

let lab: Lab;
const running: ChildProcess[] = [];

const on = async (...argv: readonly string[]) => {
  const { code, stdout, stderr } = await lab.host('gateway').run(argv, { timeout: 120_000 });
  return { code, stdout, stderr };
};

beforeAll(async () => {
  lab = await up({
    name: `cut-${process.pid}`,
    zones: { lan: { networks: ['10.46.0.0/24'] } },
    hosts: {
      gateway: {
        release: 'trixie',
        interfaces: { lan: [gateway] },
        files: { '/etc/poterne/site.yaml': { content: site } },
      },
      visitor: { boot: false, interfaces: { lan: ['10.46.0.99'] } },
      app: { boot: false, interfaces: { lan: ['10.46.0.50'] } },
    },
  });
  const [program = '', ...rest] = lab
    .host('app')
    .networkCommand([process.execPath, '--input-type=module', '--eval', application]);
  const app = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(app);
  await once(app.stdout, 'data');
  await installPoterne(lab, 'gateway');
  expect(await on('systemctl', 'restart', 'poterne')).toMatchObject({ code: 0 });
}, 600_000);

afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  if (lab) await down(lab.name);
});

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
  await expect.poll(() => seen.received > 0, { timeout: 30_000 }).toBe(true);
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
  await expect.poll(() => one.ended, { timeout: 30_000 }).toBe(true);
  const { received } = two;
  await expect.poll(() => two.received > received, { timeout: 30_000 }).toBe(true);
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
  await expect.poll(() => two.ended, { timeout: 30_000 }).toBe(true);
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
  await expect.poll(status, { timeout: 60_000, interval: 500 }).toBe('503');
  expect(JSON.parse((await on('poterne', 'cut', '--list', '--json')).stdout)).toHaveLength(2);
  expect(await on('poterne', 'restore', 'two.example.fr')).toMatchObject({ code: 0 });
  const again = await visit('two.example.fr');
  again.child.kill();
});
