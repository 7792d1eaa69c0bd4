import { execFile } from 'node:child_process';
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

beforeAll(async () => {
  const topology = await readTopology(`${here}/lab.yaml`);
  lab = await up({ ...topology, name: `vip-${process.pid}` });
  await installPoterne(lab, 'passerelle');
  // What an administrator of the centre has done long ago: the gateway's key is known on every server, and theirs to it.
  await on('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', '/root/.ssh/id_ed25519');
  const key = (await on('cat', '/root/.ssh/id_ed25519.pub')).stdout.trim();
  for (const server of servers)
    await lab.host(server).run(['sh', '-c', 'echo "$1" >>/home/debian/.ssh/authorized_keys', 'sh', key]);
  await on('sh', '-c', `ssh-keyscan -t ed25519 10.40.1.11 10.40.1.12 10.40.1.13 >/root/.ssh/known_hosts`);
}, 600_000);

afterAll(async () => {
  if (lab) await down(lab.name);
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
  }, 240_000);

  test('no server reaches another’s SSH server, nor does a workstation: the gateway alone', async () => {
    const pairs = servers.flatMap((from) => [11, 12, 13].map((last) => [from, `10.40.1.${last}`] as const));
    const others = pairs.filter(([from, address]) => !address.endsWith(`1${from.slice(-1)}`));
    for (const [from, address] of others)
      expect([from, address, await reaches(from, address)]).toEqual([from, address, false]);
    expect(await reaches('poste', '10.40.1.11')).toBe(false);
    expect(await reaches('poste', '10.40.2.1')).toBe(true);
    for (const last of [11, 12, 13]) expect(await reaches('passerelle', `10.40.1.${last}`)).toBe(true);
  }, 60_000);
});

test('the inventory says which servers have the scheduler’s account', async () => {
  expect((await json('hosts', 'facts', '--on', 'group:production')).code).toBe(0);
  const { said } = await json('hosts', '--on', 'group:A or group:B and has:User_DollarU');
  expect(said.map(({ name }: { readonly name: string }) => name)).toEqual(['prod1', 'prod2']);
}, 60_000);
