import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { down, type Lab, up } from '../../../lab/lab.ts';
import { sha256 } from '../../lib/digest.ts';
import type { RunHost, RunSpec } from '../../model/run.ts';
import type { AccountChange, RotateTask, Task } from '../../model/upkeep.ts';
import { accountsScript } from '../script.ts';
import { workOn } from '../work.ts';

const run = promisify(execFile);

/** Accounts and keys on Debian 12 through sudo, and on 13 as root. */
let lab: Lab;
let folder: string;
let runs = 0;

beforeAll(async () => {
  lab = await up({
    name: `accounts-${process.pid}`,
    zones: { lan: { networks: ['10.75.0.0/24'] } },
    hosts: {
      old: { interfaces: { lan: ['10.75.0.2'] } },
      new: { release: 'trixie', interfaces: { lan: ['10.75.0.3'] } },
    },
  });
  folder = await mkdtemp(join(tmpdir(), 'poterne-accounts-'));
  for (const name of ['first', 'second', 'login']) await keyPair(name, 'ed25519');
  await keyPair('other', 'ecdsa');
});
afterAll(async () => {
  await down(lab.name);
  await rm(folder, { recursive: true, force: true });
});

async function keyPair(name: string, type: string): Promise<void> {
  await run('ssh-keygen', [
    '-q',
    '-t',
    type,
    '-N',
    '',
    '-C',
    `${name} \\n of a test`,
    '-f',
    join(folder, name),
  ]);
}

const lineOf = async (name: string) => (await readFile(join(folder, `${name}.pub`), 'utf8')).trim();
const blobOf = async (name: string) => (await lineOf(name)).split(' ').slice(0, 2).join(' ');

type Login = readonly [host: string, user: string];
const old: Login = ['old', 'debian'];
const hosts: readonly Login[] = [old, ['new', 'root']];

async function work(
  [name, user]: Login,
  task: Task,
  args: readonly string[],
  config: string,
): Promise<RunHost> {
  const spec: RunSpec = {
    ...{ script: 'accounts', sha256: sha256(accountsScript), on: name, as: 'root', login: false, args },
    ...{ collect: [], collectMost: 0, limit: 60, retries: 2, batches: [], stopAt: 1, task },
  };
  return workOn(
    { name, address: lab.host(name).address, user },
    {
      ...{ spec, script: Buffer.from(accountsScript), stdinLength: 0, settings: { config } },
      ...{ folder: join(folder, String(runs++), name), line: () => undefined },
      signal: new AbortController().signal,
    },
  );
}

/** Has an account changed, and tells what was. */
async function changed(host: Login, action: string, ...words: readonly string[]): Promise<unknown> {
  const task: Task = { kind: 'account', name: 'app' };
  const { outcome, changes = [] } = await work(host, task, ['do', action, 'app', ...words], lab.sshConfig);
  return 'fault' in outcome ? outcome.fault.code : changes.map(({ what }: AccountChange) => what);
}

async function says(host: string, ...argv: readonly string[]): Promise<string> {
  return (await lab.host(host).run(argv)).stdout.trim();
}

/** Whether a key opens the account; sshd may leave a locked one without an answer. */
async function opens(host: string, key: string): Promise<boolean> {
  const options = ['-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes', '-F', lab.sshConfig];
  const argv = [...options, '-i', join(folder, key), `app@${host}`, 'true'];
  return run('ssh', argv, { timeout: 5000 }).then(
    () => true,
    () => false,
  );
}

test.each(hosts)(
  'an account on %s as %s: made, changed, locked, removed; each of it once',
  async (...host) => {
    const [name] = host;
    const wanted = ['uid=2001', 'comment=of a test', 'groups=adm', `keys=${await lineOf('first')}\n`];
    expect(await changed(host, 'create', ...wanted)).toEqual(['account', 'keys']);
    expect(await says(name, 'getent', 'passwd', 'app')).toBe('app:x:2001:2001:of a test:/home/app:/bin/bash');
    expect(await says(name, 'stat', '-c', '%U %a', '/home/app/.ssh', '/home/app/.ssh/authorized_keys')).toBe(
      'app 700\napp 600',
    );
    expect(await opens(name, 'first')).toBe(true);
    expect(await changed(host, 'create', ...wanted)).toEqual([]);
    expect(await changed(host, 'create', 'shell=/bin/sh')).toEqual(['shell']);
    expect(await changed(host, 'create', 'uid=2002')).toBe('account.uid');
    expect(await changed(host, 'create', 'groups=nobody-has-it')).toBe('account.group');
    expect(await changed(host, 'create', 'shell=/no/shell')).toBe('account.shell');

    const keys = [`key=${await blobOf('first')}`, `line=${await lineOf('second')}`];
    await lab.host(name).run(['sh', '-c', 'sed -i "s/^/no-pty /" /home/app/.ssh/authorized_keys']);
    expect(await changed(host, 'swap', ...keys)).toEqual(['key-swapped']);
    expect(await says(name, 'cat', '/home/app/.ssh/authorized_keys')).toBe(
      `no-pty ${await lineOf('second')}`,
    );
    expect([await opens(name, 'first'), await opens(name, 'second')]).toEqual([false, true]);

    await lab.host(name).run(['systemd-run', '--uid=app', 'sleep', '300']);
    expect(await changed(host, 'remove')).toBe('account.busy');
    expect(await changed(host, 'lock', 'end=1')).toEqual(['locked', 'ended']);
    expect(await changed(host, 'lock')).toEqual([]);
    expect(await opens(name, 'second')).toBe(false);
    expect(await changed(host, 'unlock')).toEqual(['unlocked']);
    expect(await opens(name, 'second')).toBe(true);
    expect(await changed(host, 'remove', 'remove-home=1', 'end=1')).toContain('removed-home');
    expect(await says(name, 'ls', '/home')).not.toContain('app');
    expect(await changed(host, 'remove')).toEqual([]);
    expect(await changed(host, 'lock')).toBe('account.absent');
  },
);

test('keys are written with the account’s own rights: a link of its own leads to nothing of root’s', async () => {
  expect(await changed(old, 'create')).toEqual(['account']);
  const trap = [
    'echo secret >/root/secret',
    'install -d -m 700 -o app -g app /home/app/.ssh',
    'ln -s /root/secret /home/app/.ssh/authorized_keys',
  ];
  await lab.host('old').run(['sh', '-c', trap.join(' && ')]);
  expect(await changed(old, 'keys', `keys=${await lineOf('first')}\n`)).toEqual(['keys']);
  expect(await says('old', 'cat', '/root/secret')).toBe('secret');
  expect(await says('old', 'stat', '-c', '%F', '/home/app/.ssh/authorized_keys')).toBe('regular file');
  // Nor is what it leads to read, and put where the account can read it.
  await lab.host('old').run(['ln', '-sf', '/root/secret', '/home/app/.ssh/authorized_keys']);
  const key = [`key=${await blobOf('first')}`, `line=${await lineOf('first')}`];
  expect(await changed(old, 'add', ...key)).toEqual(['key-added']);
  expect(await says('old', 'cat', '/home/app/.ssh/authorized_keys')).toBe(await lineOf('first'));
  // Where its folder leads elsewhere, nothing is written there either.
  await lab.host('old').run(['sh', '-c', 'rm -r /home/app/.ssh && ln -s /root /home/app/.ssh']);
  expect(await changed(old, 'keys', `keys=${await lineOf('second')}\n`)).toMatch(/^place\./);
  expect(await says('old', 'ls', '/root/.ssh/authorized_keys')).not.toBe('');
  expect(await says('old', 'ls', '/root/authorized_keys')).toBe('');
});

test('nobody locks himself out', async () => {
  const own = await work(
    ['new', 'root'],
    { kind: 'account', name: 'root' },
    ['do', 'lock', 'root'],
    lab.sshConfig,
  );
  expect(own.outcome).toMatchObject({ is: 'fault', fault: { code: 'account.own' } });
});

test('the key that logs in is rotated: proved before the old one goes, and taken up where it failed', async () => {
  const config = await readFile(lab.sshConfig, 'utf8');
  const file = /IdentityFile (\S+)/.exec(config)?.[1] ?? '';
  const { stdout } = await run('ssh-keygen', ['-y', '-f', file]);
  const task: RotateTask = {
    kind: 'rotate',
    old: stdout.trim().split(' ').slice(0, 2).join(' '),
    next: { line: await lineOf('other'), file: join(folder, 'other') },
  };
  // This server would not take the new key.
  const only = 'PubkeyAcceptedAlgorithms ssh-ed25519';
  const place = '/etc/ssh/sshd_config.d/only.conf';
  await lab.host('old').run(['sh', '-c', `echo ${only} >${place}; systemctl reload ssh`]);
  const failed = await work(old, task, [], lab.sshConfig);
  expect(failed.outcome).toMatchObject({
    is: 'fault',
    fault: { code: expect.stringMatching(/^(host.denied|keys.unproved)$/) },
  });
  const keys = await says('old', 'cat', '/home/debian/.ssh/authorized_keys');
  expect(keys).toContain(task.old);
  await lab.host('old').run(['sh', '-c', `rm ${place}; systemctl reload ssh`]);

  for (const [name, user] of hosts) {
    expect((await work([name, user], task, [], lab.sshConfig)).outcome).toEqual({ is: 'ok' });
    const home = user === 'root' ? '/root' : `/home/${user}`;
    const now = await says(name, 'cat', `${home}/.ssh/authorized_keys`);
    expect(now).not.toContain(task.old);
    expect(now).toContain(await lineOf('other'));
    // Once more: all is done, and ssh_config has the old key still.
    expect(await work([name, user], task, [], lab.sshConfig)).toMatchObject({
      ...{ outcome: { is: 'ok' }, changes: [] },
    });
  }
  const next = join(folder, 'ssh_config');
  await writeFile(next, config.replaceAll(file, join(folder, 'other')));
  expect(await work(old, task, [], next)).toMatchObject({ outcome: { is: 'ok' } });
});
