import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { down, type Lab, up } from '../../lab/lab.ts';
import type { SshTarget } from '../hosts/target.ts';
import { sha256 } from '../lib/digest.ts';
import type { RunHost, RunSpec } from '../model/run.ts';
import { executeOn } from './execute.ts';
import { hostFolder } from './journal.ts';

let lab: Lab;
let folder: string;

beforeAll(async () => {
  const run = [
    ['useradd', '--create-home', '--shell', '/bin/bash', 'User_DollarU'],
    ['sh', '-c', 'echo export SCHEDULER=/opt/univ >> /home/User_DollarU/.profile'],
    ['useradd', '--create-home', '--shell', '/bin/sh', 'other'],
  ];
  lab = await up({
    name: `fleet-${process.pid}`,
    zones: { lan: { networks: ['10.78.0.0/24'] } },
    hosts: {
      old: { interfaces: { lan: ['10.78.0.2'] }, run },
      new: { release: 'trixie', interfaces: { lan: ['10.78.0.3'] }, run },
    },
  });
  folder = await mkdtemp(join(tmpdir(), 'poterne-fleet-'));
});
afterAll(async () => {
  await down(lab.name);
  await rm(folder, { recursive: true, force: true });
});

interface Ran extends RunHost {
  /** What is in a file of the host's folder. */
  read(file: string): Promise<string>;
}

let runs = 0;

/** Runs a script on a host of the lab; as `User_DollarU` of it, reached as `debian`, unless otherwise given. */
async function ran(
  host: string,
  script: string,
  given: Partial<RunSpec> & {
    readonly user?: string;
    readonly signal?: AbortSignal;
    readonly stdinLength?: number;
    readonly address?: string;
    readonly lines?: string[];
  } = {},
): Promise<Ran> {
  const { user = 'debian', signal, stdinLength = 0, address, lines, ...more } = given;
  const target: SshTarget = { name: host, address: address ?? lab.host(host).address, user };
  const spec: RunSpec = {
    ...{ script: 'Fichier_fourni.sh', sha256: sha256(script), on: 'all', as: 'User_DollarU', login: false },
    ...{ args: [], collect: [], collectMost: 1e9, limit: 60, retries: 0, batches: [], stopAt: 1 },
    ...more,
  };
  const place = hostFolder(join(folder, String(runs++)), host);
  const result = await executeOn(target, {
    ...{ spec, script: Buffer.from(script), stdinLength, folder: place },
    settings: { config: lab.sshConfig, connectTimeout: 3 },
    line: (stream, text) => void lines?.push(`${stream} ${text}`),
    signal: signal ?? new AbortController().signal,
  });
  return { ...result, read: (file) => readFile(join(place, file), 'utf8') };
}

/** What root sees on a host. */
async function says(host: string, ...argv: readonly string[]): Promise<string> {
  return (await lab.host(host).run(argv)).stdout.trim();
}

/** What a run left behind on a host. */
async function leftovers(host: string): Promise<string> {
  const folders = await says(host, 'sh', '-c', 'ls -d /run/poterne-* /var/lib/poterne-* 2>/dev/null');
  return folders + (await says(host, 'pgrep', '-af', '[e]val "[$]script"|[s]leep 3[0-9][0-9]|[p]oterne-run'));
}

const both = [
  ['old', 'debian'],
  ['old', 'root'],
  ['new', 'debian'],
  ['new', 'root'],
] as const;

describe.each(both)('on %s as %s', (host, user) => {
  test('a script runs as the other account, in an environment like that of a login', async () => {
    const script = [
      '#!/bin/bash',
      'id -un; id -Gn; pwd; umask; echo "$HOME|$USER|$LOGNAME|$SHELL|$PATH"; echo "$SCHEDULER"; basename "$0"',
      'stat -c "%U %a" "$(dirname "$0")" "$0"; env | grep -c SUDO; cat; ls -l /proc/self/fd | grep -c pipe',
      'echo again >/dev/stdout; echo wrong >&2; exit 7',
    ].join('\n');
    const lines: string[] = [];
    const result = await ran(host, script, { user, lines });
    expect(await result.read('stderr')).toBe('wrong\n');
    expect((await result.read('stdout')).split('\n')).toEqual([
      ...['User_DollarU', 'User_DollarU', '/home/User_DollarU', '0022'],
      expect.stringMatching(
        /^\/home\/User_DollarU\|User_DollarU\|User_DollarU\|\/bin\/bash\|\/usr\/local\/bin:/,
      ),
      ...[
        '',
        'Fichier_fourni.sh',
        'User_DollarU 700',
        'User_DollarU 500',
        '0',
        expect.any(String),
        'again',
        '',
      ],
    ]);
    expect(result.outcome).toEqual({ is: 'failed', exit: 7 });
    expect(lines).toContain('stderr wrong');
    expect(await leftovers(host)).toBe('');
  });

  test('arguments are exact', async () => {
    const script = '#!/bin/sh\nfor word; do printf "%s\\0" "$word"; done';
    const word = fc.oneof(
      fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0')),
      fc.constantFrom(
        '',
        '-n',
        '--',
        '$(id)',
        '`id`',
        '%h $HOME',
        "it's",
        '"',
        '\\',
        'a\nb\n',
        // Unicode that systemd calls no text.
        '\u{10fffe}',
        '*',
        '~',
        ' ',
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 12 }), async (args) => {
        const result = await ran(host, script, { user, args });
        expect(result.outcome).toEqual({ is: 'ok' });
        expect(await result.read('stdout')).toBe(args.map((arg) => `${arg}\0`).join(''));
      }),
      { numRuns: 5 },
    );
  });
});

test('the host’s journal does not keep the arguments', async () => {
  const argument = 'only-for-the-script-4711';
  await ran('old', '#!/bin/sh\ntrue', { args: [argument] });
  const { stdout } = await lab.host('old').run(['journalctl', '--quiet', '--no-pager', '-b']);
  expect(stdout).toContain('systemd');
  expect(stdout).not.toContain(argument);
});

test('the account’s own profile, where that is asked for', async () => {
  const script = '#!/bin/sh\necho "$SCHEDULER $# $1"';
  const result = await ran('old', script, { login: true, args: ["it's", ''] });
  expect(await result.read('stdout')).toBe("/opt/univ 2 it's\n");
});

test('root as itself, and whoever logs in', async () => {
  expect(await (await ran('old', 'id -un', { as: 'root' })).read('stdout')).toBe('root\n');
  const { as: _, ...nobody } = { as: undefined };
  const result = await ran('new', '#!/bin/sh\nid -un', { ...nobody, as: 'debian' });
  expect(await result.read('stdout')).toBe('debian\n');
});

test('an account that is not there, a host that is not', async () => {
  const { outcome } = await ran('old', 'true', { as: 'nobody-such' });
  expect(outcome).toMatchObject({ is: 'unreachable', fault: { code: 'run.account.missing' } });
  const down = await ran('old', 'true', { address: '10.78.0.99', retries: 1 });
  expect(down).toMatchObject({
    ...{ attempts: 2, outcome: { is: 'unreachable', fault: { code: 'host.unreachable' } } },
  });
});

test('what goes in is exact, and no process list shows it', async () => {
  const canary = `canary-${process.pid}`;
  const file = join(folder, 'stdin');
  const content = `${canary}\n\0\xff`.repeat(50_000);
  await writeFile(file, content);
  const script =
    '#!/bin/sh\nsha256sum; ps -ewwo args | grep -c "[c]anary"; for e in /proc/*/environ; do tr "\\0" "\\n" <$e; done 2>/dev/null | grep -c "[c]anary-"';
  const stdin = { file, sha256: '' };
  const result = await ran('old', script, { stdin, as: 'root', stdinLength: Buffer.byteLength(content) });
  expect(await result.read('stdout')).toBe(`${sha256(content)}  -\n0\n0\n`);
});

describe.each(['old', 'new'])('a script of %s that does not end', (host) => {
  // One child in a session of its own, one that has left its parent, one that ignores TERM.
  const script = [
    '#!/bin/bash',
    'setsid sleep 301 & (setsid nohup sleep 302 >/dev/null 2>&1 &) ; (trap "" TERM; sleep 303) &',
    'echo begun; sleep 304',
  ].join('\n');

  test('is ended when its time is over, with all that it started', async () => {
    const result = await ran(host, script, { limit: 2 });
    expect(result.outcome).toEqual({ is: 'timed-out' });
    expect(await result.read('stdout')).toBe('begun\n');
    expect(await leftovers(host)).toBe('');
  });

  test('is ended when the run is stopped', async () => {
    const stopping = new AbortController();
    const result = ran(host, script, { signal: stopping.signal });
    while (!(await says(host, 'pgrep', '-f', 'sleep 304'))) await new Promise((go) => setTimeout(go, 100));
    stopping.abort();
    expect((await result).outcome).toEqual({ is: 'stopped' });
    expect(await leftovers(host)).toBe('');
  });

  test('is ended when the connection is lost', async () => {
    const result = ran(host, script);
    while (!(await says(host, 'pgrep', '-f', 'sleep 304'))) await new Promise((go) => setTimeout(go, 100));
    await says(host, 'pkill', '-KILL', '-u', 'debian', 'sshd');
    expect((await result).outcome).toMatchObject({ is: 'lost', fault: { code: 'run.lost' } });
    await expect.poll(() => leftovers(host), { timeout: 90_000 }).toBe('');
  });
});

test('without systemd, all that it started is ended too', async () => {
  await says('old', 'mv', '/run/systemd/system', '/run/systemd/away');
  const script = [
    '#!/bin/bash',
    'setsid sleep 331 & (setsid nohup sleep 332 >/dev/null 2>&1 &) ; (trap "" TERM; sleep 333) &',
    'echo begun; sleep 334',
  ].join('\n');
  const result = await ran('old', script, { limit: 2 });
  const left = await leftovers('old');
  await says('old', 'mv', '/run/systemd/away', '/run/systemd/system');
  expect(result.outcome).toEqual({ is: 'timed-out' });
  expect(left).toBe('');
});

test('without systemd, the script has what the account has, and no more', async () => {
  await says('old', 'usermod', '--append', '--groups', 'games', 'User_DollarU');
  const script = [
    'grep -E "^(Uid|Gid|Groups):" /proc/self/status | tr -s "\\t " " "; id -Gn; pwd; umask; ls /proc/self/fd | wc -l',
    'env | grep -Ev "^(_|OLDPWD|SHLVL|PWD|POTERNE_RUN)=" | sort; echo >/dev/stdout; printf x >/tmp/with_alog.txt',
  ].join('\n');
  const given = { collect: ['/tmp/with_*log.txt', '/etc/shadow'] };
  const withSystemd = await ran('old', script, given);
  await says('old', 'mv', '/run/systemd/system', '/run/systemd/away');
  const without = await ran('old', script, given);
  const missing = await ran('old', '#!/nowhere/interpreter');
  await says('old', 'mv', '/run/systemd/away', '/run/systemd/system');
  await says('old', 'gpasswd', '--delete', 'User_DollarU', 'games');
  expect(without.outcome).toEqual({ is: 'ok' });
  const text = await without.read('stdout');
  expect(text).toBe(await withSystemd.read('stdout'));
  expect(text).toMatch(
    /^Uid: (\d+) \1 \1 \1 *\nGid: (\d+) \2 \2 \2 *\nGroups: 60 \d+ *\nUser_DollarU games\n/,
  );
  expect(without.files.map(({ path }) => path)).toEqual(['/tmp/with_alog.txt']);
  expect(without.skipped).toEqual([{ path: '/etc/shadow', why: 'unreadable' }]);
  expect(missing.outcome).toEqual({ is: 'failed', exit: 127 });
  expect(await missing.read('stderr')).toMatch(/No such file or directory/);
});

test('what goes on in the background goes on, and does not hold the run up', async () => {
  const result = await ran('old', '#!/bin/sh\nsetsid sleep 321 & echo done', { limit: 30 });
  expect(result).toMatchObject({ outcome: { is: 'ok' }, left: true });
  expect(result.milliseconds).toBeLessThan(15_000);
  expect(await says('old', 'pgrep', '-fc', 'sleep 321')).toBe('1');
  await says('old', 'pkill', '-f', 'sleep 321');
  await expect.poll(() => leftovers('old'), { timeout: 30_000 }).toBe('');
});

test('files are brought back, whatever they are called', async () => {
  const script = [
    '#!/bin/bash',
    'mkdir -p /tmp/made/sub; cd /tmp/made',
    'printf one >fichier_1log.txt; printf "\\0\\1\\377" >"fichier_ é\n2log.txt"; printf three >./-rf_log.txt',
    ': >fichier_emptylog.txt; ln -s /etc/passwd fichier_linklog.txt; mkfifo fichier_pipelog.txt; mkdir fichier_dirlog.txt',
    "printf four >$'fichier_\\e[31m\\xfflog.txt'; head -c 3000000 /dev/urandom >fichier_biglog.txt",
    'printf secret >fichier_closedlog.txt; chmod 0 fichier_closedlog.txt; sha256sum <fichier_biglog.txt',
  ].join('\n');
  const collect = [
    '/tmp/made/*log.txt',
    '/tmp/made/sub/../-rf*',
    '/etc/shadow',
    '/tmp/none*',
    '/tmp/made/fichier_1log.txt',
  ];
  const result = await ran('new', script, { collect });
  expect(result.outcome).toEqual({ is: 'ok' });
  const at = (name: string) => result.files.find(({ path }) => path === name);
  expect(result.files.map(({ file }) => file).sort()).toEqual(
    [
      'files/tmp/made/-rf_log.txt',
      'files/tmp/made/fichier_ é%0A2log.txt',
      'files/tmp/made/fichier_%1B[31m%FFlog.txt',
      'files/tmp/made/fichier_1log.txt',
      'files/tmp/made/fichier_biglog.txt',
      'files/tmp/made/fichier_emptylog.txt',
      'files/tmp/made/sub/%2E%2E/-rf_log.txt',
    ].sort(),
  );
  expect(await result.read('files/tmp/made/fichier_1log.txt')).toBe('one');
  const big = createHash('sha256').update(
    await readFile(join(folder, String(runs - 1), 'hosts', 'new', 'files/tmp/made/fichier_biglog.txt')),
  );
  expect(`${big.digest('hex')}  -\n`).toBe(await result.read('stdout'));
  expect(at('/tmp/made/fichier_biglog.txt')).toMatchObject({ size: 3_000_000 });
  expect(Object.fromEntries(result.skipped.map(({ path, why }) => [path, why]))).toEqual({
    '/tmp/made/fichier_linklog.txt': 'link',
    '/tmp/made/fichier_pipelog.txt': 'special',
    '/tmp/made/fichier_dirlog.txt': 'folder',
    '/tmp/made/fichier_closedlog.txt': 'unreadable',
    '/etc/shadow': 'unreadable',
    '/tmp/none*': 'none',
    '/tmp/made/fichier_1log.txt': 'twice',
  });
  expect(await leftovers('new')).toBe('');
});

test('what an earlier run had to leave is removed by the next', async () => {
  await says('old', 'mkdir', '-p', '/var/lib/poterne-run.aaaaaa/x', '/var/lib/poterne-run.bbbbbb');
  await says('old', 'touch', '-d', '2 hours ago', '/var/lib/poterne-run.aaaaaa');
  await ran('old', '#!/bin/sh\ntrue');
  // The other may belong to a run that is just beginning.
  expect(await leftovers('old')).toBe('/var/lib/poterne-run.bbbbbb');
  await says('old', 'rmdir', '/var/lib/poterne-run.bbbbbb');
});

test('files beyond the bound stay there', async () => {
  const script = '#!/bin/sh\nhead -c 600 /dev/zero >/tmp/a.big; head -c 600 /dev/zero >/tmp/b.big';
  const result = await ran('old', script, { collect: ['/tmp/*.big'], collectMost: 1000 });
  expect(result.files.map(({ path }) => path)).toEqual(['/tmp/a.big']);
  expect(result.skipped).toEqual([{ path: '/tmp/b.big', why: 'large' }]);
});

test('two hundred megabytes of output go to the disk, not to memory', async () => {
  let most = 0;
  const before = process.memoryUsage().rss;
  const watching = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss - before);
  }, 50);
  const script = '#!/bin/sh\nhead -c 200000000 /dev/zero; head -c 1000000 /dev/zero >&2';
  const result = await ran('old', script);
  clearInterval(watching);
  expect(result).toMatchObject({ outcome: { is: 'ok' }, stdout: 200_000_000, stderr: 1_000_000 });
  expect(most).toBeLessThan(100e6);
});

test('a full disk is said, and nothing is run', async () => {
  await says(
    'old',
    'sh',
    '-c',
    'mount -t tmpfs -o size=64k tmpfs /var/lib && head -c 60000 /dev/zero >/var/lib/x',
  );
  const result = await ran('old', `#!/bin/sh\n${'# long\n'.repeat(20_000)}`);
  await says('old', 'umount', '/var/lib');
  expect(result.outcome).toMatchObject({ is: 'unreachable', fault: { code: 'run.host.full' } });
});
