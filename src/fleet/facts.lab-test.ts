import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { down, type Lab, up } from '../../lab/lab.ts';
import { program, ran } from '../lib/testing-program.ts';
import type { HostFacts } from '../model/host-facts.ts';

/** Debian 12 and 13 asked about themselves, as root, through sudo and without, with one that is off. */
let lab: Lab;
const folder = mkdtempSync(join(tmpdir(), 'poterne-facts-'));

const poterne = (...argv: readonly string[]) =>
  ran([program, ...argv], {
    cwd: folder,
    env: {
      ...process.env,
      POTERNE_STATE: join(folder, 'state'),
      POTERNE_LANG: 'en',
      POTERNE_SSH_CONFIG: lab.sshConfig,
    },
  });

interface Row {
  readonly host: string;
  readonly facts: HostFacts | null;
  readonly fault?: { readonly code: string; readonly params: Readonly<Record<string, string>> };
}

async function facts(...argv: readonly string[]): Promise<{ code: number | null; rows: readonly Row[] }> {
  const { code, out, err } = await poterne('hosts', 'facts', '--json', ...argv);
  expect(err).toBe('');
  return { code, rows: JSON.parse(out) };
}

const lists = '/var/lib/apt/lists/lab_dists_stable_main_binary-amd64_Packages';
const securityLists = '/var/lib/apt/lists/lab-security_dists_stable-security_main_binary-amd64_Packages';

/** One package of a repository's index, in a version that is newer than any. */
const newer = (name: string) => ({
  content: `Package: ${name}\nVersion: 999\nArchitecture: all\nFilename: ./${name}.deb\nSize: 1\nSHA256: ${'0'.repeat(64)}\nDescription: newer\n\n`,
});

beforeAll(async () => {
  lab = await up({
    name: `facts-${process.pid}`,
    zones: { lan: { networks: ['10.40.0.0/24'] } },
    hosts: {
      old: {
        interfaces: { lan: ['10.40.0.2'] },
        files: {
          '/etc/apt/sources.list.d/lab.list': {
            content:
              'deb [trusted=yes] http://lab stable main\ndeb [trusted=yes] http://lab-security stable-security main\n',
          },
          [lists]: newer('netbase'),
          [securityLists]: newer('adduser'),
        },
        run: [
          ['useradd', '--create-home', '--shell', '/bin/bash', 'scheduler'],
          ['useradd', '--system', '--shell', '/usr/sbin/nologin', 'batch'],
          ['useradd', '--create-home', '--shell', '/bin/bash', 'plain'],
          ['cp', '-a', '/home/debian/.ssh', '/home/plain/'],
          ['chown', '-R', 'plain', '/home/plain/.ssh'],
        ],
      },
      new: { release: 'trixie', interfaces: { lan: ['10.40.0.3'] } },
      off: { interfaces: { lan: ['10.40.0.4'] } },
    },
  });
  await lab.host('off').powerOff();
  // The lab's ssh_config knows its hosts by their names.
  writeFileSync(
    join(folder, 'site.yaml'),
    `site: lab
admin: { from: [10.40.0.0/24] }
hosts:
  old: { address: old, groups: [A], ssh: { user: debian }, firewall: false }
  new: { address: new, groups: [A], ssh: { user: root }, firewall: false }
  "off": { address: "off", groups: [B], ssh: { user: root }, firewall: false }
  paper: { address: 10.40.0.9 }
`,
  );
}, 600_000);

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  if (lab) await down(lab.name);
});

test('both releases tell, and one that is off spoils nothing', { timeout: 300_000 }, async () => {
  const { code, rows } = await facts();
  expect(code).toBe(1);
  expect(rows.map(({ host }) => host)).toEqual(['old', 'new', 'off', 'paper']);
  const [old, trixie, off, paper] = rows;
  expect(old?.facts).toMatchObject({
    os: { id: 'debian', version: '12' },
    architecture: 'x86_64',
    root: 'sudo',
    packages: { pending: 2, security: 1 },
    accounts: {
      login: expect.arrayContaining(['root', 'debian', 'scheduler']),
      system: expect.arrayContaining(['batch', 'nobody']),
    },
  });
  expect(trixie?.facts).toMatchObject({ os: { id: 'debian', version: '13' }, root: 'login' });
  for (const each of [old, trixie]) {
    const told = each?.facts as HostFacts;
    expect(told.kernel).toMatch(/^\d+\./);
    expect(told.uptimeSeconds).toBeGreaterThan(0);
    expect(told.memory?.totalBytes).toBeGreaterThan(1e8);
    expect(told.memory?.availableBytes).toBeLessThan(told.memory?.totalBytes as number);
    expect(told.disks[0]?.path).toBe('/');
    expect(told.disks[0]?.totalBytes).toBeGreaterThan(told.disks[0]?.usedBytes as number);
    expect(Date.now() - Date.parse(told.at)).toBeLessThan(60_000);
  }
  // No package lists: how many are pending is not known, which is not none.
  expect(trixie?.facts).not.toHaveProperty('packages');
  expect(off).toMatchObject({ facts: null, fault: { code: 'host.unreachable' } });
  expect(paper).toEqual({ host: 'paper', facts: null });
});

test('what was told is remembered, and selects; what was not is said', { timeout: 300_000 }, async () => {
  const listed = await poterne('hosts', '--on', 'group:A and has:scheduler and os:debian-12');
  expect(listed).toMatchObject({ code: 0, err: '1 host.\n' });
  expect(listed.out).toMatch(/^old {2}.* A {2}.* ssh {2}.* \d+ s ago$/m);

  const first = await facts('--on', 'group:A');
  expect(first.code).toBe(0);
  const again = await facts('--on', 'group:A');
  expect(again).toEqual(first);
  const anew = await facts('--on', 'group:A', '--refresh');
  expect(anew.rows[0]?.facts?.at).not.toBe(first.rows[0]?.facts?.at);

  const unknown = await poterne('hosts', '--on', 'has:scheduler');
  expect(unknown.code).toBe(2);
  expect(unknown.err).toContain('1 host was never asked about this, so that it cannot be told: off\n');
});

/** A description with one host, in which nobody but `plain` logs in. */
const plain = `site: plain
admin: { from: [10.40.0.0/24] }
hosts:
  old: { address: old, ssh: { user: plain }, firewall: false }
`;

/** Has every command over ssh as `plain` begin with another one. */
async function greet(command: string): Promise<void> {
  await lab.host('old').run(['sh', '-c', 'printf "%s\\n" "$1" > /home/plain/.bashrc', 'sh', command]);
}

test('an account without rights is enough, and its shell may be chatty', { timeout: 300_000 }, async () => {
  await greet('echo welcome; echo warning >&2');
  const [program = '', ...rest] = lab.ssh('old', 'plain');
  const seen = execFileSync(program, [...rest, 'true'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  expect(seen).toBe('welcome\n');
  writeFileSync(join(folder, 'plain.yaml'), plain);
  const { code, rows } = await facts('plain.yaml');
  expect(code).toBe(0);
  expect(rows[0]?.facts).toMatchObject({ root: 'no', packages: { pending: 2, security: 1 } });
});

test('an answer without end is cut off, and told', { timeout: 300_000 }, async () => {
  await greet('exec yes');
  const { code, rows } = await facts('plain.yaml', '--refresh');
  expect(code).toBe(1);
  expect(rows[0]).toMatchObject({
    fault: { code: 'host.unfit', params: { reason: 'its answer has no end' } },
  });
  expect(rows[0]?.facts?.root).toBe('no');
});
