import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { account, type Fleet, login, openFleet } from '../../lab/fleet/fleet.ts';

/** Two hundred servers, and `poterne run` on all of them as a person runs it. */
let fleet: Fleet;
let folder: string;
const root = fileURLToPath(new URL('../..', import.meta.url));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-many-'));
  // Another run of this may have servers at the same addresses.
  fleet = await openFleet(200, join(folder, 'fleet'), { port: 20_000 + (process.pid % 10_000) });
  const hosts = fleet.servers.map(
    ({ name, address }) => `  ${name}: { address: ${address}, ssh: { user: ${login}, port: ${fleet.port} } }`,
  );
  // One that is not there, in their middle.
  hosts.splice(100, 0, `  gone: { address: 127.77.200.1, ssh: { user: ${login}, port: ${fleet.port} } }`);
  await writeFile(
    join(folder, 'site.yaml'),
    ['site: many', 'admin: { from: [192.0.2.0/24] }', 'hosts:', ...hosts, ''].join('\n'),
  );
  await writeFile(
    join(folder, 'script.sh'),
    '#!/bin/sh\necho "$1 $(hostname)"; hostname >/tmp/fichier_log.txt',
  );
});
afterAll(async () => {
  fleet?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A process and all below it. */
async function family(pid: number): Promise<readonly number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const below = children.split(' ').filter(Boolean).map(Number).map(family);
  return [pid, ...(await Promise.all(below)).flat()];
}

/** Megabytes of a process and of those that it started, what they share counted once. */
async function megabytes(pid: number): Promise<number> {
  const all = (await family(pid)).map(async (one) => {
    const map = await readFile(`/proc/${one}/smaps_rollup`, 'utf8').catch(() => '');
    return Number(/^Pss:\s+(\d+) kB$/m.exec(map)?.[1] ?? 0) / 1024;
  });
  return (await Promise.all(all)).reduce((sum, one) => sum + one, 0);
}

async function most(child: ChildProcess): Promise<number> {
  let most = 0;
  while (child.exitCode === null && child.signalCode === null) {
    most = Math.max(most, await megabytes(child.pid ?? 0));
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return most;
}

test('two hundred servers: one that is down is the only one that fails, in little memory', async () => {
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs')]);
  const argv = ['run', 'script.sh', '--on', 'all', '--as', account, '--arg', 'hello', '--yes', '--json'];
  const child = spawn(
    process.execPath,
    [
      ...[join(root, 'dist/poterne.cjs'), ...argv, '--collect', '/tmp/fichier_*log.txt', '--retries', '0'],
      ...['--ssh-config', fleet.sshConfig, '--state', join(folder, 'state')],
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  const [memory] = await Promise.all([most(child), once(child, 'close')]);
  const { folder: run, hosts } = JSON.parse(out);
  expect(hosts).toHaveLength(201);
  for (const { host, outcome, files } of hosts) {
    if (host === 'gone') expect(outcome).toMatchObject({ is: 'unreachable' });
    else {
      expect([host, outcome, files.length]).toEqual([host, { is: 'ok' }, 1]);
      const at = join(run, 'hosts', host);
      expect(await readFile(join(at, 'stdout'), 'utf8')).toBe(`hello ${host}\n`);
      expect(await readFile(join(at, files[0].file), 'utf8')).toBe(`${host}\n`);
    }
  }
  expect(child.exitCode).toBe(1);
  expect(memory).toBeGreaterThan(40);
  expect(memory).toBeLessThan(300);
}, 300_000);
