import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { program, ran } from '../lib/testing-program.ts';
import type { HostFacts } from '../model/host-facts.ts';
import { openStore } from '../store/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'poterne-hosts-'));
const state = join(folder, 'state');
const file = (name: string) => join(folder, name);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command line in the temporary folder; `input` is what stands on standard input. */
const poterne = (argv: readonly string[], input = '') =>
  ran([program, ...argv], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, POTERNE_STATE: state, POTERNE_LANG: 'en' },
    input,
  });

const inventory = `mail ansible_host=192.0.2.9 ansible_ssh_pass=hunter2
[web]
web[01:02] ansible_user=deploy
`;

describe('import', { timeout: 180_000 }, () => {
  test('writes a file to include, says so, and writes nothing the second time', async () => {
    writeFileSync(file('inventory.ini'), inventory);
    expect(await poterne(['hosts', 'import', 'inventory.ini'])).toMatchObject({
      code: 0,
      out: 'hosts.yaml: 3 hosts written.\n',
    });
    writeFileSync(
      file('site.yaml'),
      'site: s\nadmin: { from: [192.0.2.0/24] }\ninclude: [hosts.yaml]\nconfirm: [web]\n',
    );
    expect((await poterne(['check'])).code).toBe(0);
    expect((await poterne(['hosts', 'import', 'inventory.ini'])).out).toBe(
      'hosts.yaml: 3 hosts, as they are there already.\n',
    );
  });

  test('what differs is shown, and kept unless it is forced', async () => {
    const before = readFileSync(file('hosts.yaml'), 'utf8');
    writeFileSync(file('inventory.ini'), inventory.replace('01:02', '01:03'));
    const refused = await poterne(['hosts', 'import', 'inventory.ini']);
    expect(refused.code).toBe(1);
    expect(refused.out).toMatch(/^\+ {2}web03: /m);
    expect(refused.err).toContain('error: hosts.yaml is there already, and differs');
    expect(readFileSync(file('hosts.yaml'), 'utf8')).toBe(before);
    expect((await poterne(['hosts', 'import', 'inventory.ini', '--force'])).code).toBe(0);
    expect(readFileSync(file('hosts.yaml'), 'utf8')).toContain('web03');
  });

  test('what the description cannot have is told by its line, and nothing is written', async () => {
    writeFileSync(file('bad.csv'), 'name;ip;port\nweb 1;192.0.2.1;22\nb;192.0.2.300;22\nc;192.0.2.3;ssh\n');
    const { code, out, err } = await poterne(['hosts', 'import', 'bad.csv', '--out', 'bad.yaml']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^bad\.csv:2:1 {2}error {2}value\.name\n {2}"?web 1/m);
    expect(err).toMatch(/^bad\.csv:3:1 {2}error {2}value\.host\n/m);
    expect(err).toMatch(/^bad\.csv:4:1 {2}error {2}value\.type\.\w+\n/m);
    expect(existsSync(file('bad.yaml'))).toBe(false);
  });

  test('a command’s JSON from standard input, printed', async () => {
    const listed = JSON.stringify({
      web: { hosts: ['a'] },
      _meta: { hostvars: { a: { ansible_port: 2222 } } },
    });
    const { code, out } = await poterne(['hosts', 'import', '-', '--out', '-'], listed);
    expect(code).toBe(0);
    expect(out).toContain('\n  a: { address: a, groups: [ web ], ssh: { port: 2222 }, firewall: false }\n');
  });

  test('what cannot be read, or told', async () => {
    expect(await poterne(['hosts', 'import', 'gone.csv'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('gone.csv cannot be read: ENOENT'),
    });
    expect(await poterne(['hosts', 'import', '-'], 'a\nb\n')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--format csv, ansible or json'),
    });
  });

  test('a password of the inventory is neither written nor shown', async () => {
    writeFileSync(file('secret.ini'), `${inventory}"\n`);
    const runs = [
      await poterne(['hosts', 'import', 'secret.ini', '--out', 'secret.yaml']),
      await poterne(['hosts', 'import', 'inventory.ini', '--out', '-']),
      await poterne(['hosts', 'import', 'secret.ini', '--json']),
    ];
    expect(runs.map(({ code }) => code)).toEqual([2, 0, 2]);
    expect(JSON.stringify(runs)).not.toContain('hunter2');
  });
});

describe('list', { timeout: 180_000 }, () => {
  test('all, or those that are selected, with what is known of them', async () => {
    mkdirSync(state, { recursive: true });
    const store = await openStore(state);
    const told = (host: string, at: string): HostFacts => ({
      host,
      at,
      os: { id: 'debian', version: '12' },
      disks: [],
      accounts: { login: ['root'], system: [] },
      root: 'no',
    });
    await store.rememberFacts('s', [
      told('web01', new Date(Date.now() - 7_200_000).toISOString()),
      told('web02', new Date(Date.now() - 5 * 86_400_000).toISOString()),
    ]);
    await store.close();
    const { code, out, err } = await poterne(['hosts']);
    expect({ code, err }).toEqual({ code: 0, err: '4 hosts.\n' });
    expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['host', 'address', 'zone', 'roles', 'groups', 'reached', 'facts'],
      ['mail', '192.0.2.9', '–', '–', '–', 'ssh', 'never asked'],
      ['web01', 'web01', '–', '–', 'web', 'ssh', '2 h ago'],
      ['web02', 'web02', '–', '–', 'web', 'ssh', '5 d ago (stale)'],
      ['web03', 'web03', '–', '–', 'web', 'ssh', 'never asked'],
      [''],
    ]);
    const chosen = await poterne(['hosts', '--on', 'os:debian-12 and web0*', '--json', 'site.yaml']);
    expect(chosen.code).toBe(2);
    expect(JSON.parse(chosen.out)).toMatchObject({
      ok: false,
      findings: [{ code: 'selector.facts.missing', line: 1, column: 1, length: 12 }],
    });
    const known = await poterne(['hosts', '--on', 'os:debian-12 and (web01 or web02)', '--json']);
    expect(JSON.parse(known.out)).toMatchObject([
      {
        name: 'web01',
        groups: ['web'],
        reached: 'ssh',
        ssh: { user: 'deploy', port: 22 },
        facts: { root: 'no' },
      },
      { name: 'web02' },
    ]);
  });

  test('a mistake is shown in the expression', async () => {
    const { code, out, err } = await poterne(['hosts', '--on', 'mail or grop:web']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toBe(
      [
        '--on:1:9  error  selector.key',
        '  hosts are not selected by "grop:"',
        '  1 | mail or grop:web',
        '              ^^^^',
        '  hint: did you mean "group"?',
        '',
        '',
      ].join('\n'),
    );
  });

  test('facts of a host that cannot be reached: a fault of its own, what it told before stays, exit 1', async () => {
    writeFileSync(
      file('one.yaml'),
      'site: s\nadmin: { from: [192.0.2.0/24] }\nhosts: { web02: { address: 127.0.0.1, ssh: { port: 1 }, firewall: false } }\n',
    );
    const { code, out } = await poterne(['hosts', 'facts', 'one.yaml', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject([
      { host: 'web02', facts: { os: { version: '12' } }, fault: { code: 'host.unreachable' } },
    ]);
  });
});

test('a single host of a group that asks for it is run on only once confirmed', {
  timeout: 60_000,
}, async () => {
  const hosts = ['one', 'two'].map(
    (name) =>
      `  ${name}: { address: 127.0.0.1, ssh: { port: 1 }, firewall: false, groups: [${name === 'one' ? 'web' : 'spare'}] }\n`,
  );
  writeFileSync(
    file('guarded.yaml'),
    `site: s\nadmin: { from: [192.0.2.0/24] }\nconfirm: [web]\nhosts:\n${hosts.join('')}`,
  );
  writeFileSync(file('true.sh'), 'true\n');
  const run = (...more: string[]) =>
    poterne(['run', 'true.sh', '--site', 'guarded.yaml', '--retries', '0', ...more]);
  const unasked = await run('--on', 'one');
  expect([unasked.code, unasked.err]).toEqual([
    2,
    expect.stringContaining('nobody is at a terminal to confirm it'),
  ]);
  expect((await run('--on', 'one', '--yes')).code).toBe(1);
  expect((await run('--on', 'two')).code).toBe(1);
});
