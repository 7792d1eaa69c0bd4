import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { down, type Lab, up } from '../../lab/lab.ts';
import { program } from '../lib/testing-program.ts';
import { openSealingKey } from './archive/key.ts';
import { verifyArchive } from './archive/verify.ts';

/** `poterne run` as a person runs it: two hosts that are there, and one that is not. */
let lab: Lab;
let folder: string;

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
  return spawn(program, ['run', ...argv, '--ssh-config', lab.sshConfig, '--state', join(folder, 'state')], {
    cwd: folder,
    env: { ...process.env, POTERNE_LANG: 'en' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
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
  expect(ran.err).toContain('3 machines: prod1, prod2, prod3');
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
  const child = start([file, '--on', 'all', '--yes', '--retries', '0', '--archive', folder]);
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
  const id = await lastRun();
  expect(said.err).toContain(`poterne run --resume ${id}`);
  // What there is of it is archived, and says that it is not all.
  const { public: own } = await openSealingKey(join(folder, 'state'));
  const archive = join(folder, `poterne-run-${id}.tar.gz`);
  expect(await verifyArchive(archive, { own, most: 1e9 })).toMatchObject({
    ...{ ok: true, told: { run: id, state: 'interrupted', counts: { ok: 1 } } },
  });
  expect((await lab.host('prod2').run(['pgrep', '-f', 'sleep 346'])).code).not.toBe(0);
});

test('every trouble at once spoils nothing for the one that is well, also when nobody reads any more', async () => {
  const [well, ill] = [lab.host('prod1'), lab.host('prod2')];
  const setUp = [
    // Accepts connections, and never says a word.
    ['systemd-run', '--unit=silent', 'nc', '-lk', '2222'],
    ['useradd', '--create-home', '--shell', '/bin/bash', 'plain'],
    [
      'sh',
      '-c',
      'cd /home && install -d -o plain plain/.ssh && install -o plain debian/.ssh/authorized_keys plain/.ssh',
    ],
    ['mount', '-t', 'tmpfs', '-o', 'size=16k', 'none', '/var/lib'],
    ['sh', '-c', 'head -c 100k /dev/zero >/var/lib/full; true'],
  ];
  for (const argv of setUp) expect((await ill.run(argv)).code).toBe(0);
  const otherKey = (await well.run(['cut', '-d', ' ', '-f', '1,2', '/etc/ssh/ssh_host_ed25519_key.pub']))
    .stdout;
  const host = (name: string, { address }: { readonly address: string }, ssh: string) =>
    `  ${name}: { address: ${address}, groups: [all], ssh: { ${ssh} } }`;
  const site = [
    ...['site: trouble', 'admin: { from: [198.18.0.0/16] }', 'hosts:'],
    host('well', well, 'user: debian'),
    host('down', { address: '198.18.255.9' }, 'user: debian'),
    host('hanging', ill, 'user: debian, port: 2222'),
    host('changed', ill, `user: debian, host-key: ${otherKey.trim()}`),
    host('no-sudo', ill, 'user: plain'),
    host('full', ill, 'user: debian'),
  ];
  await writeFile(join(folder, 'trouble.yaml'), `${site.join('\n')}\n`);
  const hostile = 'a\\033[31m\\nb\\377 \\044(id)';
  const file = await script(
    'trouble.sh',
    `rm -rf /tmp/h; mkdir /tmp/h; echo ok >"/tmp/h/$(printf '${hostile}')"; seq 20000; echo end`,
  );
  const argv = [file, '--on', 'all', '--site', 'trouble.yaml', '--as', 'User_DollarU', '--retries', '0'];
  const child = start([...argv, '--collect', '/tmp/h/*', '--yes']);
  const said = listening(child);
  child.stdout?.once('data', () => child.stdout?.destroy());
  expect((await once(child, 'close'))[0]).toBe(1);
  expect(said.err).not.toMatch(/EPIPE|at .*\.ts:/);
  const at = join(folder, 'state', 'runs', await lastRun(), 'hosts');
  const result = async (name: string) => JSON.parse(await readFile(join(at, name, 'result.json'), 'utf8'));
  const codes = ['down', 'hanging', 'changed', 'no-sudo', 'full'].map(async (name) => {
    const { outcome } = await result(name);
    return [name, outcome.is, outcome.fault.code];
  });
  expect(await Promise.all(codes)).toEqual([
    ['down', 'unreachable', 'host.unreachable'],
    ['hanging', 'unreachable', 'host.unreachable'],
    ['changed', 'unreachable', 'host.identity.changed'],
    ['no-sudo', 'unreachable', 'host.sudo.refused'],
    ['full', 'unreachable', 'run.host.full'],
  ]);
  const { outcome, files } = await result('well');
  expect([outcome.is, files.length]).toEqual(['ok', 1]);
  expect(await readFile(join(at, 'well', files[0].file), 'utf8')).toBe('ok\n');
  expect(files[0].file).toMatch(/^files\/tmp\/h\/a%1b\[31m%0ab%ff \$\(id\)$/i);
  expect((await readFile(join(at, 'well', 'stdout'), 'utf8')).split('\n').slice(-3)).toEqual([
    '20000',
    'end',
    '',
  ]);
});
