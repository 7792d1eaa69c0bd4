import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readyFor, type SshIdentity, sshCommand } from './ssh.ts';
import { sshFault } from './ssh-faults.ts';
import type { SshTarget } from './target.ts';

const gateway: SshTarget = { name: 'gateway', address: '192.0.2.1', user: 'debian', port: 2222 };
const erp: SshTarget = {
  name: 'erp',
  address: 'erp.example.fr',
  hostKey: 'ssh-ed25519 AAAAC3Nz',
  via: gateway,
};

/** What the system's ssh understands of a command. */
function understood(argv: readonly string[]): string {
  const [ssh = '', ...rest] = argv;
  return execFileSync(ssh, ['-G', ...rest], { encoding: 'utf8' });
}

describe('the command', () => {
  test('is one that ssh understands: keys verified, no password, no kept connection', () => {
    const settings = understood(sshCommand(gateway, { config: '/dev/null' }, ['true']));
    for (const line of [
      ...['hostname 192.0.2.1', 'port 2222', 'user debian', 'batchmode yes', 'stricthostkeychecking true'],
      ...['passwordauthentication no', 'kbdinteractiveauthentication no', 'controlmaster false'],
    ])
      expect(settings.split('\n')).toContain(line);
  });

  test('believes the described key alone', () => {
    const settings = understood(sshCommand(erp, { config: '/dev/null' }, ['true'])).split('\n');
    expect(settings).toContain('hostkeyalias erp');
    expect(settings).toContain('hostkeyalgorithms ssh-ed25519');
    expect(settings).toContain('knownhostscommand /bin/echo erp ssh-ed25519 AAAAC3Nz');
    expect(settings).toContain('userknownhostsfile none');
  });

  test('verifies it whatever the ssh_config of the user would do without', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'poterne-ssh-'));
    const config = join(folder, 'config');
    await writeFile(
      config,
      'VerifyHostKeyDNS yes\nNoHostAuthenticationForLocalhost yes\nStrictHostKeyChecking no\n',
    );
    const settings = understood(sshCommand(erp, { config }, ['true'])).split('\n');
    await rm(folder, { recursive: true });
    expect(settings).toContain('verifyhostkeydns false');
    expect(settings).toContain('nohostauthenticationforlocalhost no');
    expect(settings).toContain('stricthostkeychecking true');
  });

  test('offers a certificate of our own first, and the usual keys after it; not to the host that it comes from', async () => {
    let asked = 0;
    const identity: SshIdentity = {
      from: 'gateway',
      files: () => ({ key: '/run/key', certificate: '/run/key-cert.pub' }),
      ready: async () => void asked++,
    };
    const settings = { config: '/dev/null', identity };
    const offered = understood(sshCommand(erp, settings, ['true'])).split('\n');
    expect(offered).toContain('certificatefile /run/key-cert.pub');
    expect(offered.filter((line) => line.startsWith('identityfile '))).toEqual([
      'identityfile /run/key',
      ...['ed25519', 'ed25519_sk', 'ecdsa', 'ecdsa_sk', 'rsa'].map(
        (type) => `identityfile ~/.ssh/id_${type}`,
      ),
    ]);
    expect(understood(sshCommand(gateway, settings, ['true']))).not.toContain('/run/key');
    // The jump is the host that certificates come from.
    const proxy = sshCommand(erp, settings, ['true']).find((word) => word.startsWith('ProxyCommand='));
    expect(proxy).not.toContain('/run/key');
    await readyFor(gateway, settings);
    expect(asked).toBe(0);
    await readyFor(erp, settings);
    await readyFor({ ...gateway, via: erp }, settings);
    await readyFor({ name: 'here', address: '', here: true }, settings);
    expect(asked).toBe(2);
  });

  test('quotes the words, and goes through each jump with the same care', () => {
    const far: SshTarget = { name: 'far', address: 'fd00::9', via: erp };
    const argv = sshCommand(far, { config: "/it's here" }, ['echo', "it's"]);
    expect(argv.slice(-3)).toEqual(['--', 'fd00::9', "echo 'it'\\''s'"]);
    const proxy = argv.find((word) => word.startsWith('ProxyCommand='))?.slice('ProxyCommand='.length) ?? '';
    expect(proxy.match(/StrictHostKeyChecking=yes/g)).toHaveLength(2);
    // Replaced by the first ssh; the inner one is for the second.
    expect(proxy).toMatch(/-W '\[%h\]:%p' -- erp\.example\.fr$/);
    expect(proxy).toContain('[%%h]:%%p');
  });
});

describe('what ssh says', () => {
  const fault = (stderr: string, status = 255, target = gateway) => {
    const { code, params, next } = sshFault(target, stderr, status);
    expect(next?.code).toBe(`${code}.next`);
    return [code, params.host, params.reason];
  };
  test.each([
    ['ssh: connect to host 192.0.2.1 port 22: Connection refused\r\n', 'host.unreachable'],
    [
      'No ED25519 host key is known for gateway and you have requested strict checking.\r\nHost key verification failed.\n',
      'host.identity.unknown',
    ],
    [
      '@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\r\nHost key verification failed.\r\n',
      'host.identity.changed',
    ],
    ['debian@192.0.2.1: Permission denied (publickey).\r\n', 'host.denied'],
  ])('%s', (stderr, code) => {
    expect(fault(stderr)[0]).toBe(code);
  });

  test('sudo, and hosts that cannot run it', () => {
    expect(fault('sudo: a password is required\n', 1)[0]).toBe('host.sudo.refused');
    expect(fault('bash: line 1: sudo: command not found\n', 127)[0]).toBe('host.sudo.refused');
    expect(fault('sudo: perl: command not found\n', 1)[0]).toBe('host.unfit');
    expect(fault('This account is currently not available.\n', 1)[0]).toBe('host.unfit');
  });

  test('of a jump: which of the two it was', () => {
    const closed = 'kex_exchange_identification: Connection closed by remote host\r\n';
    const denied = `debian@192.0.2.1: Permission denied (publickey).\r\n${closed}`;
    expect(fault(denied, 255, erp)).toEqual([
      'host.denied',
      'gateway',
      'debian@192.0.2.1: Permission denied (publickey).',
    ]);
    const beyond = `channel 0: open failed: connect failed: No route to host\r\nstdio forwarding failed\r\n${closed}`;
    expect(fault(beyond, 255, erp)).toEqual([
      'host.unreachable',
      'erp',
      'channel 0: open failed: connect failed: No route to host',
    ]);
    expect(fault(closed, 255, erp)).toEqual(['host.unreachable', 'erp', closed.trim()]);
  });
});
