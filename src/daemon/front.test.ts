import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AuditRecord } from '../audit/entry.ts';
import { openAudit } from '../audit/log.ts';
import { searchAudit } from '../audit/search.ts';
import { sshCertificate } from '../lib/ssh-certificate.ts';
import type { Person } from '../model/access.ts';
import type { Site } from '../model/site.ts';
import { createSshAuthority, openSshAuthority } from '../pki/ssh-authority.ts';
import { makeKey } from '../pki/ssh-keygen.ts';
import { answerFront } from './front.ts';

/** Whoever runs this is the person: their account is told by their uid. */
const me = userInfo().username;
const instance = `7-4321-${userInfo().uid}`;
const at = new Date();

let state: string;
let site: string;
let registered: string;
let fresh: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'poterne-front-'));
  site = join(state, 'site.json');
  registered = await makeKey(join(state, 'registered'), '');
  fresh = await makeKey(join(state, 'fresh'), '');
  await createSshAuthority(state);
  await describe();
});
afterEach(() => rm(state, { recursive: true, force: true }));

async function describe(more: Partial<Person> = {}): Promise<void> {
  const person = { name: me, keys: [registered], groups: [], pointer: '', ...more };
  const rule = { people: [me], hosts: ['prod1'], as: ['debian'], allow: ['files'], pointer: '' };
  const described: Partial<Site> = {
    ...{ name: 's', language: 'en', timezone: 'Europe/Paris', people: [person] },
    hosts: [{ name: 'prod1' }] as unknown as Site['hosts'],
    access: [rule] as unknown as Site['access'],
    bastion: { host: 'gate', certificates: 600_000, staticKeys: false, keep: 1, pointer: '' },
  };
  await writeFile(site, JSON.stringify(described));
}

const ask = (said: Readonly<Record<string, string>>, from = instance) => {
  const all = {
    connection: '192.0.2.7 50000 192.0.2.1 22',
    proof: `publickey ${registered}\n`,
    input: '',
    ...said,
  };
  const lines = Object.entries(all).map(([name, text]) => `${name} ${Buffer.from(text).toString('hex')}\n`);
  return answerFront(state, site, { instance: from, said: lines.join(''), at });
};

async function logged(): Promise<readonly AuditRecord[]> {
  const found: AuditRecord[] = [];
  for await (const record of searchAudit(state, {})) found.push(record);
  return found;
}

test('a registered key yields a certificate of minutes for another key', async () => {
  const { status, text } = await ask({ command: 'certificate', input: `${fresh} laptop\n` });
  expect(status).toBe(0);
  const certificate = sshCertificate(text);
  expect(certificate).toMatchObject({ keyId: me, principals: [`person:${me}`] });
  expect(certificate?.validBefore.getTime()).toBeLessThan(at.getTime() + 11 * 60_000);
  expect(await logged()).toMatchObject([
    { who: me, what: 'certificate.person', from: '192.0.2.7', result: 'done' },
  ]);
});

test.each([
  ['a certificate', { proof: 'publickey ssh-ed25519-cert-v01@openssh.com AAAA\n' }, 'front.proof'],
  ['nothing', { proof: '' }, 'front.proof'],
  ['a key that begins like a registered one', { proof: 'publickey REGISTEREDx\n' }, 'front.proof'],
  ['no key to sign', { input: 'hello' }, 'front.key'],
  ['a private key', { input: '-----BEGIN OPENSSH PRIVATE KEY-----' }, 'front.key'],
])('%s yields none, and that is logged', async (_, more, why) => {
  const proof = 'proof' in more ? { proof: more.proof.replace('REGISTERED', registered) } : {};
  const { status, text } = await ask({ command: 'certificate', input: fresh, ...more, ...proof });
  expect(status).toBe(1);
  expect(text).not.toContain('ssh-ed25519-cert');
  expect(await logged()).toMatchObject([{ who: me, result: 'refused', detail: { why } }]);
});

test('nobody whose last day is over or who is revoked gets one, and none lasts longer than they do', async () => {
  await describe({ until: '2020-01-01' });
  expect((await ask({ command: 'certificate', input: fresh })).status).toBe(1);
  await describe();
  const authority = await openSshAuthority(state, await openAudit(state));
  await authority.revoke({ person: me }, { who: 'root' });
  expect(await ask({ command: 'certificate', input: fresh })).toMatchObject({
    status: 1,
    text: expect.stringContaining('revoked'),
  });
});

test('an account that is nobody’s, and an instance that names nobody, get nothing', async () => {
  for (const from of ['7-4321-4294967294', '7-4321-', '', '0'])
    expect(await ask({ command: 'certificate', input: fresh }, from)).toMatchObject({ status: 1 });
});

test('tells where they may go, and what they may not do there now', async () => {
  expect(await ask({ command: 'hosts' })).toEqual({ status: 0, text: 'debian@prod1  files\n' });
});

test.each(['sh', 'certificate; id', 'hosts -x', '$(id)', '\u001b[2J'])(
  'no other command: %j',
  async (command) => {
    const { status, text } = await ask({ command });
    expect([status, text]).toEqual([1, expect.stringContaining('there is no shell here')]);
    expect(await logged()).toMatchObject([
      { what: 'bastion.command', result: 'refused', detail: { command } },
    ]);
  },
);

test('without a command it says what there is', async () => {
  expect(await ask({ command: '' })).toMatchObject({
    status: 0,
    text: expect.stringContaining('certificate'),
  });
});
