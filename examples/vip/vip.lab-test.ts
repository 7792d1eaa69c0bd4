import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { down, type Lab, up } from '../../lab/lab.ts';
import { readTopology } from '../../lab/topology.ts';
import { installPoterne } from '../../packaging/testing.ts';
import type { Outcome } from '../../src/hosts/host.ts';
import { quote } from '../../src/lib/quote.ts';

/** A computing centre's gateway that reaches all servers (VIP-1 to VIP-8). */
const here = import.meta.dirname;
const servers = ['prod1', 'prod2', 'prod3'];
const folder = '/root/site';
let lab: Lab;
/** What is on Alice’s workstation: her registered key, one for minutes, what her ssh knows. */
let alice: string;

/** What `--json` tells of a host. */
interface Ran {
  readonly host: string;
  readonly outcome: { readonly is: string };
  readonly files: readonly { readonly file: string }[];
}

/** Runs a command on the gateway, as root. */
const on = (...argv: readonly string[]): Promise<Outcome> =>
  lab.host('passerelle').run(argv, { timeout: 240_000 });

/** The command line as the administrator of the gateway uses it, in the folder of the description. */
const poterne = (...words: readonly string[]): Promise<Outcome> =>
  on('sh', '-c', `cd ${folder} && exec ${quote(['poterne', ...words])}`);

/** The same for a program: what it prints, and its status. */
async function json(...words: readonly string[]) {
  const { code, stdout, stderr } = await poterne(...words, '--json');
  try {
    return { code, said: JSON.parse(stdout) };
  } catch {
    throw new Error(`poterne ${words.join(' ')} ended with ${code}: ${stdout}${stderr}`);
  }
}

/** Whether a machine's SSH server accepts connections from another. */
async function reaches(from: string, address: string): Promise<boolean> {
  const [program = '', ...rest] = lab.host(from).networkCommand(['nc', '-z', '-w', '2', address, '22']);
  return new Promise((resolve) => execFile(program, rest, (error) => resolve(!error)));
}

/** What is in the mailbox of somebody: each letter by its content. */
async function letters(who: string): Promise<readonly string[]> {
  const { stdout } = await lab
    .host('courrier')
    .run([
      'sh',
      '-c',
      `cd /home/${who}/Maildir/new 2>/dev/null && for f in *; do cat "$f"; printf '\\0'; done`,
    ]);
  return stdout.split('\0').filter((letter) => letter !== '');
}

beforeAll(async () => {
  const topology = await readTopology(`${here}/lab.yaml`);
  lab = await up({ ...topology, name: `vip-${process.pid}` });
  await installPoterne(lab, 'passerelle');
  alice = await mkdtemp(join(tmpdir(), 'poterne-vip-'));
  await promisify(execFile)('sh', [`${here}/prepare.sh`, lab.name, alice]);
}, 600_000);

afterAll(async () => {
  if (lab) await down(lab.name);
  if (alice) await rm(alice, { recursive: true, force: true });
});

describe('the only way in', () => {
  test('the firewalls stand, and each was confirmed', async () => {
    expect([await reaches('prod1', '10.40.1.12'), await reaches('passerelle', '10.40.1.12')]).toEqual([
      true,
      true,
    ]);
    const command = quote(['poterne', 'apply']);
    const { code, stdout } = await on(
      'sh',
      '-c',
      `cd ${folder} && printf 'y\\n' | script -qec '${command}' /dev/null`,
    );
    expect([code, stdout]).toEqual([0, expect.stringContaining('prod3')]);
  }, 300_000);

  test('no server reaches another’s SSH server, nor does a workstation: the gateway alone', async () => {
    const pairs = servers.flatMap((from) => [11, 12, 13].map((last) => [from, `10.40.1.${last}`] as const));
    const others = pairs.filter(([from, address]) => !address.endsWith(`1${from.slice(-1)}`));
    for (const [from, address] of others)
      expect([from, address, await reaches(from, address)]).toEqual([from, address, false]);
    expect(await reaches('poste', '10.40.1.11')).toBe(false);
    expect(await reaches('poste', '10.40.2.1')).toBe(true);
    for (const last of [11, 12, 13]) expect(await reaches('passerelle', `10.40.1.${last}`)).toBe(true);
  }, 300_000);
});

test('the inventory says which servers have the scheduler’s account', async () => {
  expect((await json('hosts', 'facts', '--on', 'group:production')).code).toBe(0);
  const { said } = await json('hosts', '--on', 'group:A or group:B and has:User_DollarU');
  expect(said.map(({ name }: { readonly name: string }) => name)).toEqual(['prod1', 'prod2']);
}, 300_000);

describe('a script of a vendor, on every server that has a scheduler', () => {
  const script = [
    ...[
      'run',
      'Fichier_fourni.sh',
      '--on',
      'group:A or group:B and has:User_DollarU',
      '--as',
      'User_DollarU',
    ],
    ...['--arg', 'SOC_PRODUCTION', '--collect', '/tmp/fichier_*log.txt', '--yes'],
  ];
  test('runs as the scheduler’s account, and its files come back into a folder for each server', async () => {
    const { code, said } = await json(...script);
    const rows = said.hosts.map(({ host, outcome, files }: Ran) => [
      host,
      outcome.is,
      files.map(({ file }) => file),
    ]);
    expect([code, rows]).toEqual([
      0,
      [
        ['prod1', 'ok', ['files/tmp/fichier_prod1_log.txt']],
        ['prod2', 'ok', ['files/tmp/fichier_prod2_log.txt']],
      ],
    ]);
    // Not in the folder of the account that faces the network.
    expect(said.folder).toMatch(/^\/var\/lib\/poterne-controller\/runs\//);
    const report = await on('cat', `${said.folder}/hosts/prod2/files/tmp/fichier_prod2_log.txt`);
    expect(report.stdout).toMatch(/^site: +SOC_PRODUCTION\nserver: +prod2\naccount: +User_DollarU$/m);
    // Nothing stays there but what the script left.
    const left = await lab.host('prod1').run(['sh', '-c', 'ls -A /var/lib /run /tmp | grep -c poterne-run']);
    expect(left.stdout.trim()).toBe('0');
  }, 300_000);

  test('with one server down: the others are done, the archive is mailed, and that one is run again alone', async () => {
    await lab.host('prod1').powerOff();
    const { code, said } = await json(
      ...script,
      '--retries',
      '0',
      '--mail',
      'equipe@example.fr',
      '--message',
      'Bonjour',
    );
    expect([code, said.hosts.map(({ host, outcome }: Ran) => [host, outcome.is])]).toEqual([
      1,
      [
        ['prod1', 'unreachable'],
        ['prod2', 'ok'],
      ],
    ]);
    await expect.poll(() => letters('equipe'), { timeout: 90_000 }).toHaveLength(1);
    const [letter = ''] = await letters('equipe');
    expect(letter).toMatch(/^Subject: .*Fichier=5Ffourni=2Esh/m);
    expect(letter).toMatch(/^Bonjour/m);
    const attached = /filename="?([^"\s]+\.tar\.gz)"?[\s\S]*?\r?\n\r?\n([A-Za-z0-9+/=\r\n]+)/.exec(letter);
    // What the letter holds is checked where it was made, and with what every machine has.
    await on('sh', '-c', `cd ${folder} && base64 -d >recu.tar.gz <<'END'\n${attached?.[2]}\nEND`);
    expect((await json('run', 'verify', 'recu.tar.gz')).code).toBe(0);
    const sums = await on(
      'sh',
      '-c',
      `cd ${folder} && tar xzf recu.tar.gz && cd */ && sha256sum --check --quiet SHA256SUMS`,
    );
    expect([sums.code, sums.stderr]).toEqual([0, '']);
    await lab.host('prod1').powerOn();
    const again = await json('run', '--failed-of', said.run, '--yes');
    expect([again.code, again.said.hosts.map(({ host }: Ran) => host)]).toEqual([0, ['prod1']]);
  }, 300_000);
});

describe('the same as a job', () => {
  test('the plan knows the holidays, and what comes after what', async () => {
    const { said } = await json('job', 'plan', '--from', '2026-12-23', '--days', '6');
    const wanted = ['2026-12-23', '2026-12-24', '2026-12-28'].flatMap((day) => [
      `${day} collecte`,
      `${day} menage`,
    ]);
    const starts = said as readonly { readonly job: string; readonly start: string }[];
    expect(starts.map(({ job, start }) => `${start.slice(0, 10)} ${job}`)).toEqual(wanted);
  });

  test('it runs and mails, and what comes after it runs by itself', async () => {
    await on('systemd-run', '--unit=jobs', '--working-directory', folder, 'poterne', 'job', 'up');
    const before = (await letters('equipe')).length;
    expect((await json('job', 'run', 'collecte', '--yes')).code).toBe(0);
    const left = () => lab.host('prod1').run(['sh', '-c', 'ls /tmp/fichier_*']);
    await expect.poll(async () => (await left()).code, { timeout: 90_000, interval: 500 }).toBe(2);
    await expect.poll(async () => (await letters('equipe')).length, { timeout: 90_000 }).toBe(before + 1);
    const history = await poterne('job', 'history');
    expect([history.code, history.stdout]).toEqual([
      0,
      expect.stringMatching(/menage[\s\S]*collecte|collecte[\s\S]*menage/),
    ]);
    await on('systemctl', 'stop', 'jobs');
  }, 300_000);
});

describe('people go through the gateway, and what they do is recorded', () => {
  /** Alice’s own ssh, at her workstation. */
  async function ssh(
    words: readonly string[],
    input = '',
  ): Promise<{ readonly code: number; readonly said: string }> {
    const options = ['-F', join(alice, 'config'), '-o', 'BatchMode=yes'];
    const [program = '', ...rest] = lab.host('poste').networkCommand(['ssh', ...options, ...words]);
    return new Promise((resolve) => {
      const child = execFile(program, rest, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, said: stdout || stderr }),
      );
      child.stdin?.end(input);
    });
  }

  test('a registered key yields a certificate for minutes, which opens what the rules name', async () => {
    expect((await ssh(['User_DollarU@prod1', 'id'])).said).toContain('Permission denied (publickey)');
    const asked = await ssh(
      ['-i', join(alice, 'alice'), 'passerelle', 'certificate'],
      await readFile(join(alice, 'minutes.pub'), 'utf8'),
    );
    expect(asked.code).toBe(0);
    await writeFile(join(alice, 'minutes-cert.pub'), asked.said);
    expect(await ssh(['User_DollarU@prod1', 'id', '-un'])).toEqual({ code: 0, said: 'User_DollarU\n' });
    for (const [account, why] of [
      ['root', 'Permission denied'],
      ['debian', 'aucune règle ne laisse alice entrer sur prod1 en tant que debian'],
    ])
      expect([account, (await ssh([`${account}@prod1`, 'id'])).said]).toEqual([
        account,
        expect.stringContaining(why as string),
      ]);
  }, 300_000);

  test('every entry and every refusal is in the log, and the session can be seen again', async () => {
    const { said } = await json('ssh', 'sessions');
    expect(said[0]).toMatchObject({
      person: 'alice',
      host: 'prod1',
      account: 'User_DollarU',
      from: '10.40.2.9',
    });
    expect((await poterne('ssh', 'replay', said[0].id)).stdout).toContain('User_DollarU');
    const refused = await json('audit', '--who', 'alice', '--what', 'session.refused');
    expect(JSON.stringify(refused.said)).toContain('prod1/debian');
    expect((await poterne('audit', 'verify')).code).toBe(0);
  }, 300_000);
});
