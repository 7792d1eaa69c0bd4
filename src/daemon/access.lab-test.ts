import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { rulesTable } from '../plan/bastion/rules.ts';
import {
  applied,
  as,
  bare,
  begin,
  describeSite,
  end,
  folder,
  keyOf,
  lab,
  on,
  poterne,
  run,
} from './testing-access.ts';

// Access over SSH as an administrator sets it up, and as people use and attack it. What sessions are is in bastion.lab-test.ts.

let authority = '';

beforeAll(begin, 300_000);
afterAll(end);

describe('set up from nothing', () => {
  test('the authority is made on the bastion, and is its account’s alone', async () => {
    await describeSite('');
    await applied();
    const said = await run(['ssh', '-F', lab.sshConfig, 'debian@gate', 'sudo poterne ssh authority']);
    authority = said.out;
    expect(authority).toMatch(
      /^bastion:\n {2}authority: ssh-ed25519 \S+\n {2}host-authority: ssh-ed25519 \S+\n$/,
    );
    const held = await on(
      'gate',
      'stat',
      '-c',
      '%U %a',
      '/var/lib/poterne-bastion',
      '/var/lib/poterne-bastion/ssh-authority/user_ca',
    );
    expect(held).toBe('poterne-bastion 700\npoterne-bastion 600');
  });

  test('hosts take no registered key any more, and Poterne goes on', async () => {
    expect((await run(['ssh', '-F', lab.sshConfig, 'debian@prod1', 'true'])).code).toBe(0);
    await describeSite(`${authority}  static-keys: off\n`);
    const { err } = await applied();
    expect(err).toContain('confirmed over a new connection');
    for (const host of ['debian@prod1', 'root@prod1', 'debian@prod2'])
      expect((await run(['ssh', '-F', lab.sshConfig, host, 'true'])).err).toContain(
        'Permission denied (publickey)',
      );
    // Whoever mends the bastion does so with a key.
    expect((await run(['ssh', '-F', lab.sshConfig, 'debian@gate', 'true'])).code).toBe(0);
    expect((await run(['ssh', '-F', lab.sshConfig, 'root@gate', 'true'])).code).toBe(255);
    await writeFile(join(folder, 'script'), '#!/bin/sh\necho "$USER on $(hostname)"\n');
    const ran = await poterne('run', 'script', '--on', 'group:prod', '--yes');
    expect([ran.code, ran.out]).toEqual([0, expect.stringContaining('2 of 2 ok')]);
    const told = await poterne('audit', '--to', 'prod1', '--what', 'run', '--json');
    expect(JSON.parse(told.out)).toMatchObject([
      { what: 'run.host', result: 'done', detail: { script: 'script' } },
    ]);
    expect((await poterne('hosts', 'facts', '--refresh')).code).toBe(0);
    expect((await poterne('plan', 'site.yaml')).out).toMatch(/prod2: as described/);
  });
});

describe('a person', () => {
  test('gets a certificate of minutes for a registered key, and nothing else', async () => {
    await keyOf('session');
    const publicKey = await readFile(join(folder, 'session.pub'), 'utf8');
    const got = await as('alice', 'alice', 'gate', ['certificate'], publicKey);
    expect(got.out).toMatch(/^ssh-ed25519-cert-v01@openssh\.com \S+/);
    expect(got.err).toBe('');
    await writeFile(join(folder, 'session-cert.pub'), got.out);
    expect((await as('alice', 'alice', 'gate', ['hosts'])).out).toBe(
      'debian@prod1  shell files\ndebian@prod2  shell files\n',
    );
    expect((await as('alice', 'alice', 'gate', ['-W', '10.78.2.11:22', '--'])).err).toContain(
      'administratively prohibited',
    );
    for (const [who, login] of [
      ['alice', 'bob'],
      ['mallory', 'alice'],
      ['alice', 'debian'],
    ] as const)
      expect((await as(who, login, 'gate', ['hosts'])).err).toContain('Permission denied');
  });

  test('logs in by poterne ssh login', async () => {
    const config = join(folder, 'alice_config');
    await writeFile(config, `${await readFile(bare, 'utf8')}\n  IdentityFile ${join(folder, 'alice')}\n`);
    const ran = await poterne(
      'ssh',
      'login',
      '--me',
      'alice',
      '--file',
      join(folder, 'kept'),
      '--ssh-config',
      config,
    );
    expect([ran.code, ran.out]).toEqual([0, expect.stringContaining('alice: a certificate until')]);
    expect((await as('kept', 'alice', 'gate', ['hosts'])).code).toBe(0);
  });

  test('opens nothing but the bastion with a certificate, and no way but to the machines that rules name', async () => {
    for (const [login, host] of [
      ['debian', 'prod1'],
      ['root', 'prod1'],
      ['debian', 'gate'],
      ['bob', 'gate'],
      ['root', 'gate'],
    ] as const)
      expect([login, host, (await as('session', login, host, ['true'])).err]).toEqual([
        login,
        host,
        expect.stringContaining('Permission denied'),
      ]);
    expect((await as('session', 'alice', 'gate', ['-W', 'prod1:22', '--'])).out).toMatch(/^SSH-2\.0/);
    for (const place of ['10.78.2.9:22', '10.78.2.1:22', '127.0.0.1:22', 'prod1:80', '[::1]:22'])
      expect([place, (await as('session', 'alice', 'gate', ['-W', place, '--'])).err]).toEqual([
        place,
        expect.stringContaining('administratively prohibited'),
      ]);
    await keyOf('other');
    await run(
      ['ssh', '-F', bare, '-i', join(folder, 'bob'), '-l', 'bob', 'gate', 'certificate'],
      await readFile(join(folder, 'other.pub'), 'utf8'),
    ).then(({ out }) => writeFile(join(folder, 'other-cert.pub'), out));
    expect((await as('other', 'bob', 'gate', ['-W', 'prod2:22', '--'])).err).toContain(
      'administratively prohibited',
    );
  });

  test('leads no other way when somebody’s firewall is loaded anew, which flushes all rules', async () => {
    for (const verb of ['start', 'restart', 'reload', 'stop']) {
      await on('gate', 'systemctl', verb, 'nftables');
      expect([verb, await on('gate', 'nft', 'list', 'table', 'inet', rulesTable)]).toEqual([
        verb,
        expect.stringContaining('reject with tcp reset'),
      ]);
    }
  });

  test('has no shell, no command, no files, no other forwarding there, and no certificate for a certificate', async () => {
    const answers = await Promise.all([
      as('session', 'alice', 'gate', ['id; cat /etc/passwd']),
      as('session', 'alice', 'gate', ['-tt', '--', 'sh']),
      as('session', 'alice', 'gate', ['-s', '--', 'sftp']),
      as('session', 'alice', 'gate', ['certificate'], await readFile(join(folder, 'session.pub'), 'utf8')),
      as('session', 'alice', 'gate', ['certificate; id'], ''),
    ]);
    for (const { code, out, err } of answers)
      expect([code, out, err]).not.toEqual([0, expect.anything(), expect.anything()]);
    for (const { out } of answers) expect(out).not.toMatch(/uid=|root:|SSH|cert-v01/);
    expect(answers[0]?.err).toContain('there is no shell here');
    expect(answers[3]?.err).toContain('for who comes with a registered key');
    const remote = await as('session', 'alice', 'gate', [
      '-o',
      'ExitOnForwardFailure=yes',
      '-R',
      '2222:127.0.0.1:22',
      '--',
      'hosts',
    ]);
    expect([remote.code, remote.err]).toEqual([
      255,
      expect.stringContaining('remote port forwarding failed'),
    ]);
  });

  test('what is no certificate of the authority for it opens nothing', async () => {
    await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'false_ca')]);
    const forge = async (name: string, ca: string, principal: string, validity = '+5m') => {
      await keyOf(name);
      await run([
        'ssh-keygen',
        '-q',
        '-s',
        join(folder, ca),
        '-I',
        'alice',
        '-n',
        principal,
        '-V',
        validity,
        join(folder, `${name}.pub`),
      ]);
    };
    await forge('forged', 'false_ca', 'person:alice,prod1/debian,poterne:management,debian,root');
    for (const [login, host] of [
      ['alice', 'gate'],
      ['debian', 'prod1'],
      ['debian', 'gate'],
    ] as const)
      expect((await as('forged', login, host, ['true'])).err).toContain('Permission denied');
    // The true authority, but the time is over, or a principal that is nobody's.
    const copy = await on('gate', 'cat', '/var/lib/poterne-bastion/ssh-authority/user_ca');
    await writeFile(join(folder, 'true_ca'), `${copy}\n`, { mode: 0o600 });
    await forge('late', 'true_ca', 'person:alice', '-1h:-5m');
    await forge('plain', 'true_ca', 'alice,debian,root');
    await forge('elsewhere', 'true_ca', 'prod2/debian');
    expect((await as('late', 'alice', 'gate', ['hosts'])).err).toContain('Permission denied');
    expect((await as('plain', 'alice', 'gate', ['hosts'])).err).toContain('Permission denied');
    expect((await as('plain', 'debian', 'prod1', ['true'])).err).toContain('Permission denied');
    expect((await as('elsewhere', 'debian', 'prod1', ['true'])).err).toContain('Permission denied');
    expect((await as('elsewhere', 'debian', 'prod2', ['true'])).code).toBe(0);
  });
});

describe('taking away', () => {
  test('a revoked certificate is refused by the hosts once the list is there, and a revoked person gets none', async () => {
    const key = await keyOf('managed');
    await writeFile(join(folder, 'managed-cert.pub'), await on('gate', 'poterne', 'ssh', 'management', key));
    expect((await as('managed', 'debian', 'prod1', ['true'])).code).toBe(0);
    const { out } = await run(['ssh-keygen', '-L', '-f', join(folder, 'managed-cert.pub')]);
    await on('gate', 'poterne', 'ssh', 'revoke', /Serial: (\d+)/.exec(out)?.[1] ?? '');
    await on('gate', 'poterne', 'ssh', 'revoke', 'alice');
    // On the bastion at once.
    expect((await as('session', 'alice', 'gate', ['hosts'])).err).toContain('Permission denied');
    await applied();
    expect((await as('managed', 'debian', 'prod1', ['true'])).err).toContain('Permission denied');
    const refused = await as(
      'alice',
      'alice',
      'gate',
      ['certificate'],
      await readFile(join(folder, 'session.pub'), 'utf8'),
    );
    expect([refused.code, refused.err]).toEqual([
      1,
      expect.stringContaining('the access of alice is revoked'),
    ]);
    await on('gate', 'poterne', 'ssh', 'revoke', '--undo', 'alice');
    expect(
      (
        await as(
          'alice',
          'alice',
          'gate',
          ['certificate'],
          await readFile(join(folder, 'session.pub'), 'utf8'),
        )
      ).code,
    ).toBe(0);
  });

  test('a person who is taken out of the description does not get in', async () => {
    const text = await readFile(join(folder, 'site.yaml'), 'utf8');
    await writeFile(
      join(folder, 'site.yaml'),
      text.replace(/ {2}bob:.*\n/, '').replace(/ {2}- \{ people: \[bob\].*\n/, ''),
    );
    await applied();
    expect((await as('bob', 'bob', 'gate', ['hosts'])).err).toContain('Permission denied');
    expect((await as('other', 'bob', 'gate', ['hosts'])).err).toContain('Permission denied');
  });
});

describe('the log of the bastion', () => {
  test('tells who got and was refused what, and shows tampering', async () => {
    const told = JSON.parse(await on('gate', 'poterne', 'audit', '--json')) as {
      who: string;
      what: string;
      result: string;
      from?: string;
    }[];
    const lines = told.map(({ who, what, result, from = '' }) => [who, what, result, from].join(' '));
    expect(lines).toContain('alice certificate.person done 10.78.2.9');
    expect(lines).toContain('alice certificate.person refused 10.78.2.9');
    expect(lines).toContain('alice bastion.command refused 10.78.2.9');
    expect(told.some(({ what }) => what === 'certificate.management')).toBe(true);
    expect(await on('gate', 'poterne', 'audit', 'verify')).toContain('as they were written');
    await on('gate', 'sed', '-i', '3s/done/DONE/', '/var/lib/poterne-bastion/audit/000000000001.jsonl');
    const { code, stdout } = await lab.host('gate').run(['poterne', 'audit', 'verify']);
    expect([code, stdout]).toEqual([1, expect.stringContaining('000000000001.jsonl:3: entry 3 was altered')]);
    await on('gate', 'sed', '-i', '3s/DONE/done/', '/var/lib/poterne-bastion/audit/000000000001.jsonl');
    expect((await run(['ssh', '-F', lab.sshConfig, 'debian@gate', 'poterne audit verify'])).code).toBe(1);
  });
});

describe('a change that locks out', () => {
  test('rolls itself back: an authority that nobody holds', async () => {
    const other = await keyOf('lost');
    await describeSite(
      `${authority.replace(/authority: ssh-ed25519 \S+/, `authority: ${other}`)}  static-keys: off\n`,
      ', ssh-server: { confirm: 8s }',
    );
    const ran = await poterne('apply', 'site.yaml');
    expect(ran.code).toBe(1);
    expect(ran.err).toContain('no new connection to prod1 can be made since this changed: openssh');
    const [, held] = /authority: (ssh-ed25519 \S+)/.exec(authority) ?? [];
    for (const host of ['prod1', 'prod2'])
      await vi.waitFor(
        async () => expect(await on(host, 'cat', '/etc/ssh/poterne/authority.pub')).toBe(held),
        {
          ...{ timeout: 90_000, interval: 500 },
        },
      );
    // They believe the true one again.
    await describeSite(`${authority}  static-keys: off\n`);
    await applied();
  });

  test('changed by hand, it is drift, and put right', async () => {
    await on(
      'prod1',
      'sh',
      '-c',
      'echo "AuthorizedKeysFile .ssh/authorized_keys" >/etc/ssh/sshd_config.d/00-a.conf',
    );
    await on('prod1', 'systemctl', 'reload', 'ssh');
    const planned = await poterne('plan', 'site.yaml');
    expect(planned.out).toMatch(/prod1: /);
    // Our Match block counts more: nobody got in by it.
    expect((await run(['ssh', '-F', lab.sshConfig, 'debian@prod1', 'true'])).code).toBe(255);
    await on('prod1', 'rm', '/etc/ssh/sshd_config.d/00-a.conf');
    await applied();
  });

  test('without the bastion in the description, hosts are as they were', async () => {
    // Keys first: without the authority Poterne itself could not get in.
    await describeSite(`${authority}  static-keys: on\n`);
    await applied();
    expect((await run(['ssh', '-F', lab.sshConfig, 'debian@prod1', 'true'])).code).toBe(0);
    // A registered key passes on by itself then, to the same places.
    const passes = (place: string) => as('alice', 'alice', 'gate', ['-W', place, '--']);
    expect((await passes('prod1:22')).out).toMatch(/^SSH-2\.0/);
    expect((await passes('10.78.2.9:22')).err).toContain('administratively prohibited');
    await describeSite('');
    await applied();
    expect((await run(['ssh', '-F', lab.sshConfig, 'root@prod2', 'true'])).code).toBe(0);
    expect((await as('alice', 'alice', 'gate', ['hosts'])).err).toContain('Permission denied');
    expect(await on('prod1', 'ls', '/etc/ssh/sshd_config.d')).not.toContain('poterne');
  });
});
