import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuditEntry } from '../audit/entry.ts';
import { openAudit } from '../audit/log.ts';
import { searchAudit } from '../audit/search.ts';
import { createSshAuthority, openSshAuthority, type Subject, sshAuthorityFolder } from './ssh-authority.ts';
import { makeKey } from './ssh-keygen.ts';

let state: string;
let publicKey: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'poterne-ssh-ca-'));
  publicKey = await makeKey(join(state, 'key'), 'test');
});
afterEach(() => rm(state, { recursive: true, force: true }));

const minute = 60_000;
const opened = async () => openSshAuthority(state, await openAudit(state));
const who = { who: 'alice', from: '192.0.2.7' };
const alice: Subject = { kind: 'person', person: 'alice' };
const request = (subject: Subject) => ({ subject, publicKey, lifetime: 10 * minute, ...who });

/** What ssh-keygen reads in a certificate, without what differs each time. */
async function shown(certificate: string): Promise<string> {
  const file = join(state, 'shown-cert.pub');
  await writeFile(file, certificate);
  return execFileSync('ssh-keygen', ['-L', '-f', file], { encoding: 'utf8' });
}

/** Whether the list of revoked keys holds a certificate. */
async function isRevoked(list: string, certificate: string): Promise<boolean> {
  const file = join(state, 'asked-cert.pub');
  await writeFile(file, certificate);
  try {
    execFileSync('ssh-keygen', ['-Q', '-f', list, file], { stdio: 'pipe' });
    return false;
  } catch {
    return true;
  }
}

describe('the authority', () => {
  test('is made once, and its keys are for its owner alone', async () => {
    expect(await createSshAuthority(state)).toBe(true);
    const { userKey, hostKey } = await opened();
    expect(await createSshAuthority(state)).toBe(false);
    expect(await opened()).toMatchObject({ userKey, hostKey });
    expect(userKey).not.toBe(hostKey);
    const folder = sshAuthorityFolder(state);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    for (const key of ['user_ca', 'host_ca'])
      expect((await stat(join(folder, key))).mode & 0o777).toBe(0o600);
  });

  test('that was not made is missing', async () => {
    await expect(opened()).rejects.toMatchObject({ code: 'ssh.authority.missing' });
  });
});

describe('certificates say no more than they must', () => {
  test('a person’s: for the bastion, with a terminal and forwarding, ten minutes', async () => {
    await createSshAuthority(state);
    const { certificate, serial } = await (await opened()).issue(request(alice));
    const text = await shown(certificate);
    expect(serial).toBe(1);
    expect(text).toContain('user certificate');
    expect(text).toContain('Key ID: "alice"');
    expect(text).toMatch(/Principals: \n\s+person:alice\n\s+Critical Options: \(none\)/);
    expect(text).toMatch(/Extensions: \n\s+permit-port-forwarding\n\s+permit-pty\n$/);
    const [, from = '', until = ''] = /from (\S+) to (\S+)/.exec(text) ?? [];
    expect(Date.parse(until) - Date.parse(from)).toBe(11 * minute);
  });

  test('a session’s: one account of one host, from one address, and no more than a terminal', async () => {
    await createSshAuthority(state);
    const session: Extract<Subject, { kind: 'session' }> = {
      ...{ kind: 'session', person: 'alice', session: 's-1', host: 'prod1', account: 'debian' },
      ...{ from: '10.0.0.1', activity: 'terminal' },
    };
    const authority = await opened();
    const text = await shown((await authority.issue(request(session))).certificate);
    expect(text).toContain('Key ID: "alice s-1"');
    expect(text).toMatch(/Principals: \n\s+prod1\/debian\n/);
    expect(text).toMatch(
      /Critical Options: \n\s+source-address 10\.0\.0\.1\n\s+Extensions: \n\s+permit-pty\n$/,
    );
    const bare = await shown(
      (await authority.issue(request({ ...session, activity: 'command' }))).certificate,
    );
    expect(bare).toContain('Extensions: (none)');
    const files = await shown(
      (await authority.issue(request({ ...session, activity: 'files' }))).certificate,
    );
    expect(files).toMatch(
      /Critical Options: \n\s+force-command internal-sftp\n\s+source-address 10\.0\.0\.1\n\s+Extensions: \(none\)/,
    );
  });

  test('Poterne’s own, and a host’s', async () => {
    await createSshAuthority(state);
    const authority = await opened();
    const own = await shown((await authority.issue(request({ kind: 'management', by: 'gate' }))).certificate);
    expect(own).toMatch(/Principals: \n\s+poterne:management\n/);
    const host = await authority.issue(
      request({ kind: 'host', host: 'prod1', names: ['prod1', '10.0.0.11'] }),
    );
    const text = await shown(host.certificate);
    expect(text).toContain('host certificate');
    expect(text).toMatch(/Principals: \n\s+prod1\n\s+10\.0\.0\.11\n/);
  });

  test('no name of anybody’s becomes an option or a second principal', async () => {
    await createSshAuthority(state);
    const authority = await opened();
    for (const person of ['a,root', '-Oforce', 'a\nb', ''])
      await expect(authority.issue(request({ kind: 'host', host: 'x', names: [person] }))).rejects.toThrow();
  });

  test('many at once have serial numbers of their own', async () => {
    await createSshAuthority(state);
    const authority = await opened();
    const all = await Promise.all(Array.from({ length: 12 }, () => authority.issue(request(alice))));
    expect(new Set(all.map(({ serial }) => serial)).size).toBe(12);
    expect((await authority.valid()).length).toBe(12);
  });
});

describe('revocation', () => {
  test('of a serial number is in the list that sshd reads', async () => {
    await createSshAuthority(state);
    const authority = await opened();
    const [first, second] = [await authority.issue(request(alice)), await authority.issue(request(alice))];
    expect(await isRevoked(authority.revocations, first.certificate)).toBe(false);
    await authority.revoke({ serial: first.serial }, { who: 'root' });
    expect(await isRevoked(authority.revocations, first.certificate)).toBe(true);
    expect(await isRevoked(authority.revocations, second.certificate)).toBe(false);
  });

  test('of a person is of all that they have, and they get no more until it is undone', async () => {
    await createSshAuthority(state);
    const authority = await opened();
    const held = await authority.issue(request(alice));
    const other = await authority.issue(request({ kind: 'person', person: 'bob' }));
    expect(await authority.revoke({ person: 'alice' }, { who: 'root' })).toEqual([held.serial]);
    expect(await isRevoked(authority.revocations, held.certificate)).toBe(true);
    expect(await isRevoked(authority.revocations, other.certificate)).toBe(false);
    await expect(authority.issue(request(alice))).rejects.toMatchObject({ code: 'ssh.revoked' });
    await authority.restore('alice', { who: 'root' });
    const again = await authority.issue(request(alice));
    expect(await isRevoked(authority.revocations, again.certificate)).toBe(false);
    expect(await isRevoked(authority.revocations, held.certificate)).toBe(true);
  });
});

describe('the audit log', () => {
  test('tells every certificate, refusal and revocation', async () => {
    await createSshAuthority(state);
    const authority = await opened();
    await authority.issue(request(alice));
    await authority.revoke({ person: 'alice' }, { who: 'root', from: 'here' });
    await authority.issue(request(alice)).catch(() => undefined);
    const told: AuditEntry[] = [];
    for await (const record of searchAudit(state, {})) told.push(record);
    expect(told.map(({ who, what, to, from, result }) => [who, what, to, from, result].join(' '))).toEqual([
      'alice certificate.person person:alice 192.0.2.7 done',
      'root certificate.revoke person:alice here done',
      'alice certificate.person person:alice 192.0.2.7 refused',
    ]);
    expect(told[0]?.detail).toMatchObject({ serial: 1, id: 'alice' });
  });

  test('that cannot be written has nothing issued', async () => {
    await createSshAuthority(state);
    const broken = { append: () => Promise.reject(new Error('disk full')) };
    await expect((await openSshAuthority(state, broken)).issue(request(alice))).rejects.toThrow('disk full');
  });
});
