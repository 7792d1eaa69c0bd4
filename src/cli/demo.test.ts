import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { processes } from '../apply/processes.ts';
import { openBrowser } from '../daemon/entry/testing-visitor.ts';
import { hiddenFields } from '../daemon/portal/testing.ts';
import { reachable } from '../daemon/status.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'poterne-demo-'));
const state = join(folder, '.local', 'state', 'poterne', 'demo');

/** The ports of the demonstration's description and of its applications: a newcomer's, so these tests use no others. */
const ports = [8080, 8443, 18069, 18081, 18082, 18088];

const taken = async () => {
  const found = await Promise.all(
    ports.map(async (port) => ((await reachable({ kind: 'tcp', host: '127.0.0.1', port })) ? [port] : [])),
  );
  return found.flat();
};

/** Processes that a demonstration of this folder has left. */
const left = async () => (await processes()).filter((p) => p.title.includes(folder)).map((p) => p.title);

interface Demo {
  readonly child: ChildProcess;
  out(): string;
  err(): string;
  readonly ended: Promise<number | null>;
}

/** `./poterne demo …` as a newcomer without any rights, from the working tree. */
function demo(argv: readonly string[], environment: Readonly<Record<string, string>> = {}): Demo {
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const child = spawn(join(root, 'poterne'), ['demo', ...argv], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder, POTERNE_LANG: 'en', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...nobody,
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, out: () => out, err: () => err, ended };
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Signs in as the demonstration says, and is let in; what lets in stands nowhere else. */
async function signIn(said: string): Promise<void> {
  const [, login = '', password = ''] = /user name +(\S+)\n +password +(\S+)/.exec(said) ?? [];
  const browser = openBrowser(8443, readFileSync(join(state, 'authority', 'root.pem'), 'utf8'));
  const staff = 'https://staff.localhost:8443/web/login';
  expect((await browser.fetch(staff)).status).toBe(401);
  const page = await browser.go(staff);
  const portal = 'https://portal.localhost:8443';
  expect(page.url).toContain(`${portal}/sign-in?to=`);
  const fields = { ...hiddenFields(page.body, '/sign-in'), login, password };
  const { status } = await browser.send(`${portal}/sign-in`, fields, { origin: portal });
  expect(status).toBe(200);
  const inside = await browser.go(staff);
  expect([inside.status, inside.url]).toEqual([200, staff]);
  expect(inside.body).toContain('Open-Prod');
  for (const each of readdirSync(state, { recursive: true, withFileTypes: true }))
    if (each.isFile())
      expect(readFileSync(join(each.parentPath ?? each.path, each.name)).includes(password), each.name).toBe(
        false,
      );
}

// One test, for there is one set of ports.
test('the demonstration, as a newcomer has it', { timeout: 180_000 }, async (context) => {
  const busy = await taken();
  if (busy.length > 0) context.skip(`something else listens on ${busy.join(', ')}`);
  chmodSync(folder, 0o755);
  if (process.getuid?.() === 0) chownSync(folder, 65534, 65534);

  const once = demo(['--once'], { POTERNE_LANG: 'fr' });
  expect([await once.ended, once.err()]).toEqual([0, expect.stringContaining('nginx démarré et en service')]);
  expect(once.out()).toMatch(/Toutes les promesses sont tenues\s: 54 /);
  expect(once.out()).toContain('staff.localhost:8443/web/login est fermé à qui ne s’est pas connecté');
  expect(once.err()).not.toMatch(/Warning/);

  const machine = demo(['--once', '--json']);
  expect([await machine.ended, machine.err()]).toEqual([0, '']);
  expect(machine.out().trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(machine.out())).toMatchObject({
    outcome: 'applied',
    findings: [],
    counts: { total: 54, held: 54, broken: 0 },
    urls: expect.arrayContaining([
      'https://house.localhost:8443/constellation/',
      'https://erp.localhost:8443/',
    ]),
    root: join(state, 'authority', 'root.pem'),
  });

  // An application that listens elsewhere is not behind its promise.
  const broken = demo(['--once'], { ZONEMINDER_PORT: '16790' });
  expect(await broken.ended).toBe(1);
  expect(broken.out()).toMatch(/✗ .*\/zm\/ shows Camera/);
  expect(broken.out()).toMatch(/Promises broken: 2; kept: 52 of 54/);

  const staying = demo([]);
  await expect.poll(staying.err, { timeout: 90_000 }).toContain('Ctrl-C ends the demonstration');
  expect(staying.out()).toContain('  https://house.localhost:8443/constellation/\n');
  expect(await taken()).toEqual(ports);
  await signIn(staying.out());
  const second = demo([]);
  expect(await second.ended).toBe(1);
  expect(second.err()).toMatch(/^error: port 18\d+ of 127\.0\.0\.1 is taken .*\nnext: end the demonstration/);
  // Twice, as people do.
  staying.child.kill('SIGINT');
  staying.child.kill('SIGINT');
  expect(await staying.ended).toBe(0);
  expect([await left(), await taken()]).toEqual([[], []]);
});
