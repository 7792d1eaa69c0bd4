import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LabHost } from '../lab/host.ts';
import { down, type Lab, up } from '../lab/lab.ts';
import { until } from '../lab/system.ts';
import { assemble } from './deb.ts';
import { poternePackage } from './poterne.ts';

/** The scheduler as a service: an account that has nothing but its SSH key runs a script on another machine. */

let lab: Lab;
let folder: string;
let gateway: LabHost;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-jobs-'));
  const file = await assemble(await poternePackage(), folder);
  lab = await up({
    name: `jobs-${process.pid}`,
    zones: { lan: { networks: ['10.84.0.0/24'] } },
    hosts: {
      gateway: { release: 'trixie', interfaces: { lan: ['10.84.0.2'] } },
      prod1: { interfaces: { lan: ['10.84.0.3'] }, run: [['useradd', '--create-home', 'User_DollarU']] },
    },
  });
  gateway = lab.host('gateway');
  await copyFile(file, join(gateway.upper, 'root', basename(file)));
  await did('apt-get', 'install', '--yes', '-q', `/root/${basename(file)}`);
});
afterAll(async () => {
  await down(lab.name);
  await rm(folder, { recursive: true, force: true });
});

async function did(...argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await gateway.run(argv);
  expect(code, `${argv.join(' ')}\n${stdout}${stderr}`).toBe(0);
  return stdout.trim();
}
/** A path of the host through its own eyes: what is put into its layer from outside it may have looked for already, and not see. */
const seen = async (path: string) => join('/proc', String(await gateway.leader()), 'root', path);
const journal = () => did('journalctl', '--no-pager', '-u', 'poterne-jobs', '-o', 'cat');
const state = (what: string) => did('systemctl', 'show', 'poterne-jobs', '--value', '-p', what);

test('starts when it has a description, as an account without any right, and runs what is due', async () => {
  await did('systemctl', 'start', 'poterne-jobs');
  expect(await state('ActiveState')).toBe('inactive');
  const { stdout: key } = await lab.host('prod1').run(['cat', '/etc/ssh/ssh_host_ed25519_key.pub']);
  const site = [
    ...['site: centre', 'admin: { from: [10.84.0.2] }', 'hosts:'],
    `  prod1: { address: 10.84.0.3, ssh: { user: debian, host-key: ${key.split(' ', 2).join(' ').trim()} } }`,
    'jobs:',
    '  collecte: { run: collecte.sh, on: prod1, as: User_DollarU, args: [SOC], collect: [/tmp/soc.log], at: every minute }',
  ];
  const etc = await seen('/etc/poterne');
  await did('mkdir', '-p', '/etc/poterne');
  await writeFile(join(etc, 'jobs.yaml'), `${site.join('\n')}\n`);
  await writeFile(join(etc, 'collecte.sh'), '#!/bin/sh\necho "$1 of $(id -un)" | tee /tmp/soc.log\n');
  const place = '/var/lib/poterne-jobs/.ssh';
  await did(
    'install',
    '-d',
    '-m',
    '0700',
    '-o',
    'poterne-jobs',
    '-g',
    'poterne-jobs',
    '/var/lib/poterne-jobs',
    place,
  );
  await writeFile(join(gateway.upper, `${place}/id_ed25519`), await readFile(lab.sshKey), { mode: 0o600 });
  await did('chown', 'poterne-jobs:poterne-jobs', `${place}/id_ed25519`);
  await did('systemctl', 'start', 'poterne-jobs');
  expect(await state('ActiveState')).toBe('active');
  const pid = await state('MainPID');
  expect(await did('ps', '-o', 'user=', '-p', pid)).toBe('poterne-jobs');
  const status = await did('cat', `/proc/${pid}/status`);
  const none = '0000000000000000';
  expect([...status.matchAll(/^Cap(?:Prm|Eff|Bnd):\t(\S+)$/gm)].map((found) => found[1])).toEqual([
    none,
    none,
    none,
  ]);
  const score = /Overall exposure level for \S+: (\S+)/.exec(
    await did('systemd-analyze', 'security', '--no-pager', 'poterne-jobs'),
  );
  expect(Number(score?.[1])).toBeLessThan(2);
  const runs = '/var/lib/poterne-jobs/runs';
  await until(
    async () => {
      const { stdout } = await gateway.run(['sh', '-c', `cat ${runs}/*/hosts/prod1/files/tmp/soc.log`]);
      return stdout.includes('SOC of User_DollarU') ? true : undefined;
    },
    90_000,
    async () =>
      `nothing was collected: ${await journal()}\n${await did('sh', '-c', `cat ${runs}/*/journal.jsonl ${runs}/*/hosts/*/std*`)}`,
  );
  expect(await journal()).toContain('collecte, due');
  expect(await did('find', runs, '!', '-user', 'poterne-jobs')).toBe('');
});

test('reads its description again, says what is wrong with it, and ends in order', async () => {
  const file = await seen('/etc/poterne/jobs.yaml');
  const before = await readFile(file, 'utf8');
  await writeFile(file, before.replace('every minute', 'every mnute'));
  await did('systemctl', 'reload', 'poterne-jobs');
  await until(
    async () => ((await journal()).includes('the jobs stay as they were') ? true : undefined),
    30_000,
    () => 'not read again',
  );
  await did('systemctl', 'stop', 'poterne-jobs');
  expect(await state('Result')).toBe('success');
});
