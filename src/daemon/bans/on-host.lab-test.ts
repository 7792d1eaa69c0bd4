import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { down, type Lab, up } from '../../../lab/lab.ts';
import { prepared, preparedTrixie } from '../../../lab/prepared.ts';
import { administrator, ranIn } from '../../../lab/testing.ts';
import type { Ban } from '../../model/bans.ts';

// Real fail2ban, of Debian 12 (1.0.2) and of Debian 13 (1.1.0), brought by apply to hosts that are no gateway: who guesses passwords at their
// sshd is banned there, one address or a walk through a /64, and nobody else.

const hosts = { old: 12, new: 13 } as const;
type Name = keyof typeof hosts;
const names = Object.keys(hosts) as Name[];
const four = (name: Name) => `203.0.113.${hosts[name]}`;
const six = (name: Name) => `2001:db8:49::${hosts[name]}`;

const bad = '203.0.113.24';
const friend = '203.0.113.25';
const walk = [1, 2, 3, 4, 5, 6].map((n) => `2001:db8:49:7::${n}`);
const beside = '2001:db8:49:8::1';
const office = '2001:db8:49:9::9';
const neighbour = '2001:db8:49:9::7';

const described = (name: Name) => `{ address: [10.49.0.${hosts[name]}, ${four(name)}, "${six(name)}"]`;
const description = `site: farms
zones:
  internet: { networks: [203.0.113.0/24, "2001:db8:49::/48"] }
  lan: { networks: [10.49.0.0/24] }
admin: { from: [10.49.0.9, "${office}"] }
hosts:
  old: ${described('old')}, zone: lan, ssh: { user: debian } }
  new: ${described('new')}, zone: lan, ssh: { user: debian } }
flows:
  - { from: internet, to: old, ports: [22], why: farmers log in }
  - { from: internet, to: new, ports: [22], why: farmers log in }
bans:
  ssh: { failures: 3, within: 10m, for: 1h }
`;

let lab: Lab;
let folder: string;
const running: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-ssh-bans-'));
  const host = (name: Name) => ({
    ...{ interfaces: { lan: [`10.49.0.${hosts[name]}`], internet: [four(name), six(name)] } },
    files: { '/etc/ssh/sshd_config.d/a.conf': { content: 'PasswordAuthentication yes\n' } },
    run: [
      ['useradd', '--create-home', 'eve'],
      ['sh', '-c', 'echo eve:right | chpasswd'],
    ],
  });
  lab = await up({
    name: `ssh-bans-${process.pid}`,
    zones: {
      lan: { networks: ['10.49.0.0/24'] },
      internet: { networks: ['203.0.113.0/24', '2001:db8:49::/48'] },
    },
    controller: 'admin',
    hosts: {
      admin: { boot: false, interfaces: { lan: ['10.49.0.9'] } },
      outside: {
        boot: false,
        interfaces: { internet: [bad, friend, ...walk, beside, office, neighbour] },
      },
      old: { ...host('old'), ...prepared },
      new: { ...host('new'), ...preparedTrixie },
    },
  });
  await writeFile(join(folder, 'site.yaml'), description);
  // ssh asks it for the password.
  await writeFile(join(folder, 'password'), '#!/bin/sh\necho "$PASSWORD"\n', { mode: 0o755 });
});

afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  if (lab) await down(lab.name);
  await rm(folder, { recursive: true, force: true });
});

/** Poterne as the administrator runs it: no host is the gateway here, so apply starts one where it runs. */
async function poterne(
  ...words: readonly string[]
): Promise<{ readonly code: number; readonly said: string }> {
  const at = administrator(lab, folder, 'admin');
  const { code, out, err } = await at(...words, '--state', join(folder, 'state'));
  return { code, said: out + err };
}

/** Somebody logs in as eve with a password, once. */
function login(name: Name, from: string, password: string, command: string): ChildProcess {
  const settings = {
    ...{ StrictHostKeyChecking: 'no', UserKnownHostsFile: '/dev/null', LogLevel: 'ERROR' },
    ...{ ConnectTimeout: 5, PreferredAuthentications: 'password', NumberOfPasswordPrompts: 1 },
  };
  const [ssh = '', ...rest] = lab
    .host('outside')
    .networkCommand([
      ...['ssh', '-F', 'none', '-b', from],
      ...Object.entries(settings).flatMap((pair) => ['-o', pair.join('=')]),
      ...[`eve@${from.includes(':') ? six(name) : four(name)}`, command],
    ]);
  const env = { PASSWORD: password, SSH_ASKPASS: join(folder, 'password'), SSH_ASKPASS_REQUIRE: 'force' };
  const child = spawn(ssh, rest, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'] });
  running.push(child);
  return child;
}
const guess = async (name: Name, from: string) => once(login(name, from, 'wrong', 'true'), 'close');

/** Those to whom sshd says its name, each asking from an address of their own. */
async function reaching(name: Name, addresses: readonly string[]): Promise<readonly string[]> {
  const asked = addresses.map(async (from) => {
    const to = from.includes(':') ? six(name) : four(name);
    const { out } = await ranIn(lab, 'outside', ['timeout', '4', 'nc', '-s', from, to, '22']);
    return out.startsWith('SSH-') ? [from] : [];
  });
  return (await Promise.all(asked)).flat();
}

const list = async (name: Name): Promise<readonly Ban[]> =>
  JSON.parse((await poterne('ban', 'list', '--on', name, '--json')).said);
const held = async (name: Name): Promise<string> =>
  (await lab.host(name).run(['nft', 'list', 'table', 'inet', 'poterne_bans'])).stdout;
const eventually = { timeout: 60_000, interval: 300 };

test('apply brings to each the fail2ban that its Debian has', async () => {
  expect(await poterne('apply', 'site.yaml')).toMatchObject({ code: 0 });
  const versions = names.map((name) => lab.host(name).run(['fail2ban-client', 'version']));
  expect((await Promise.all(versions)).map(({ stdout }) => stdout.trim())).toEqual(['1.0.2', '1.1.0']);
});

test('each bans who guesses, ends what is live, and spares all others', async () => {
  await Promise.all(names.map(attacked));
});

async function attacked(name: Name): Promise<void> {
  const session = login(name, bad, 'right', 'echo in; sleep 600');
  await once(session.stdout as Readable, 'data');
  const ended = once(session, 'close');

  // One wrong password is two failures at most: the password, and going away without a login.
  await Promise.all([bad, walk[0] as string, office, neighbour].map((from) => guess(name, from)));
  expect(await held(name)).not.toContain('elements');
  expect(session.exitCode).toBeNull();
  await Promise.all([bad, walk[1] as string, office, neighbour].map((from) => guess(name, from)));

  // The office's /64 is not banned with the neighbour's address.
  for (const network of [bad, '2001:db8:49:7::/64', neighbour])
    await expect.poll(() => held(name), eventually).toContain(`${network} timeout 1h`);
  await ended;
  const out = [bad, walk[1] as string, walk[5] as string, neighbour];
  const well = [friend, beside, office];
  expect(await reaching(name, [...out, ...well])).toEqual(well);
}

const networks = [`${bad}/32`, '2001:db8:49:7::/64', `${neighbour}/128`].sort();

test('it is seen from where machines are administered, until when and why', async () => {
  await Promise.all(
    names.map(async (name) => {
      const known = await list(name);
      expect(known.map((ban) => ban.network).sort()).toEqual(networks);
      for (const { kind, gateway, at, until } of known) {
        expect([kind, gateway]).toEqual(['ssh', name]);
        const hours = (Date.parse(until ?? '') - Date.parse(at)) / 3_600_000;
        expect(hours).toBeGreaterThan(0.99);
        expect(hours).toBeLessThan(1.01);
      }
      const whole = await poterne('ban', 'why', walk[4] as string, '--on', name);
      expect(whole.said).toContain(`by fail2ban on ${name}`);
      expect(whole.said).toContain(`ssh ${walk[0]} sshd`);
      expect((await poterne('ban', 'why', bad, '--on', name)).said).toContain('Failed password for eve');
    }),
  );
});

test('it lasts over a reboot, and ends when it is removed', async () => {
  await Promise.all(
    names.map(async (name) => {
      await lab.host(name).reboot();
      for (const network of [bad, '2001:db8:49:7::/64'])
        await expect.poll(() => held(name), eventually).toContain(`${network} timeout`);
      expect(await reaching(name, [bad, walk[2] as string, friend])).toEqual([friend]);
    }),
  );
  const remove = (address: string) =>
    poterne('ban', 'remove', address, '--on', 'old', '--reason', 'a friend');
  expect(await remove(bad)).toMatchObject({ code: 0 });
  expect(await remove(walk[2] as string)).toMatchObject({ code: 0 });
  expect(await remove(bad)).toMatchObject({ code: 1, said: expect.stringContaining('is not banned') });
  expect(await reaching('old', [bad, walk[2] as string])).toEqual([bad, walk[2]]);
  expect(await reaching('new', [bad, walk[2] as string])).toEqual([]);
  expect((await list('old')).map(({ network }) => network)).toEqual([`${neighbour}/128`]);
  expect((await poterne('audit', '--what', 'unban')).said).toContain('2001:db8:49:7::/64');
});
