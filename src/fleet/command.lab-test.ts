import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { down, type Lab, up } from '../../lab/lab.ts';

/** `poterne run` as a person runs it: two hosts that are there, and one that is not. */
let lab: Lab;
let folder: string;
// Each command starts from the sources, several in a test.
vi.setConfig({ testTimeout: 180_000 });
const main = fileURLToPath(new URL('../cli/main.ts', import.meta.url));

beforeAll(async () => {
  const run = [['useradd', '--create-home', '--shell', '/bin/bash', 'User_DollarU']];
  lab = await up({
    name: `run-${process.pid}`,
    zones: { lan: { networks: ['10.79.0.0/24'] } },
    hosts: {
      prod1: { interfaces: { lan: ['10.79.0.2'] }, run },
      prod2: { release: 'trixie', interfaces: { lan: ['10.79.0.3'] }, run },
    },
  });
  folder = await mkdtemp(join(tmpdir(), 'poterne-run-'));
  const host = (name: string) =>
    `  ${name}: { address: ${lab.host(name).address}, groups: [production], ssh: { user: debian } }`;
  const site = [
    ...['site: centre', 'admin: { from: [198.18.0.0/16] }', 'hosts:', host('prod1'), host('prod2')],
    '  erp: { address: 198.18.255.8, groups: [production] }',
    '  prod3: { address: 198.18.255.9, groups: [production], ssh: { user: debian } }',
  ];
  await writeFile(join(folder, 'site.yaml'), `${site.join('\n')}\n`);
});
afterAll(async () => {
  await down(lab.name);
  await rm(folder, { recursive: true, force: true });
});

function start(argv: readonly string[]): ChildProcess {
  const tsx = fileURLToPath(new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url));
  return spawn(
    process.execPath,
    ['--import', tsx, main, 'run', ...argv, '--ssh-config', lab.sshConfig, '--state', join(folder, 'state')],
    { cwd: folder, env: { ...process.env, POTERNE_LANG: 'en' }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
}

interface Said {
  out: string;
  err: string;
}

function listening(child: ChildProcess): Said {
  const said = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said.out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said.err += text;
  });
  return said;
}

async function poterne(...argv: readonly string[]): Promise<Said & { readonly status: number }> {
  const child = start(argv);
  const said = listening(child);
  const [status] = await once(child, 'close');
  return { ...said, status };
}

async function script(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), `#!/bin/bash\n${text}\n`);
  return name;
}

/** Outcomes by host, of what `--json` said. */
function outcomes(out: string): Record<string, string> {
  const { hosts } = JSON.parse(out) as { hosts: { host: string; outcome: { is: string } }[] };
  return Object.fromEntries(hosts.map(({ host, outcome }) => [host, outcome.is]));
}

async function lastRun(): Promise<string> {
  return (await readdir(join(folder, 'state', 'runs'))).sort().at(-1) ?? '';
}

const counts = (host: string) => lab.host(host).run(['cat', '/var/tmp/counted']);

test('a script over a group: one host that is down, and one that fails, spoil nothing', async () => {
  const file = await script(
    'Fichier_fourni.sh',
    'echo "$1 on $(hostname)"; echo "result of $(hostname)" >/tmp/fichier_1log.txt; [ "$(hostname)" = prod1 ] || exit 4',
  );
  const argv = [file, '--on', 'group:production', '--as', 'User_DollarU', '--arg', 'SOC_PRODUCTION'];
  expect(await poterne(...argv)).toMatchObject({
    ...{ status: 2, err: expect.stringContaining('add --yes') },
  });
  const ran = await poterne(...argv, '--collect', '/tmp/fichier_*log.txt', '--yes', '--retries', '1');
  expect(ran.status).toBe(1);
  expect(ran.err).toContain('3 machine(s): prod1, prod2, prod3');
  expect(ran.err).toContain('left out, as nothing says how they are reached (ssh): erp');
  expect(ran.out).toContain('prod1 │ SOC_PRODUCTION on prod1');
  expect(ran.out).toMatch(/^prod2 +failed \(4\)/m);
  expect(ran.out).toMatch(/^prod3 +not reached/m);
  const id = await lastRun();
  expect(ran.err).toContain(`poterne run --failed-of ${id}`);
  const at = join(folder, 'state', 'runs', id, 'hosts');
  expect(await readFile(join(at, 'prod2', 'files', 'tmp', 'fichier_1log.txt'), 'utf8')).toBe(
    'result of prod2\n',
  );
  expect(await readFile(join(at, 'prod1', 'stdout'), 'utf8')).toBe('SOC_PRODUCTION on prod1\n');

  const again = await poterne('--failed-of', id, '--yes', '--json');
  expect(outcomes(again.out)).toEqual({ prod2: 'failed', prod3: 'unreachable' });
  expect(await poterne('--resume', id, '--yes', '--json')).toMatchObject({ status: 0 });
});

test('a canary that fails stops the run', async () => {
  const file = await script('bad.sh', 'exit 1');
  const ran = await poterne(file, '--on', 'group:production', '--batches', '1,rest', '--yes', '--json');
  expect(ran.status).toBe(1);
  expect(outcomes(ran.out)).toEqual({ prod1: 'failed', prod2: 'not-run', prod3: 'not-run' });
});

/** Waits for a condition, as long as the command runs or was killed. */
async function until(child: ChildProcess, check: () => Promise<boolean>): Promise<void> {
  while (!(await check()) && child.exitCode === null) await new Promise((go) => setTimeout(go, 200));
}

test('a run whose controller was killed is taken up: only what has no result', async () => {
  // The second time, it does not wait.
  const file = await script(
    'count.sh',
    'echo x >>/var/tmp/counted; [ "$(hostname)" = prod1 ] || [ -e /var/tmp/again ] || sleep 345',
  );
  const child = start([file, '--on', 'all', '--as', 'root', '--yes', '--retries', '0']);
  const said = listening(child);
  await until(child, async () => /prod1 +│ ok/.test(said.err) && (await counts('prod2')).code === 0);
  child.kill('SIGKILL');
  // The hosts notice by themselves.
  await until(child, async () => (await lab.host('prod2').run(['pgrep', '-f', 'sleep 345'])).code !== 0);
  await lab.host('prod2').run(['touch', '/var/tmp/again']);
  const id = await lastRun();
  const resumed = await poterne('--resume', id, '--yes', '--json');
  const { prod1, prod2 } = outcomes(resumed.out);
  expect([prod1, prod2]).toEqual([undefined, 'ok']);
  expect((await counts('prod1')).stdout).toBe('x\n');
  expect((await counts('prod2')).stdout).toBe('x\nx\n');
  expect(await poterne('--resume', id, '--json')).toMatchObject({ status: 0 });
});

test('Ctrl-C ends what runs, and says what ran', async () => {
  const file = await script('long.sh', '[ "$(hostname)" = prod1 ] || sleep 346');
  const child = start([file, '--on', 'all', '--yes', '--retries', '0']);
  const said = listening(child);
  await until(
    child,
    async () =>
      /prod1 +│ ok/.test(said.err) && (await lab.host('prod2').run(['pgrep', '-f', 'sleep 346'])).code === 0,
  );
  child.kill('SIGINT');
  const [status] = await once(child, 'close');
  expect(status).toBe(1);
  expect(said.out).toMatch(/^prod1 +ok/m);
  expect(said.out).toMatch(/^prod2 +stopped/m);
  expect(said.err).toContain(`poterne run --resume ${await lastRun()}`);
  expect((await lab.host('prod2').run(['pgrep', '-f', 'sleep 346'])).code).not.toBe(0);
});
