import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { networkOf } from '../../plan/network.ts';
import { siteOf } from '../../plan/testing.ts';
import { diagnose } from './diagnose.ts';
import engine from './engine.ts';
import { situations } from './testing-sites.ts';

// The real sshd, over folders of its own in a mount namespace: that takes root and openssh-server. Elsewhere it is skipped; what it
// does to people who connect is in src/daemon/access.lab-test.ts.
const able = process.getuid?.() === 0 && existsSync('/usr/sbin/sshd');

const room = mkdtempSync(join(tmpdir(), 'poterne-openssh-'));
afterAll(() => rmSync(room, { recursive: true, force: true }));

const passwd = `root:x:0:0::/root:/bin/sh
nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin
sshd:x:105:65534::/run/sshd:/usr/sbin/nologin
debian:x:1000:1000::/home/debian:/bin/sh
alice:x:998:999::/nonexistent:/bin/sh
bob:x:997:999::/nonexistent:/bin/sh
`;
const group = 'root:x:0:\nnogroup:x:65534:\ndebian:x:1000:\npoterne-people:x:999:\n';

/** Runs a program where /etc/ssh holds Debian's configuration and these drop-ins, and accounts are those of a bastion. */
function inRoom(dropIns: Readonly<Record<string, string>>, argv: readonly string[]) {
  writeFileSync(join(room, 'passwd'), passwd);
  writeFileSync(join(room, 'group'), group);
  for (const [name, text] of Object.entries(dropIns)) writeFileSync(join(room, name), text);
  const script = `set -e
mount -t tmpfs none /etc/ssh && mkdir /etc/ssh/sshd_config.d
mount -t tmpfs none /run && mkdir /run/sshd
mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/group" /etc/group
cp "$1/host_key" /etc/ssh/ssh_host_ed25519_key && chmod 600 /etc/ssh/ssh_host_ed25519_key
printf 'Include /etc/ssh/sshd_config.d/*.conf\\nUsePAM yes\\nSubsystem sftp /usr/lib/openssh/sftp-server\\n' >/etc/ssh/sshd_config
cp "$1"/*.conf /etc/ssh/sshd_config.d/
shift; exec "$@"`;
  const ran = spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', room, ...argv], { encoding: 'utf8' });
  for (const name of Object.keys(dropIns)) rmSync(join(room, name));
  return ran;
}

async function dropIn(situation: string, host: string): Promise<string> {
  const asked = networkOf(await siteOf(situations[situation] as string));
  const found = asked.site.hosts.find(({ name }) => name === host);
  const content = found && engine.part(asked, found)?.files[0]?.content;
  return content && 'text' in content ? content.text : '';
}

/** What sshd would give somebody, by keyword. */
async function given(
  situation: string,
  host: string,
  user: string,
  more: Readonly<Record<string, string>> = {},
) {
  const configs = { '00-poterne.conf': await dropIn(situation, host), ...more };
  const { stdout, stderr } = inRoom(configs, [
    '/usr/sbin/sshd',
    '-T',
    '-C',
    `user=${user},host=x,addr=192.0.2.1`,
  ]);
  expect(stderr).toBe('');
  return new Map(
    stdout
      .trim()
      .split('\n')
      .map((line) => [line.split(' ')[0] ?? '', line.slice(line.indexOf(' ') + 1)] as const),
  );
}

describe.runIf(able)('sshd', () => {
  beforeAll(() => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(room, 'host_key')]);
  });

  test.each(Object.keys(situations))('accepts %s', async (situation) => {
    for (const host of ['passerelle', 'prod1']) {
      const ran = inRoom({ '00-poterne.conf': await dropIn(situation, host) }, ['/usr/sbin/sshd', '-t']);
      expect([ran.status, ran.stderr]).toEqual([0, '']);
    }
  });

  test('confines people on the bastion, each to their machines', async () => {
    const alice = await given('certificates', 'passerelle', 'alice');
    expect(alice.get('forcecommand')).toBe('/etc/ssh/poterne/front');
    expect(alice.get('permitopen')).toBe('prod1:22 10.0.0.11:22 [fd00::11]:22 prod2:2222 10.0.0.12:2222');
    expect((await given('certificates', 'passerelle', 'bob')).get('permitopen')).toBe(
      'prod1:22 10.0.0.11:22 [fd00::11]:22',
    );
    for (const [key, value] of [
      ['permittty', 'no'],
      ['allowtcpforwarding', 'local'],
      ['permitlisten', 'none'],
      ['allowagentforwarding', 'no'],
      ['x11forwarding', 'no'],
      ['allowstreamlocalforwarding', 'no'],
      ['permittunnel', 'no'],
      ['permituserrc', 'no'],
      ['authorizedkeysfile', '/etc/ssh/poterne/people/%u.keys'],
      ['authorizedprincipalsfile', '/etc/ssh/poterne/people/%u.principals'],
    ] as const)
      expect([key, alice.get(key)]).toEqual([key, value]);
  });

  test('takes no static key of anybody else, but of Poterne’s own account on the bastion', async () => {
    expect((await given('certificates', 'prod1', 'debian')).get('authorizedkeysfile')).toBe('none');
    expect((await given('certificates', 'passerelle', 'root')).get('authorizedkeysfile')).toBe('none');
    expect((await given('certificates', 'passerelle', 'debian')).get('authorizedkeysfile')).toContain(
      '.ssh/authorized_keys',
    );
    expect((await given('keys', 'prod1', 'debian')).get('authorizedkeysfile')).toContain(
      '.ssh/authorized_keys',
    );
  });

  test('other files of its configuration do not overrule ours', async () => {
    const other = `PasswordAuthentication yes
TrustedUserCAKeys /tmp/mine
Match all
  AuthorizedKeysFile .ssh/authorized_keys
  AuthorizedPrincipalsFile none
  PasswordAuthentication yes
Match User debian
  RevokedKeys none
  AuthorizedKeysCommand /bin/mine
  AuthorizedKeysCommandUser nobody
`;
    const debian = await given('certificates', 'prod1', 'debian', { '50-other.conf': other });
    expect(debian.get('authorizedkeysfile')).toBe('none');
    expect(debian.get('authorizedkeyscommand')).toBe('none');
    expect(debian.get('authorizedprincipalsfile')).toBe('/etc/ssh/poterne/principals/%u');
    expect(debian.get('passwordauthentication')).toBe('no');
    expect(debian.get('trustedusercakeys')).toBe('/etc/ssh/poterne/authority.pub');
    expect(debian.get('revokedkeys')).toBe('/etc/ssh/poterne/revoked.krl');
  });

  test('complains at a line, which diagnose reads', async () => {
    const broken = (await dropIn('keys', 'prod1')).replace(
      'PubkeyAuthentication yes',
      'PubkeyAuthentication perhaps',
    );
    const line = broken.split('\n').findIndex((one) => one.includes('perhaps')) + 1;
    const { status, stderr } = inRoom({ '00-poterne.conf': broken }, ['/usr/sbin/sshd', '-t']);
    expect(status).not.toBe(0);
    expect(diagnose(stderr)).toContainEqual(
      expect.objectContaining({ severity: 'error', file: '/etc/ssh/sshd_config.d/00-poterne.conf', line }),
    );
  });
});
