import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { down, type Lab, up } from '../../../lab/lab.ts';
import { prepared } from '../../../lab/prepared.ts';
import type { Release } from '../../../lab/sources.ts';
import { sha256 } from '../../lib/digest.ts';
import { type Bench, bench, changes, file, outcomes, part, sleep, told, unit } from './testing.ts';

const run = promisify(execFile);
let lab: Lab;

beforeAll(async () => {
  const host = (last: number, release: Release) => ({
    release,
    interfaces: { lan: [`10.77.0.${last}`] },
    ...prepared,
  });
  lab = await up({
    name: `converge-${process.pid}`,
    zones: { lan: { networks: ['10.77.0.0/24'] } },
    hosts: { bookworm: host(1, 'bookworm'), trixie: { ...host(2, 'trixie'), packages: [], available: [] } },
  });
});
afterAll(() => down(lab.name));

const clock = `[Service]
ExecStart=/bin/sh -c 'read word </etc/clock/word; while :; do echo "$word" >>/run/clock; sleep 0.1; done'
[Install]
WantedBy=multi-user.target
`;

const whole = (word = 'tick') =>
  part('clock', {
    packages: ['sudo'],
    accounts: [{ name: 'clock', home: '/var/lib/clock' }],
    folders: [{ path: '/var/lib/clock', mode: 0o750, owner: 'clock', group: 'clock' }],
    files: [
      file('/etc/systemd/system/clock.service', clock),
      file('/etc/clock/word', `${word}\n`, { owner: 'clock', mode: 0o640 }),
      file('/etc/clock/a b/é%s', 'spaces\n'),
    ],
    checks: [['grep', '-q', word, { staged: '/etc/clock/word' }]],
    actions: [['sh', '-c', 'printf "%s\\n" "$1" >>/var/tmp/actions', 'sh', `${word}: it's\ta "$HOME" \\n`]],
    undo: [['sh', '-c', 'echo undone >>/var/tmp/actions']],
    units: [unit('clock.service')],
  });

/** A field of dpkg-query's. */
const dollar = (name: string) => `\${${name}}`;

describe.each(['bookworm', 'trixie'] as const)('%s', (release) => {
  let on: Bench;
  beforeAll(() => {
    on = bench(lab, release);
  });

  test('a plan writes nothing; an apply makes it so; a second one finds nothing to do', async () => {
    const before = await on.says(
      'find',
      '/etc',
      '/var/lib',
      '/run',
      '-newer',
      '/proc/1/cmdline',
      '-name',
      '*poterne*',
    );
    const planned = await on.plan([whole()]);
    expect(outcomes(planned)).toEqual({ clock: 'planned' });
    expect(changes(planned)).toEqual([
      'add account clock',
      'add folder /var/lib/clock',
      'add file /etc/systemd/system/clock.service',
      'add file /etc/clock/word',
      'add file /etc/clock/a b/é%s',
      'change unit clock.service',
    ]);
    expect(
      await on.says('find', '/etc', '/var/lib', '/run', '-newer', '/proc/1/cmdline', '-name', '*poterne*'),
    ).toBe(before);
    await expect(on.says('ls', '/etc/clock')).rejects.toThrow('No such file');

    const applied = await on.apply([whole()]);
    expect(outcomes(applied)).toEqual({ clock: 'changed' });
    expect(changes(applied)).toEqual(changes(planned));
    expect(await on.says('stat', '-c', '%a %U %G', '/etc/clock/word', '/var/lib/clock', '/etc/clock')).toBe(
      '640 clock root\n750 clock clock\n755 root root',
    );
    expect(await on.says('cat', '/etc/clock/a b/é%s')).toBe('spaces');
    expect(await on.says('cat', '/var/tmp/actions')).toBe('tick: it\'s\ta "$HOME" \\n');
    expect(await on.says('systemctl', 'is-enabled', 'clock')).toBe('enabled');
    expect(await on.says('getent', 'passwd', 'clock')).toMatch(/:\/var\/lib\/clock:\/usr\/sbin\/nologin$/);
    await expect.poll(() => on.says('tail', '-n', '1', '/run/clock')).toBe('tick');

    for (const again of [await on.apply([whole()]), await on.plan([whole()])]) {
      expect(again.parts).toEqual([{ name: 'clock', outcome: 'unchanged', changes: [] }]);
      expect(again.milliseconds).toBeLessThan(10_000);
    }
    expect(await on.says('cat', '/var/tmp/actions')).toBe('tick: it\'s\ta "$HOME" \\n');
    expect(
      await on.says(
        'find',
        '/run',
        '/var/lib/poterne-host',
        '-name',
        'poterne-host.*',
        '-o',
        '-name',
        'incoming.*',
      ),
    ).toBe('');
  });

  test('what changed is taken up by what runs', async () => {
    const report = await on.apply([whole('tock')]);
    expect(changes(report)).toEqual(['change file /etc/clock/word']);
    expect(report.parts[0]?.changes[0]?.drift).toBeUndefined();
    await expect.poll(() => on.says('tail', '-n', '1', '/run/clock')).toBe('tock');
  });

  test('a part that its check refuses keeps its live files; the others go on', async () => {
    const bad = whole('tock');
    const refused = {
      ...bad,
      files: [...bad.files.slice(0, 1), file('/etc/clock/word', 'boom\n', { owner: 'clock', mode: 0o640 })],
      checks: [['sh', '-c', 'echo "$1:1: no such word" >&2; exit 3', 'sh', { staged: '/etc/clock/word' }]],
    };
    const report = await on.apply([refused, part('other', { files: [file('/etc/other', 'well\n')] })]);
    expect(outcomes(report)).toEqual({ clock: 'failed', other: 'changed' });
    expect(report.parts[0]?.complaint?.output).toBe('/etc/clock/word:1: no such word');
    expect(report.parts[0]?.complaint?.say.code).toBe('host.part.check');
    expect(report.parts[0]?.complaint?.say.params.what).toContain('no such word');
    expect(await on.says('cat', '/etc/clock/word', '/etc/other')).toBe('tock\nwell');
    expect(await on.says('cat', '/etc/clock/a b/é%s')).toBe('spaces');
    // As if it had never been tried.
    expect(
      outcomes(await on.plan([whole('tock'), part('other', { files: [file('/etc/other', 'well\n')] })])),
    ).toEqual({
      clock: 'unchanged',
      other: 'unchanged',
    });
  });

  test('what is changed by hand is drift, with who and what; apply puts it right', async () => {
    const [program = '', ...rest] = lab.ssh(release, 'debian');
    await run(program, [...rest, "sudo sed -i 's/tock/hand/' /etc/clock/word; sudo rm '/etc/clock/a b/é%s'"]);
    const plan = () => on.plan([whole('tock'), part('other', { files: [file('/etc/other', 'well\n')] })]);
    // The host's journal may be a moment late.
    await expect
      .poll(async () => (await plan()).parts[0]?.changes[1]?.drift?.by, { timeout: 30_000 })
      .toMatch(/rm/);
    const report = await plan();
    expect(outcomes(report)).toEqual({ clock: 'planned', other: 'unchanged' });
    const [word, spaces] = report.parts[0]?.changes ?? [];
    expect(word).toMatchObject({ kind: 'change', name: '/etc/clock/word' });
    expect(Date.parse(word?.drift?.at ?? '')).toBeGreaterThan(Date.now() - 60_000);
    expect(word?.drift?.by).toMatch(/^debian \(sudo \/usr\/bin\/sed .*\/etc\/clock\/word\)$/);
    expect(word?.drift?.diff).toBe(
      '--- /etc/clock/word\n+++ /etc/clock/word\n@@ -1,1 +1,1 @@\n-tock\n+hand\n',
    );
    expect(spaces).toMatchObject({ kind: 'add', name: '/etc/clock/a b/é%s', drift: { by: /rm/ } });
    await on.apply([whole('tock')]);
    expect(await on.says('cat', '/etc/clock/word')).toBe('tock');
  });

  test('by whom, when only a login is known; a secret is not shown', async () => {
    const secret = part('secret', {
      files: [file('/etc/secret', 'one secret\n', { secret: true, mode: 0o600 })],
    });
    await on.apply([whole('tock'), secret]);
    const [program = '', ...rest] = lab.ssh(release, 'root');
    await run(program, [...rest, 'echo other secret >/etc/secret; sleep 1.2']);
    const report = await on.plan([whole('tock'), secret]);
    const drift = report.parts[1]?.changes[0]?.drift;
    expect(drift?.present).toContain('root (198.18.0.1)');
    expect(drift).not.toHaveProperty('diff');
    expect(JSON.stringify(report)).not.toContain('other secret');
    await run('ssh', [...lab.ssh(release, 'debian').slice(1), 'echo third secret | sudo tee /etc/secret']);
    // The journal has it a moment later.
    const named = async () => (await on.plan([whole('tock'), secret])).parts[1]?.changes[0]?.drift?.by;
    await expect.poll(named, { timeout: 20_000 }).toBe('debian (sudo /usr/bin/tee)');
  });

  test('what is no longer wanted is removed: a file, a part, its unit', async () => {
    const kept = { ...whole('tock'), files: whole('tock').files.slice(0, 2) };
    const report = await on.apply([kept]);
    expect(changes(report)).toEqual(['remove file /etc/clock/a b/é%s', 'remove file /etc/secret']);
    await expect(on.says('ls', '/etc/secret')).rejects.toThrow('No such file');
    const planned = await on.plan([]);
    expect(outcomes(planned)).toEqual({ clock: 'planned' });
    expect(outcomes(await on.apply([]))).toEqual({ clock: 'changed' });
    await expect(on.says('systemctl', 'is-active', 'clock')).rejects.toThrow();
    await expect(
      on.says('ls', '/etc/systemd/system/multi-user.target.wants/clock.service'),
    ).rejects.toThrow();
    await expect(on.says('ls', '/var/lib/clock')).rejects.toThrow('No such file');
    expect(await on.says('tail', '-n', '1', '/var/tmp/actions')).toBe('undone');
    expect((await on.plan([])).parts).toEqual([]);
  });

  test('a file that moves to another part is not removed', async () => {
    const moved = [file('/etc/moved', 'one\n')];
    await on.apply([part('a', { files: moved }), part('b')]);
    expect(outcomes(await on.apply([part('a'), part('b', { files: moved })]))).toEqual({
      a: 'unchanged',
      b: 'unchanged',
    });
    expect(await on.says('cat', '/etc/moved')).toBe('one');
    await on.apply([]);
    await expect(on.says('cat', '/etc/moved')).rejects.toThrow('No such file');
  });

  test('a part on hold is only compared', async () => {
    const report = await on.apply(
      [part('a', { files: [file('/etc/a', 'a\n')] }), part('b', { files: [file('/etc/b', 'b\n')] })],
      { hold: ['a'] },
    );
    expect(outcomes(report)).toEqual({ a: 'planned', b: 'changed' });
    await expect(on.says('ls', '/etc/a')).rejects.toThrow('No such file');
    await on.apply([]);
  });

  test('an action that failed, or was cut off with the host, is done by the next apply', async () => {
    const act = (text: string) =>
      part('act', {
        files: [file('/etc/act', 'x\n')],
        actions: [
          ['sh', '-c', text],
          ['touch', '/var/tmp/acted'],
        ],
      });
    const failed = await on.apply([act('test -e /var/tmp/ready || { echo not ready; exit 1; }')]);
    expect(outcomes(failed)).toEqual({ act: 'failed' });
    expect(failed.parts[0]?.complaint).toMatchObject({
      output: 'not ready',
      say: { code: 'host.part.action' },
    });
    const again = await on.plan([act('true')]);
    expect(again.parts).toEqual([{ name: 'act', outcome: 'planned', changes: [], unfinished: true }]);

    const cut = on.apply([act('touch /var/tmp/begun; sync /var/tmp/begun; sleep 60')]);
    const lost = expect(cut).rejects.toMatchObject({ code: 'host.cut' });
    while ((await on.host.run(['test', '-e', '/var/tmp/begun'])).code !== 0) await sleep(100);
    await on.host.powerOff();
    await lost;
    await on.host.powerOn();
    const finished = await on.apply([act('true')]);
    expect(finished.parts).toEqual([{ name: 'act', outcome: 'changed', changes: [], unfinished: true }]);
    await on.says('ls', '/var/tmp/acted');
    expect(outcomes(await on.apply([act('true')]))).toEqual({ act: 'unchanged' });
    await on.says('rm', '/var/tmp/acted');
    await on.apply([]);
  });

  test('a part that never got to its end can be taken away', async () => {
    const undo = [['touch', '/var/tmp/undone']];
    const bad = part('bad', { files: [file('/etc/bad', 'x\n')], actions: [['false']], undo });
    expect(outcomes(await on.apply([bad]))).toEqual({ bad: 'failed' });
    expect(outcomes(await on.apply([]))).toEqual({ bad: 'changed' });
    await on.says('rm', '/var/tmp/undone');
    await expect(on.says('ls', '/etc/bad')).rejects.toThrow('No such file');
    expect((await on.plan([])).parts).toEqual([]);
  });

  test('only an owner or a mode changed', async () => {
    const before = part('mode', { files: [file('/etc/mode', 'x\n')] });
    await on.apply([before]);
    await on.says('chmod', '4755', '/etc/mode');
    const report = await on.apply([before]);
    expect(report.parts[0]?.changes).toMatchObject([{ kind: 'change', name: '/etc/mode', drift: {} }]);
    expect(await on.says('stat', '-c', '%a', '/etc/mode')).toBe('644');
    await on.says('ln', '-sf', '/etc/hostname', '/etc/mode');
    expect(outcomes(await on.apply([before]))).toEqual({ mode: 'changed' });
    expect(await on.says('stat', '-c', '%F', '/etc/mode')).toBe('regular file');
    await on.apply([]);
  });

  test('without its controller the host ends the part it is at, and begins no other', async () => {
    const slow = [
      part('first', {
        files: [file('/etc/first', '1\n')],
        actions: [
          ['sh', '-c', 'touch /run/begun; sleep 2'],
          ['touch', '/run/ended'],
        ],
      }),
      part('second', { files: [file('/etc/second', '2\n')] }),
    ];
    const abort = new AbortController();
    const cut = on.apply(slow, { signal: abort.signal });
    const lost = expect(cut).rejects.toThrow('aborted');
    while ((await on.host.run(['test', '-e', '/run/begun'])).code !== 0) await sleep(100);
    abort.abort();
    await lost;
    while ((await on.host.run(['test', '-e', '/run/ended'])).code !== 0) await sleep(100);
    await sleep(500);
    await expect(on.says('ls', '/etc/second')).rejects.toThrow('No such file');
    const { codes, tell } = told();
    expect(outcomes(await on.apply(slow, { tell }))).toEqual({ first: 'unchanged', second: 'changed' });
    expect(codes).toEqual(['apply.host.part']);
    await on.apply([]);
  });

  test('two at once: one waits for the other and says so', async () => {
    const one = part('a', { files: [file('/etc/a', 'a\n')], actions: [['sleep', '2']] });
    const first = on.apply([one]);
    while ((await on.host.run(['test', '-e', '/etc/a'])).code !== 0) await sleep(50);
    const { codes, tell } = told();
    const second = await on.apply([one], { tell });
    expect(codes).toContain('apply.host.waits.lock');
    expect(outcomes(second)).toEqual({ a: 'unchanged' });
    expect(outcomes(await first)).toEqual({ a: 'changed' });
    await on.apply([]);
  });
});

test('a package is installed, and its service does not start before it is configured', async () => {
  const on = bench(lab, 'bookworm');
  const report = await on.apply([part('tools', { packages: ['conntrack'] })]);
  expect(outcomes(report)).toEqual({ tools: 'changed' });
  expect(await on.says('dpkg-query', '-W', '-f', dollar('db:Status-Status'), 'conntrack')).toBe('installed');
  expect(outcomes(await on.apply([part('tools', { packages: ['conntrack'] })]))).toEqual({
    tools: 'unchanged',
  });
  const absent = await on.apply([part('tools', { packages: ['conntrack', 'no-such-package'] })]);
  expect(absent.parts[0]?.complaint?.say).toEqual({
    code: 'host.part.packages',
    params: { what: 'no-such-package' },
  });
  expect(absent.parts[0]?.complaint?.output).toContain('Unable to locate package no-such-package');
  await on.apply([]);
});

test('a carried package is installed in its version; its service starts when its unit says so', async () => {
  const on = bench(lab, 'bookworm');
  const folder = await mkdtemp(join(tmpdir(), 'poterne-deb-'));
  const carried = async (version: string) => {
    const root = join(folder, version);
    const control = `Package: poterne-bell\nVersion: ${version}\nArchitecture: all\nMaintainer: Nobody <nobody@example.fr>\nDescription: rings\n`;
    // As debhelper writes it.
    const postinst = `#!/bin/sh\nset -e\ndeb-systemd-helper enable bell.service >/dev/null\nsystemctl daemon-reload\ndeb-systemd-invoke start bell.service\n`;
    const service = `[Service]\nExecStart=/bin/sh -c 'echo rang >>/var/tmp/bell; exec sleep infinity'\n[Install]\nWantedBy=multi-user.target\n`;
    await run('mkdir', ['-p', join(root, 'DEBIAN'), join(root, 'lib/systemd/system')]);
    await writeFile(join(root, 'DEBIAN/control'), control);
    await writeFile(join(root, 'DEBIAN/postinst'), postinst, { mode: 0o755 });
    await writeFile(join(root, 'lib/systemd/system/bell.service'), service);
    const deb = join(folder, `${version}.deb`);
    await run('dpkg-deb', ['--root-owner-group', '--build', root, deb]);
    return { name: 'poterne-bell', version, file: deb, sha256: sha256(await readFile(deb)) };
  };
  try {
    const first = await carried('1.0');
    expect(outcomes(await on.apply([part('bell', { carried: [first] })]))).toEqual({ bell: 'changed' });
    await expect(on.says('ls', '/var/tmp/bell')).rejects.toThrow('No such file');
    await expect(on.says('ls', '/usr/sbin/policy-rc.d')).rejects.toThrow('No such file');
    expect(outcomes(await on.apply([part('bell', { carried: [first] })]))).toEqual({ bell: 'unchanged' });
    const running = await on.apply([part('bell', { carried: [first], units: [unit('bell.service')] })]);
    expect(changes(running)).toEqual(['change unit bell.service']);
    await on.says('systemctl', 'is-active', 'bell');
    const second = await carried('2.0');
    const newer = await on.apply([part('bell', { carried: [second], units: [unit('bell.service')] })]);
    expect(changes(newer)).toEqual(['change package poterne-bell']);
    expect(await on.says('dpkg-query', '-W', '-f', dollar('Version'), 'poterne-bell')).toBe('2.0');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a unit that does not start fails its part, with its last words', async () => {
  const on = bench(lab, 'trixie');
  const service = `[Service]\nType=notify\nExecStart=/bin/sh -c 'echo the bell is broken; exit 7'\n`;
  const report = await on.apply([
    part('broken', {
      files: [file('/etc/systemd/system/broken.service', service)],
      units: [unit('broken.service', { enabled: false })],
    }),
  ]);
  expect(report.parts[0]?.complaint?.say).toEqual({
    code: 'host.part.unit',
    params: { what: 'broken.service' },
  });
  expect(report.parts[0]?.complaint?.output).toContain('the bell is broken');
  await on.apply([]);
});

test('a secret is seen nowhere but in its file', async () => {
  const on = bench(lab, 'bookworm');
  const canary = `canary-${sha256(String(process.pid)).slice(0, 24)}`;
  const seen: string[] = [];
  // Guests' processes are among this machine's: both ends of the connection.
  const search = `while :; do grep -lsF -e ${canary.slice(0, 12)}'${canary.slice(12)}' /proc/[0-9]*/cmdline /proc/[0-9]*/environ; done`;
  const watch = spawn('sh', ['-c', search], { stdio: ['ignore', 'pipe', 'ignore'] });
  watch.stdout.on('data', (data: Buffer) => seen.push(data.toString()));
  const keys = part('keys', {
    files: [
      file('/etc/keys/one', `password = ${canary}\n`, { secret: true, mode: 0o600 }),
      ...Array.from({ length: 30 }, (_, n) =>
        file(`/etc/keys/${n}`, `${n} ${canary}\n`, { secret: true, mode: 0o600 }),
      ),
    ],
    checks: [['grep', '-q', 'password', { staged: '/etc/keys/one' }]],
    // Programs quote what they do not like.
    actions: [['sh', '-c', 'cat /etc/keys/one; cat /etc/keys/one >&2; exit 1']],
  });
  const report = await on.apply([keys]);
  expect(report.parts[0]?.complaint?.output).toBe('…\n…');
  await on.says('sed', '-i', 's/^/by hand /', '/etc/keys/one');
  const planned = await on.plan([keys]);
  expect(planned.parts[0]?.changes[0]).toMatchObject({ kind: 'change', name: '/etc/keys/one' });
  const applied = await on.apply([{ ...keys, confirm: 30, actions: [['sleep', '1']] }]);
  expect(outcomes(applied)).toEqual({ keys: 'unconfirmed' });
  await sleep(500);
  expect(seen.join('')).toBe('');
  // It would have been seen: the search itself was not, as it lists processes before it is one.
  await on.host.run(['sh', '-c', 'sleep 2', canary]);
  watch.kill();
  expect(seen.join('')).toContain('/cmdline');
  expect(JSON.stringify([report, planned, applied])).not.toContain(canary);
  const places = ['/var/log', '/run', '/tmp', '/var/tmp', '/var/lib/poterne-host/parts', '/root', '/home'];
  expect((await on.host.run(['grep', '-rlsF', '--devices=skip', canary, ...places])).stdout).toBe('');
  const journal = (await on.host.run(['journalctl', '--no-pager', '--all'])).stdout;
  expect(journal).toContain('sudo');
  expect(journal).not.toContain(canary);
  // What the host may have to put back: for root alone.
  expect(
    await on.says('stat', '-c', '%a %U', '/var/lib/poterne-host', '/var/lib/poterne-host/rollback'),
  ).toBe('700 root\n700 root');
});
