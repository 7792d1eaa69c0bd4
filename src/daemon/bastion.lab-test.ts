import { spawn } from 'node:child_process';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Transfer } from '../bastion/protocol.ts';
import type { SessionRecord } from '../bastion/record.ts';
import { terminal } from '../bastion/testing-terminal.ts';
import { sha256 } from '../lib/digest.ts';
import { quote } from '../lib/quote.ts';
import { program } from '../lib/testing-program.ts';

import {
  address,
  as,
  audit,
  begin,
  clientOf,
  describeSite,
  end,
  greeting,
  kept,
  lab,
  type Name,
  onGateway,
  poterne,
  reaching,
  room,
  run,
  sessions,
  shell,
} from './testing-bastion.ts';

beforeAll(begin, 240_000);
afterAll(end);

describe('what somebody may', () => {
  test('a command: byte for byte, both streams and the status, by an unmodified client', async () => {
    const bytes = Buffer.from(Array.from({ length: 700_000 }, (_, n) => (n * 7 + (n >> 8)) % 256));
    const plain = clientOf('alice', 'ssh', '-J', 'gateway', 'debian@prod1', 'cat; echo done >&2; exit 7');
    const { code, stdout, stderr } = await run(plain, bytes);
    expect([code, sha256(stdout), stderr]).toEqual([7, sha256(bytes), 'done\n']);
    const [session] = await sessions();
    expect(session).toMatchObject({
      ...{ person: 'alice', host: 'prod1', account: 'debian', activity: 'command', from: address.person },
      ...{ ending: 'exit', status: 7, toMachine: bytes.length, fromMachine: bytes.length },
    });
  });

  test('a shell, whose size follows; replayed as it was shown, without what was typed blind', async () => {
    const at = await shell('alice');
    await at.sees('$ ');
    at.type('stty size; echo é✓\r');
    await at.sees('28 90\r\né✓');
    await at.resize(132, 43);
    await new Promise((resolve) => setTimeout(resolve, 300));
    at.type('stty size; stty -echo\r');
    await at.sees('43 132');
    at.type('read secret\rhunter2\r');
    at.type('stty echo; echo over; exit 3\r');
    await at.sees('over');
    expect(await at.ended).toBe(3);
    const [session] = await sessions();
    const cast = await onGateway('poterne', 'ssh', 'replay', session?.id ?? '', '--local', '--json');
    const [header, ...events] = cast
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(header).toMatchObject({ version: 2, width: 90, height: 28, env: { TERM: 'xterm' } });
    expect(events).toContainEqual([expect.any(Number), 'r', '132x43']);
    const shown = events
      .filter(([, kind]) => kind === 'o')
      .map(([, , data]) => data)
      .join('');
    expect(at.shown()).toContain(shown.trimEnd());
    expect(shown).not.toContain('hunter2');
    expect(await onGateway('poterne', 'ssh', 'replay', session?.id ?? '', '--local')).toContain(
      shown.trimEnd(),
    );
    expect(sha256(cast)).toBe(session?.recording?.sha256);
  });

  test('files by sftp and by both kinds of scp, each of them logged', async () => {
    await writeFile(join(room, 'brought'), 'x'.repeat(100_000));
    const copies = [
      clientOf('bob', 'scp', '-q', join(room, 'brought'), 'prod1:a file'),
      clientOf('carol', 'scp', '-q', '-O', join(room, 'brought'), 'prod1:old'),
    ];
    for (const { code, stderr } of await Promise.all(copies.map((argv) => run(argv))))
      expect([code, stderr]).toEqual([0, '']);
    const batch = `get "a file" ${join(room, 'back')}\nrename "a file" b\nrm b\n-get /etc/shadow ${join(room, 'no')}\n`;
    expect((await run(clientOf('bob', 'sftp', '-q', '-b', '-', 'prod1'), batch)).code).toBe(0);
    expect(await readFile(join(room, 'back'), 'utf8')).toBe('x'.repeat(100_000));
    const [last, ...before] = await sessions();
    const files = (session?: SessionRecord) => kept<readonly Transfer[]>('transfers', session?.id ?? '');
    const home = '/home/debian';
    expect(await files(last)).toEqual([
      { action: 'get', path: `${home}/a file`, bytes: 100_000, result: 'done' },
      { action: 'rename', path: `${home}/a file`, to: `${home}/b`, result: 'done' },
      { action: 'remove', path: `${home}/b`, result: 'done' },
      { action: 'get', path: '/etc/shadow', bytes: 0, result: 'failed' },
    ]);
    const old = before.slice(0, 2).find(({ person }) => person === 'carol');
    expect(await files(old)).toMatchObject([{ action: 'put', path: 'old', result: 'done' }]);
    const audited = (await audit()).filter(({ what }) => what === 'session.file');
    expect(audited).toHaveLength(4 + 1 + 2);
  });

  test('outside the rules, loudly: everybody is told, and it is marked', async () => {
    const watching = await terminal(['ssh', '-F', lab.sshConfig, '-tt', 'gateway', 'cat'], room);
    const glass = (...words: readonly string[]) => as('alice', ...words, 'debian@prod2', 'hostname');
    expect((await glass()).stderr).toContain('no rule lets alice into prod2');
    const broken = await glass('-o', 'SetEnv=POTERNE_BREAK_GLASS="the night shift is ill"');
    expect([broken.code, broken.stdout.toString()]).toEqual([0, 'prod2\n']);
    expect(broken.stderr).toContain('everybody is told');
    await watching.sees(/alice broke the glass to enter prod2 as debian.*the night shift is ill/);
    watching.child.kill();
    expect((await sessions())[0]).toMatchObject({ breakGlass: 'the night shift is ill', host: 'prod2' });
    expect((await audit()).map(({ what }) => what)).toEqual(
      expect.arrayContaining(['glass.begin', 'glass.end']),
    );
  });
});

describe('no way round', () => {
  /** What a person at their machine tries, and what they are told. */
  const tries: readonly (readonly [string, Name, readonly string[], RegExp])[] = [
    ['another hour', 'carol', ['prod2', 'id'], /at other hours only/],
    ['-W to it', 'bob', ['-W', 'prod2:22', 'gateway'], /administratively prohibited/],
    ['-W to another port', 'alice', ['-W', 'prod1:80', 'gateway'], /administratively prohibited/],
    ['-W to the bastion itself', 'alice', ['-W', '127.0.0.1:22', 'gateway'], /administratively prohibited/],
    ['a command on the bastion', 'alice', ['gateway', 'cat', '/etc/poterne/site.yaml'], /./],
    ['another account', 'alice', ['-l', 'root', 'prod1', 'id'], /Permission denied|no rule lets alice/],
    ['a shell, where only files may be brought', 'bob', ['prod1', 'id'], /may only bring and fetch files/],
    [
      'scp of the old kind, where only files',
      'bob',
      ['prod1', 'scp -f /etc/hostname; id'],
      /may only bring and fetch/,
    ],
    ['sftp, where only a shell', 'carol', ['-s', 'prod1', 'sftp'], /^$/],
    [
      'a second hop without anything to show',
      'alice',
      ['prod1', 'ssh -o BatchMode=yes -o StrictHostKeyChecking=no debian@10.61.0.12 id'],
      /Permission denied/,
    ],
    [
      'the agent, carried along',
      'alice',
      ['-A', 'prod1', 'test -z "$SSH_AUTH_SOCK" && echo no agent >&2 && exit 1'],
      /no agent/,
    ],
    [
      'a straight way there',
      'alice',
      ['-o', 'ProxyJump=none', '-o', 'StrictHostKeyChecking=no', 'prod1', 'id'],
      /Permission denied/,
    ],
  ];
  test('nobody gets where they may not, whatever they try', async () => {
    for (let n = 0; n < tries.length; n += 4)
      await Promise.all(
        tries.slice(n, n + 4).map(async ([what, name, words, told]) => {
          const { code, stdout, stderr } = await as(name, ...words);
          expect([what, stderr]).toEqual([what, expect.stringMatching(told)]);
          expect([what, code === 0, stdout.includes('uid=')]).toEqual([what, false, false]);
        }),
      );
  });

  test('who may bring files has nothing run by them', async () => {
    await writeFile(join(room, 'rc'), 'id >/tmp/ran\n');
    for (const batch of [`put ${join(room, 'rc')} .bashrc\n`, 'ls\n'])
      expect((await run(clientOf('bob', 'sftp', '-q', '-b', '-', 'prod1'), batch)).code).toBe(0);
    expect((await lab.host('prod1').run(['ls', '/tmp/ran', '/home/debian/.bashrc'])).stdout).toBe(
      '/home/debian/.bashrc\n',
    );
  });

  test('one person does not take all connections', async () => {
    const way = join(room, 'way');
    const forward = spawn('setpriv', [
      ...['--pdeathsig', 'KILL', '--'],
      ...clientOf('alice', 'ssh', '-N', '-q', '-L', `${way}:prod1:22`, 'gateway'),
    ]);
    try {
      await vi.waitFor(() => access(way), { timeout: 90_000 });
      const answers = await Promise.all(Array.from({ length: 60 }, () => greeting(way)));
      expect(answers.filter((answer) => answer.startsWith('SSH-2.0'))).toHaveLength(40);
      expect((await run(clientOf('bob', 'sftp', '-q', '-b', '-', 'prod1'), 'pwd\n')).code).toBe(0);
    } finally {
      forward.kill();
    }
  });

  test('certificates that are another’s, expired, forged, or of an authority of one’s own', async () => {
    const key = join(room, 'new.key');
    await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const publicKey = await readFile(`${key}.pub`);
    const asked = (name: Name) => run(clientOf(name, 'ssh', 'gateway', 'certificate'), publicKey);
    const [alices, carols] = await Promise.all([asked('alice'), asked('carol')]);
    expect([alices.code, carols.code]).toEqual([0, 0]);
    const ca = '/var/lib/poterne-bastion/ssh-authority/user_ca';
    await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(room, 'own_ca')]);
    const sign = (signer: string, ...when: readonly string[]) => [
      'ssh-keygen',
      '-q',
      '-s',
      signer,
      '-I',
      'x',
      '-n',
      'person:alice',
      ...when,
    ];
    const expired = await onGateway(
      'sh',
      '-c',
      `cd /root && echo '${publicKey}' >k.pub && ${quote(sign(ca, '-V', '-2h:-1h', 'k.pub'))} && cat k-cert.pub`,
    );
    await writeFile(join(room, 'own.pub'), publicKey);
    await run(sign(join(room, 'own_ca'), join(room, 'own.pub')));
    const [type = '', base64 = ''] = carols.stdout.toString().split(' ');
    const forged = Buffer.from(base64, 'base64').toString('latin1').replace('person:carol', 'person:alice');
    /** Alice's own way to the bastion, and on from there with some certificate. */
    const entering = async (certificate: string | Buffer) => {
      const file = join(room, `c-${Math.random()}-cert.pub`);
      await writeFile(file, certificate);
      const way = quote(['ssh', '-F', join(room, 'alice'), '-W', 'prod1:22', 'gateway']);
      const words = [
        '-F',
        join(room, 'bare'),
        '-i',
        key,
        '-o',
        `CertificateFile=${file}`,
        '-o',
        `ProxyCommand=${way}`,
      ];
      return run(lab.host('person').networkCommand(['ssh', ...words, 'debian@prod1', 'id']));
    };
    const bare = (await readFile(join(room, 'alice'), 'utf8')).replaceAll(
      /^ *(IdentityFile|ProxyJump) .*\n/gm,
      '',
    );
    await writeFile(join(room, 'bare'), bare);
    expect((await entering(alices.stdout)).stdout.toString()).toContain('uid=');
    const bad = [
      carols.stdout,
      expired,
      await readFile(join(room, 'own-cert.pub')),
      `${type} ${Buffer.from(forged, 'latin1').toString('base64')}`,
    ];
    const [others, ...rest] = await Promise.all(bad.map(entering));
    expect(others?.stderr).toContain('this certificate or key is of carol, and the connection is of alice');
    for (const { stdout, stderr } of rest)
      expect([stdout.toString(), stderr]).toEqual([
        '',
        expect.stringContaining('Permission denied (publickey)'),
      ]);
    // Nor does a person's own open a machine that they have a way to.
    const straight = [
      '-F',
      join(room, 'bare'),
      '-o',
      'ProxyCommand=none',
      '-o',
      'StrictHostKeyChecking=no',
      '-i',
      key,
    ];
    await writeFile(`${key}-cert.pub`, alices.stdout);
    const { stderr } = await run(
      lab.host('person').networkCommand(['ssh', ...straight, `debian@${address.prod1}`, 'id']),
    );
    expect(stderr).toContain('Permission denied (publickey');
  });

  test('forwardings of every kind, through the bastion and through a machine', async () => {
    const local = ['-o', 'ExitOnForwardFailure=yes', '-N'];
    const forwards = [
      ['-L', `2201:${address.prod2}:22`, 'gateway'],
      ['-L', '2202:127.0.0.1:22', 'prod1'],
      ['-R', '2203:127.0.0.1:22', 'gateway'],
      ['-R', '2204:127.0.0.1:22', 'prod1'],
      ['-D', '2205', 'gateway'],
      ['-w', '0:0', 'gateway'],
    ];
    const going = forwards.map((words) => {
      const [program = '', ...rest] = clientOf('bob', 'ssh', ...local, ...words);
      return spawn(program, rest, { stdio: 'ignore' });
    });
    await new Promise((resolve) => setTimeout(resolve, 2500));
    // Servers that accept at the person's machine lead nowhere: no banner comes.
    const banner = async (...argv: readonly string[]) =>
      (await run(lab.host('person').networkCommand(argv))).stdout.toString();
    const asked = await Promise.all([
      banner('timeout', '3', 'nc', '127.0.0.1', '2201'),
      banner('timeout', '3', 'nc', '127.0.0.1', '2202'),
      banner('timeout', '3', 'nc', '-X', '5', '-x', '127.0.0.1:2205', address.prod2, '22'),
    ]);
    expect(asked).toEqual(['', '', '']);
    for (const name of ['gateway', 'prod1'])
      expect((await lab.host(name).run(['ss', '-Htln'])).stdout).not.toMatch(/:220[34] /);
    for (const child of going) child.kill();
  });

  test('what sshd on the bastion connects to for people is the machines, and nothing else', async () => {
    const connect = (...where: readonly string[]) =>
      lab
        .host('gateway')
        .run([
          ...['setpriv', '--reuid=alice', '--regid=poterne-people', '--clear-groups', '--'],
          ...['timeout', '3', 'nc', ...where],
        ]);
    expect((await connect('-z', address.prod1, '22')).code).toBe(0);
    for (const where of [
      [address.prod2, '80'],
      [address.person, '22'],
      ['127.0.0.1', '22'],
    ])
      expect((await connect('-z', ...where)).code).not.toBe(0);
  });
});

test('after a reboot, people come in as before', async () => {
  await lab.host('gateway').reboot();
  await vi.waitFor(
    async () => expect((await as('carol', 'prod1', 'id')).stdout.toString()).toContain('uid='),
    {
      timeout: 90_000,
      interval: 500,
    },
  );
});

describe('what goes on is ended', () => {
  test('when somebody says so, and they are told why', async () => {
    const at = await shell('alice');
    await at.sees('$ ');
    const cut = await onGateway(
      'poterne',
      'ssh',
      'cut',
      'alice',
      '--reason',
      'laptop stolen',
      '--local',
      '--json',
    );
    await at.sees('your session was ended: laptop stolen', 3000);
    expect(await at.ended).not.toBe(0);
    expect(JSON.parse(cut)).toMatchObject([{ person: 'alice' }]);
    expect((await sessions())[0]).toMatchObject({ ending: 'cut' });
  });

  test('when their certificates are taken back', async () => {
    const at = await shell('carol');
    await at.sees('$ ');
    await onGateway('poterne', 'ssh', 'revoke', 'carol');
    await at.sees('the certificate of carol was taken back', 3000);
    expect((await as('carol', 'prod1', 'id')).stdout.toString()).toBe('');
    await onGateway('poterne', 'ssh', 'revoke', '--undo', 'carol');
  });

  test('when the daemon dies: nothing goes on unrecorded, and nothing begins', async () => {
    const at = await shell('alice');
    await at.sees('$ ');
    await onGateway('systemctl', 'stop', 'poterne-bastion');
    await at.sees(/the bastion (is being stopped|does not answer)/, 3000);
    expect(await at.ended).not.toBe(0);
    expect((await as('alice', 'prod1', 'id')).stdout.toString()).toBe('');
    await onGateway('systemctl', 'start', 'poterne-bastion');
    const killed = await shell('alice');
    await killed.sees('$ ');
    await onGateway('systemctl', 'kill', '--signal=KILL', 'poterne-bastion');
    await killed.sees('the bastion does not answer', 3000);
    await vi.waitFor(async () => expect((await sessions())[0]).toMatchObject({ ending: 'interrupted' }), {
      timeout: 90_000,
    });
  });

  test('when nothing can be written down: no audit log, or no room for a recording', async () => {
    const audit = '/var/lib/poterne-bastion/audit';
    const recordings = '/var/lib/poterne-bastion/sessions';
    const troubles = [
      [['chown', 'root', audit], ['chown', 'poterne-bastion', audit], 'could not be recorded'],
      [['mount', '-t', 'tmpfs', '-o', 'size=1m', 'full', recordings], ['umount', recordings], 'no room left'],
    ] as const;
    for (const [make, mend, told] of troubles) {
      const at = await shell('alice');
      await at.sees('$ ');
      await onGateway(...make);
      await at.sees(told, 5000);
      const { stdout, stderr } = await as('alice', 'prod1', 'id');
      expect([stdout.toString(), stderr]).toEqual(['', expect.stringContaining(told)]);
      await onGateway(...mend);
    }
    expect((await as('alice', 'prod1', 'id')).stdout.toString()).toContain('uid=');
  });

  test('when the description does not let them in any more', async () => {
    const [at, other] = await Promise.all([shell('alice'), shell('carol')]);
    await Promise.all([at.sees('$ '), other.sees('$ ')]);
    const without = { people: ['bob', 'carol'], bastion: '  static-keys: off\n' } as const;
    await writeFile(join(room, 'site.yaml'), await describeSite(without));
    const applying = poterne('apply', ...reaching());
    await at.sees('no person is called', 100_000);
    expect(await at.ended).not.toBe(0);
    await applying;
    other.type('echo still here\r');
    await other.sees('\r\nstill here');
    other.child.kill();
    expect((await as('alice', 'prod1', 'id')).stdout.toString()).toBe('');
    // From now on a registered key yields a certificate, and nothing else; that opens what the rules say.
    const keyAlone = await as('carol', 'prod1', 'id');
    expect([keyAlone.code, keyAlone.stdout.toString()]).toEqual([255, '']);
    const me = ['--me', 'carol', '--site', join(room, 'site.yaml'), '--ssh-config', join(room, 'carol.keys')];
    await writeFile(
      join(room, 'carol.keys'),
      `Host *\nIdentityFile ${join(room, 'carol.key')}\nIdentityAgent none\n`,
    );
    const own = [program, 'ssh', 'prod1', ...me, '--', 'id'];
    const entered = await run(
      lab.host('person').networkCommand(['env', `HOME=${room}`, 'SSH_AUTH_SOCK=', ...own]),
    );
    expect([entered.stdout.toString(), entered.stderr]).toEqual([expect.stringContaining('uid='), '']);
  }, 300_000);
});

test('all of it is in the audit log, which holds together', async () => {
  const refused = (await audit()).filter(({ result }) => result === 'refused');
  expect(refused.map(({ who, what, to }) => `${who} ${what} ${to}`)).toEqual(
    expect.arrayContaining([
      'carol session.refused prod2/debian',
      'bob session.refused prod1/debian',
      'carol session.refused prod1/debian',
      'alice session.refused prod2/debian',
      // What sshd refuses by itself.
      'alice session.refused prod1/root',
      'alice session.refused prod1/debian',
      'bob forward.refused prod2:22',
      'alice forward.refused prod1:80',
      'alice forward.refused 127.0.0.1:22',
    ]),
  );
  expect(JSON.parse(await onGateway('poterne', 'audit', 'verify', '--json'))).toMatchObject({ ok: true });
});
