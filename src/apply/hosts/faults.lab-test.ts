import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { down, type Lab, up } from '../../../lab/lab.ts';
import { sshHost } from '../../hosts/ssh.ts';
import type { SshTarget } from '../../hosts/target.ts';
import { type Bench, bench, file, outcomes, part, sleep, told } from './testing.ts';

let lab: Lab;
let on: Bench;
let other: Bench;
/** An ssh_config that knows no host key. */
const bare = join(tmpdir(), `poterne-bare-${process.pid}`);

beforeAll(async () => {
  lab = await up({
    name: `faults-${process.pid}`,
    zones: { dmz: { networks: ['10.77.2.0/24'] }, lan: { networks: ['10.77.3.0/24'] } },
    controller: 'admin',
    hosts: {
      // The lab itself looks whether all answer; our own way to erp is the jump.
      admin: {
        boot: false,
        interfaces: { dmz: ['10.77.2.9'] },
        routes: [{ to: '10.77.3.0/24', via: '10.77.2.1' }],
      },
      gateway: { forward: true, interfaces: { dmz: ['10.77.2.1'], lan: ['10.77.3.1'] } },
      erp: {
        release: 'trixie',
        interfaces: { lan: ['10.77.3.2'] },
        routes: [{ to: 'default', via: '10.77.3.1' }],
      },
    },
  });
  on = bench(lab, 'gateway', { address: '10.77.2.1' });
  const erp: Partial<SshTarget> = { address: '10.77.3.2', hostKey: await keyOf('erp') };
  other = bench(lab, 'erp', { ...erp, via: { ...on.target, hostKey: await keyOf('gateway') } });
  const config = (await readFile(lab.sshConfig, 'utf8')).replaceAll(lab.knownHosts, '/dev/null');
  await writeFile(bare, config);
});
afterAll(async () => {
  await rm(bare, { force: true });
  await down(lab.name);
});

async function keyOf(name: string): Promise<string> {
  const known = await readFile(lab.knownHosts, 'utf8');
  const line = known.split('\n').find((each) => each.startsWith(`${name},`)) ?? '';
  return line.split(' ').slice(1).join(' ');
}

const motd = [part('motd', { files: [file('/etc/motd', 'well\n')] })];
const unknown = () => ({ settings: { config: bare } });

describe('a host', () => {
  test('that is known by its described key alone', async () => {
    const target = { ...on.target, hostKey: await keyOf('gateway') };
    expect(outcomes(await bench(lab, 'gateway', target).apply(motd, unknown()))).toEqual({ motd: 'changed' });
    expect(outcomes(await on.plan(motd))).toEqual({ motd: 'unchanged' });
  });

  test('where ssh_config alone says as whom to log in: root has no need of sudo', async () => {
    const { name, address } = on.target;
    await on.says('chmod', '0', '/usr/bin/sudo');
    expect((await sshHost({ name, address }, on.settings).run(['id', '-u'])).stdout).toBe('0\n');
    await on.says('chmod', '4755', '/usr/bin/sudo');
  });

  test('whose key is unknown', async () => {
    await expect(on.plan(motd, unknown())).rejects.toMatchObject({ code: 'host.identity.unknown' });
  });

  test('whose key is another than the described one', async () => {
    const target = { ...on.target, hostKey: await keyOf('erp') };
    await expect(bench(lab, 'gateway', target).plan(motd)).rejects.toMatchObject({
      code: 'host.identity.changed',
    });
  });

  test('that refuses the login', async () => {
    await expect(bench(lab, 'gateway', { ...on.target, user: 'nobody' }).plan(motd)).rejects.toMatchObject({
      code: 'host.denied',
      params: { reason: expect.stringContaining('Permission denied') },
    });
  });

  test('whose sudo wants a password, or does not know the user', async () => {
    await on.says('sed', '-i.kept', 's/NOPASSWD: //', '/etc/sudoers.d/lab');
    await on.says('rm', '/etc/sudoers.d/lab.kept');
    await expect(on.plan(motd)).rejects.toMatchObject({
      code: 'host.sudo.refused',
      params: { user: 'debian', reason: expect.stringContaining('password') },
    });
    await on.says('sed', '-i', 's/) ALL/) NOPASSWD: ALL/', '/etc/sudoers.d/lab');
    expect(outcomes(await on.plan(motd))).toEqual({ motd: 'unchanged' });
  });

  test('that is not there, does not listen, or has no way to it', async () => {
    const at = (address: string, port?: number) => () =>
      bench(lab, 'gateway', { ...on.target, address, ...(port && { port }) }).plan(motd, {
        settings: { ...on.settings, connectTimeout: 2 },
      });
    for (const attempt of [
      at('10.77.2.77'),
      at('10.77.2.1', 23),
      at('192.0.2.1'),
      at('no-such-name.invalid'),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: 'host.unreachable' });
  });

  test('whose connection is cut', async () => {
    const attempt = on.apply([
      part('slow', { files: [file('/etc/slow', 'x\n')], actions: [['sleep', '3']] }),
    ]);
    const lost = expect(attempt).rejects.toMatchObject({ code: 'host.cut' });
    while ((await on.host.run(['test', '-e', '/etc/slow'])).code !== 0) await sleep(50);
    await on.says('pkill', '-u', 'debian', 'sshd');
    await lost;
    const slow = part('slow', { files: [file('/etc/slow', 'x\n')] });
    expect(outcomes(await on.apply([slow, ...motd]))).toEqual({ slow: 'unchanged', motd: 'unchanged' });
  });

  test('whose disk is full, where contents are received', async () => {
    await on.apply(motd);
    await on.says('mkdir', '-p', '/var/lib/poterne-host');
    await on.says('mount', '-t', 'tmpfs', '-o', 'size=64k,mode=0700', 'small', '/var/lib/poterne-host');
    const big = [part('big', { files: [file('/etc/big', 'x'.repeat(200_000))] })];
    await expect(on.apply(big)).rejects.toMatchObject({ code: 'host.disk.full' });
    expect(await on.says('ls', '-A', '/var/lib/poterne-host')).toBe('parts');
    await on.says('umount', '/var/lib/poterne-host');
    await expect(on.says('ls', '/etc/big')).rejects.toThrow('No such file');
  });

  test('whose disk is full, where files belong: nothing is written by half', async () => {
    await on.says('mkdir', '-p', '/srv/small');
    await on.says('mount', '-t', 'tmpfs', '-o', 'size=64k', 'small', '/srv/small');
    const files = [file('/srv/small/a', 'a\n'), file('/srv/small/b', 'x'.repeat(200_000))];
    const report = await on.apply([part('small', { files }), ...motd]);
    expect(outcomes(report)).toEqual({ small: 'failed', motd: 'unchanged' });
    expect(report.parts[0]?.complaint?.say.code).toBe('host.part.full');
    expect(await on.says('ls', '-A', '/srv/small')).toBe('');
    await on.says('umount', '/srv/small');
    expect(outcomes(await on.apply([part('small', { files }), ...motd]))).toMatchObject({ small: 'changed' });
  });

  test('whose dpkg is locked: it waits, says so, and goes on', async () => {
    // As dpkg locks: what flock(1) takes is another kind. perl-base is on every Debian.
    const perl = `use Fcntl; open(F, '>', '/var/lib/dpkg/lock-frontend');
      my $lock = pack('s s x4 l! l! i x4', F_WRLCK, 0, 0, 0, 0); fcntl(F, F_SETLK, $lock) or die; sleep 6`;
    const holder = on.says('perl', '-e', perl);
    await sleep(500);
    const { codes, tell } = told();
    const report = await on.apply([part('tools', { packages: ['no-such-package'] })], { tell });
    expect(codes).toContain('apply.host.waits.dpkg');
    expect(report.parts[0]?.complaint?.output).toContain('Unable to locate package');
    await holder;
    const longer = on.says('perl', '-e', perl);
    await sleep(500);
    const locked = await on.apply([part('tools', { packages: ['no-such-package'] })], { patience: 1 });
    expect(locked.parts[0]?.complaint?.say.code).toBe('host.dpkg.locked');
    expect(locked.parts[0]?.complaint?.output).toMatch(/held by process \d+ \(perl\)/);
    await longer;
  });

  test('where another Poterne is at work for too long', async () => {
    const slow = on.apply([part('slow', { files: [file('/etc/slower', 'x\n')], actions: [['sleep', '4']] })]);
    while ((await on.host.run(['test', '-e', '/etc/slower'])).code !== 0) await sleep(50);
    await expect(on.apply(motd, { patience: 1 })).rejects.toMatchObject({ code: 'host.locked' });
    await slow;
  });
});

describe('through a jump', () => {
  test('a host is converged, each key on the way verified', async () => {
    expect(outcomes(await other.apply(motd, unknown()))).toEqual({ motd: 'changed' });
    expect(await other.says('cat', '/etc/motd')).toBe('well');
    expect(await other.says('journalctl', '--identifier=sshd-session', '--no-pager')).toMatch(
      /Accepted publickey for debian from 10\.77\.3\.1 /,
    );
    const erp = sshHost(other.target, { config: bare });
    expect((await erp.run(['hostname'])).stdout).toBe('erp\n');
  });

  test('whose own key is another one', async () => {
    const via = { ...on.target, hostKey: await keyOf('erp') };
    await expect(bench(lab, 'erp', { ...other.target, via }).plan(motd)).rejects.toMatchObject({
      code: 'host.identity.changed',
      params: { host: 'gateway' },
    });
  });

  test('that refuses the login, or from which the host is not to be reached', async () => {
    const denied = { ...other.target, via: { ...on.target, user: 'nobody' } };
    await expect(bench(lab, 'erp', denied).plan(motd)).rejects.toMatchObject({
      code: 'host.denied',
      params: { host: 'gateway' },
    });
    await expect(bench(lab, 'erp', { ...other.target, port: 23 }).plan(motd)).rejects.toMatchObject({
      code: 'host.unreachable',
      params: { host: 'erp' },
    });
  });
});

describe('sshHost', () => {
  test('runs an argument vector as root, whatever is in it', async () => {
    const host = sshHost(on.target, on.settings);
    const words = ["it's", '$HOME', '', 'a\nb', '*', '\\'];
    const { code, stdout } = await host.run(['printf', '%s|', ...words]);
    expect([code, stdout]).toEqual([0, words.map((word) => `${word}|`).join('')]);
    expect((await host.run(['id', '-u'])).stdout).toBe('0\n');
    expect(await host.run(['sh', '-c', 'echo no >&2; exit 3'])).toEqual({
      code: 3,
      stdout: '',
      stderr: 'no\n',
    });
    expect((await host.run(['nft', '--version'])).code).toBe(0);
  });

  test('says that a program is missing, and that the host is', async () => {
    const host = sshHost(on.target, on.settings);
    await expect(host.run(['no-such-program'])).rejects.toMatchObject({ code: 'host.program.missing' });
    const gone = sshHost({ ...on.target, address: '10.77.2.77' }, { ...on.settings, connectTimeout: 2 });
    await expect(gone.run(['true'])).rejects.toMatchObject({ code: 'host.unreachable' });
  });
});

test('what sshd logs of a run is short', async () => {
  await on.plan(motd);
  const journal = await on.says('journalctl', '--identifier=sudo', '--output=cat', '--no-pager');
  const commands = journal.split('\n').filter((line) => line.includes('COMMAND='));
  expect(Math.max(...commands.map((line) => line.length))).toBeLessThan(400);
});
