import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, release, userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { factsScript, readFacts } from './facts-script.ts';

const at = '2026-11-25T12:00:00.000Z';

/** What a machine printed, with what the script prints around it. */
const read = (lines: readonly string[]) =>
  readFacts('a', at, ['poterne-facts', ...lines, 'poterne-facts-end', ''].join('\n'));

test('this machine tells what it is', () => {
  const printed = execFileSync('sh', ['-c', factsScript, 'poterne'], { encoding: 'utf8' });
  const facts = readFacts('here', at, `welcome\n${printed}`);
  const passwd = readFileSync('/etc/passwd', 'utf8').split('\n').filter(Boolean);
  expect(facts).toMatchObject({ host: 'here', at, kernel: release() });
  expect(facts?.architecture).toBe({ x64: 'x86_64', arm64: 'aarch64' }[arch() as string]);
  expect(facts?.root === 'login').toBe(userInfo().uid === 0);
  const told = [...(facts?.accounts.login ?? []), ...(facts?.accounts.system ?? [])];
  for (const line of passwd) expect(told).toContain(line.split(':')[0]);
  expect(facts?.accounts.system).toContain('daemon');
  expect(facts?.disks.map(({ path }) => path)[0]).toBe('/');
});

test('dash reads the script', () => {
  expect(() => execFileSync('dash', ['-n', '-c', factsScript])).not.toThrow();
});

test('packages: pending and for security; new dependencies are not pending', () => {
  const packages = [
    'package\t[1.2] (1.3 Debian:12.5/stable [amd64])',
    'package\t[1.2] (1.3 Debian:12.5/stable, Debian-Security:12/stable-security [amd64])',
    'package\t(1.3 Debian:12.5/stable [amd64])',
    'package\t[1.2] (1.3~security1 Debian:12.5/stable [amd64]) [libsecurity:amd64 ]',
    'package\t[1.2] (1.3)',
  ];
  expect(read([...packages, 'packages'])?.packages).toEqual({ pending: 4, security: 1 });
  expect(read(['packages'])?.packages).toEqual({ pending: 0, security: 0 });
  expect(read([])).not.toHaveProperty('packages');
});

test('a machine that tells little, nothing whole, or what a terminal would obey', () => {
  expect(read([])).toEqual({ host: 'a', at, disks: [], accounts: { login: [], system: [] }, root: 'no' });
  expect(readFacts('a', at, '')).toBeUndefined();
  expect(readFacts('a', at, 'poterne-facts\nkernel\t6\n')).toBeUndefined();
  expect(read(['kernel\t6.1\u001b[31m', 'os\tdebian\t\tDebian'])).toMatchObject({
    kernel: '6.1[31m',
    os: { id: 'debian', title: 'Debian' },
  });
  expect(read(['uptime\tx', 'memory\tMemTotal:\tx', 'disk\t0\t0\t/', 'root\tmaybe'])).toMatchObject({
    disks: [],
    root: 'no',
  });
});

test('one file system is told once, and shells say who logs in', () => {
  const facts = read([
    ...['disk\t1000\t400\t/', 'disk\t1000\t400\t/'],
    ...[
      'account\troot\t/bin/bash',
      'account\tbin\t/usr/sbin/nologin',
      'account\told\t',
      'account\tsync\t/bin/sync',
    ],
  ]);
  expect(facts?.disks).toEqual([{ path: '/', totalBytes: 1_024_000, usedBytes: 409_600 }]);
  expect(facts?.accounts).toEqual({ login: ['root', 'old'], system: ['bin', 'sync'] });
});
