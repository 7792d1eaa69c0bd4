import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findProgram } from '../../hosts/local.ts';
import type { BundlePart } from '../../model/bundle.ts';
import type { Site } from '../../model/site.ts';
import { siteOf } from '../testing.ts';
import { innerConfig, innerHostKey, innerRevocations } from './inner.ts';
import { bastionPart, isBastion, servedSite } from './part.ts';
import { rulesText } from './rules.ts';
import { standIns } from './stand-in.ts';

const run = promisify(execFile);
const keys = [
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDEwKTzzIrF6f//IdwmZmjD/GcsFBPzptiXz7+5NAJDd',
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAvcKvEqQN6DWCjwmmg1U61AwT5GlW1UaGjfvY7Tlp0S',
];
const bastion = (more = '') => `bastion: { authority: "${keys[0]}", host-authority: "${keys[1]}"${more} }`;
const described = (end = bastion()) =>
  siteOf(`site: s
admin: { from: [192.0.2.0/24] }
hosts:
  gate: { address: 10.0.0.2, roles: [gateway], ssh: { user: debian } }
  prod1: { address: [10.0.0.11, "fd00::11"], ssh: { user: debian } }
  prod2: { address: 10.0.0.12, ssh: { user: debian, port: 2222 } }
  other: { address: 10.0.0.13, ssh: { user: debian } }
people: { alice: { keys: ["${keys[0]}"] }, bob: {} }
access:
  - { people: [alice], to: prod1 or prod2, as: [debian, app] }
${end}
`);

const textOf = ({ files }: BundlePart, name: string) => {
  const file = files.find(({ path }) => path.endsWith(`/${name}`));
  return file && 'text' in file.content ? file.content.text : undefined;
};

test('a bastion is one once it has both authorities', async () => {
  const bastions = (site: Site) => site.hosts.filter((host) => isBastion(site, host)).map(({ name }) => name);
  expect(bastions(await described())).toEqual(['gate']);
  expect(bastions(await described(bastion(', host: other')))).toEqual(['other']);
  expect(bastions(await described('bastion: {}'))).toEqual([]);
});

test('people are led to the machines that somebody may enter, and to no other', async () => {
  const site = await described();
  const part = bastionPart(site, undefined);
  const [one, two] = ['prod1', 'prod2'].map(
    (name) => standIns(site).find(({ host }) => host === name)?.address,
  );
  const rules = textOf(part, 'rules.nft');
  expect(rules?.match(/^ +10\.0\.0\.\d+ .*$/gm)).toEqual([
    `      10.0.0.11 . 22 : ${one} . 22022,`,
    `      10.0.0.12 . 2222 : ${two} . 22022`,
  ]);
  expect(textOf(part, 'poterne-ssh.socket')?.match(/^ListenStream=.*$/gm)).toEqual([
    `ListenStream=${one}:22022`,
    `ListenStream=${two}:22022`,
  ]);
  expect(textOf(part, 'accounts')).toBe('app\ndebian\n');
  expect(textOf(part, 'hosts')).toBe('10.0.0.11 prod1\n10.0.0.12 prod2\n');
  expect(textOf(part, 'principals')).toBe('person:alice\nperson:bob\n');
  expect(textOf(part, 'keys')).toBe(`restrict,pty ${keys[0]}\n`);
});

test('without static keys, no key opens anything', async () => {
  const part = bastionPart(await described(bastion(', static-keys: off')), undefined);
  expect(textOf(part, 'keys')).toBe('');
  expect(textOf(part, 'sshd_config')).toContain('\nAuthorizedKeysFile none\n');
});

test('the daemon gets nothing of what is published', async () => {
  const site = await described();
  expect(servedSite(site)).toMatchObject({ publications: [], services: [], people: site.people });
});

test('a machine keeps its address as others come and go, and none is given twice', async () => {
  const site = await described();
  const named = (names: readonly string[]) =>
    standIns({ ...site, hosts: names.map((name) => ({ ...site.hosts[0], name })) as Site['hosts'] });
  const some = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { maxLength: 300 });
  fc.assert(
    fc.property(some, (names) => {
      const given = named(names);
      expect(new Set(given.map(({ address }) => address)).size).toBe(names.length);
      for (const { address } of given) expect(address).toMatch(/^127\.83\.\d{1,3}\.\d{1,3}$/);
    }),
    { numRuns: 20 },
  );
  const [alone] = named(['prod1']);
  expect(named(['a', 'b', 'prod1', 'z'])).toContainEqual(alone);
});

test('nft and sshd take what is written for them', async () => {
  const site = await described();
  const room = await mkdtemp(join(tmpdir(), 'poterne-inner-'));
  try {
    const key = join(room, 'key');
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const config = innerConfig(site)
      .replaceAll(`HostCertificate ${innerHostKey}-cert.pub\n`, '')
      .replaceAll(innerHostKey, key)
      .replaceAll(innerRevocations, `${key}.pub`);
    await writeFile(join(room, 'config'), config);
    const sshd = await findProgram('sshd');
    // Without root's rights, as on the bastion.
    const rights = ['--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs', '--'];
    const isRoot = process.getuid?.() === 0;
    const [program = '', ...rest] = [
      ...(isRoot ? ['setpriv', ...rights] : []),
      sshd ?? '',
      '-t',
      '-f',
      join(room, 'config'),
    ];
    await chmod(room, 0o755);
    await chmod(key, isRoot ? 0o644 : 0o600);
    if (sshd) expect((await run(program, rest)).stderr).toBe('');
    const nft = await findProgram('nft');
    // The group is the bastion's.
    const rules = rulesText(site).replaceAll('"poterne-people"', '995');
    await writeFile(join(room, 'rules'), rules);
    if (nft && isRoot)
      expect((await run('unshare', ['--net', nft, '-c', '-f', join(room, 'rules')])).stderr).toBe('');
  } finally {
    await rm(room, { recursive: true, force: true });
  }
});
