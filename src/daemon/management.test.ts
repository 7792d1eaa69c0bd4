import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openAudit } from '../audit/log.ts';
import { searchAudit } from '../audit/search.ts';
import { sshCertificate } from '../lib/ssh-certificate.ts';
import type { Site } from '../model/site.ts';
import { createSshAuthority, openSshAuthority } from '../pki/ssh-authority.ts';
import { makeKey } from '../pki/ssh-keygen.ts';
import { siteOf } from '../plan/testing.ts';
import { issueManagement, managementIdentity } from './management.ts';

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'poterne-management-test-'));
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(state, { recursive: true, force: true });
});

async function site(staticKeys: 'on' | 'off'): Promise<Site> {
  await createSshAuthority(state);
  const { userKey, hostKey } = await openSshAuthority(state, await openAudit(state));
  return siteOf(`site: s
admin: { from: [192.0.2.0/24] }
hosts:
  gate: { address: 192.0.2.1, roles: [gateway], ssh: { user: debian } }
  prod1: { address: 192.0.2.2, ssh: { user: debian } }
bastion: { authority: ${userKey}, host-authority: ${hostKey}, static-keys: ${staticKeys} }
`);
}

const certificateOf = async (file: string) => sshCertificate(await readFile(file, 'utf8'));

test('a certificate is there when it is needed, for its owner alone, and renewed before it ends', async () => {
  const identity = managementIdentity(await site('off'), { settings: {}, here: 'gate' }, state);
  expect(identity?.from).toBe('gate');
  expect(identity?.files()).toBeUndefined();
  await Promise.all([identity?.ready(), identity?.ready()]);
  const files = identity?.files();
  const first = await certificateOf(files?.certificate ?? '');
  expect(first?.principals).toEqual(['poterne:management']);
  expect((await stat(files?.key ?? '')).mode & 0o777).toBe(0o600);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 9 * 60_000 });
  await identity?.ready();
  expect((await certificateOf(files?.certificate ?? ''))?.serial).toBe(first?.serial);
  vi.setSystemTime(Date.now() + 2 * 60_000);
  await identity?.ready();
  const second = await certificateOf(files?.certificate ?? '');
  expect(second?.serial).toBe((first?.serial ?? 0n) + 1n);
  expect(second?.validBefore.getTime()).toBeGreaterThan(Date.now() + 14 * 60_000);
  const told: string[] = [];
  for await (const { what } of searchAudit(state, { what: 'certificate' })) told.push(what);
  expect(told).toEqual(['certificate.management', 'certificate.management']);
});

test('the log has who asked for one, and not who they say to be', async () => {
  await site('off');
  const key = await makeKey(join(state, 'key'), '');
  const certificate = await issueManagement(state, key, 'alice', 'debian (root)');
  expect(sshCertificate(certificate ?? '')?.keyId).toBe('poterne alice');
  const told: string[] = [];
  for await (const { who } of searchAudit(state, { what: 'certificate.management' })) told.push(who);
  expect(told).toEqual(['debian (root)']);
});

test('one run after another, and two at once, in a process that goes on', async () => {
  const described = await site('off');
  const made = [1, 2, 3].map(() => managementIdentity(described, { settings: {}, here: 'gate' }, state));
  await made[0]?.ready();
  await Promise.all(made.map((identity) => identity?.ready()));
  for (const identity of made) {
    const files = identity?.files();
    const bytes = async (file: string) =>
      Buffer.from((await readFile(file, 'utf8')).split(' ')[1] ?? '', 'base64');
    const key = (await bytes(`${files?.key}.pub`)).subarray(-32);
    expect((await bytes(files?.certificate ?? '')).includes(key)).toBe(true);
    expect((await certificateOf(files?.certificate ?? ''))?.principals).toEqual(['poterne:management']);
  }
});

test('without an authority, static keys do where there are any; where not, it is said', async () => {
  const [on, off] = [await site('on'), await site('off')];
  await rm(join(state, 'ssh-authority'), { recursive: true });
  const registered = managementIdentity(on, { settings: {}, here: 'gate' }, state);
  await registered?.ready();
  expect(registered?.files()).toBeUndefined();
  await expect(managementIdentity(off, { settings: {}, here: 'gate' }, state)?.ready()).rejects.toMatchObject(
    {
      code: 'ssh.management.failed',
    },
  );
});

test('another authority than the described one is not asked', async () => {
  const described = await site('off');
  await rm(join(state, 'ssh-authority'), { recursive: true });
  await createSshAuthority(state);
  await expect(
    managementIdentity(described, { settings: {}, here: 'gate' }, state)?.ready(),
  ).rejects.toMatchObject({
    code: 'ssh.management.failed',
  });
});
