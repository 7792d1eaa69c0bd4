import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { down, type Lab, up } from '../../lab/lab.ts';
import { program, type Ran, ran } from '../lib/testing-program.ts';

/** A bastion, two machines behind it, and a controller that holds no authority; their description and people's keys are in `folder`. */
export let lab: Lab;
export let folder: string;
/** The lab's ssh configuration without its key: for people. */
export let bare: string;

/** Runs a program in the folder. */
export const run = (argv: readonly string[], input = ''): Promise<Ran> => ran(argv, { cwd: folder, input });

/** The command line of this repository, as the administrator's. */
export const poterne = (...argv: readonly string[]) =>
  ran([program, ...argv], {
    cwd: folder,
    env: {
      ...process.env,
      POTERNE_LANG: 'en',
      POTERNE_STATE: join(folder, 'state'),
      POTERNE_SSH_CONFIG: lab.sshConfig,
      SSH_AUTH_SOCK: '',
    },
  });

/** ssh to a host with a key of the folder, and its certificate where there is one; what stands before `--` are options. */
export function as(key: string, login: string, host: string, words: readonly string[], input = '') {
  const command = words.indexOf('--') + 1;
  return run(
    [
      ...['ssh', '-F', bare, '-i', join(folder, key)],
      ...['-o', `CertificateFile=${join(folder, `${key}-cert.pub`)}`, '-o', 'IdentitiesOnly=yes'],
      ...['-l', login, ...words.slice(0, Math.max(0, command - 1)), host, ...words.slice(command)],
    ],
    input,
  );
}

/** As root on a host, without ssh. */
export async function on(host: string, ...argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await lab.host(host).run(argv);
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
  return stdout.trim();
}

/** Makes a key in the folder; gives its public half. */
export async function keyOf(name: string): Promise<string> {
  await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', join(folder, name)]);
  return (await readFile(join(folder, `${name}.pub`), 'utf8')).trim();
}

/** Writes the description; `bastion` is that part of it, `more` what the machines behind it say besides. */
export async function describeSite(bastion: string, more = ''): Promise<void> {
  const hostKey = async (name: string) =>
    (await on(name, 'cat', '/etc/ssh/ssh_host_ed25519_key.pub')).split(' ').slice(0, 2).join(' ');
  const host = async (name: string, address: string, more: string) =>
    `  ${name}: { address: ${address}, firewall: false, ssh: { user: debian, host-key: ${await hostKey(name)} }, ${more} }\n`;
  const person = async (name: string) =>
    `keys: ['${(await readFile(join(folder, `${name}.pub`), 'utf8')).trim()}']`;
  const text = [
    'site: centre\nadmin: { from: [lan] }\nzones: { lan: { networks: [10.78.2.0/24], outgoing: free } }\nhosts:\n',
    await host('gate', '10.78.2.1', 'roles: [gateway]'),
    await host('prod1', '10.78.2.11', `groups: [prod]${more}`),
    await host('prod2', '10.78.2.12', `groups: [prod]${more}`),
    `people:\n  alice: { ${await person('alice')}, groups: [ops] }\n  bob: { ${await person('bob')} }\n`,
    ...(bastion === ''
      ? []
      : [
          'access:\n  - { groups: [ops], to: group:prod, as: [debian] }\n',
          '  - { people: [bob], to: prod1, as: [debian] }\n',
          bastion,
        ]),
  ];
  await writeFile(join(folder, 'site.yaml'), text.join(''));
}

/** Applies the description, which must succeed. */
export async function applied(): Promise<Ran> {
  const done = await poterne('apply', 'site.yaml');
  expect([done.code, done.out + done.err]).toEqual([0, expect.stringMatching(/^(Applied|Unchanged): /m)]);
  return done;
}

/** Boots them, and makes keys of people. */
export async function begin(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'poterne-access-'));
  // Whoever fails often from one address is not heard for a while (OpenSSH 9.8): all attacks here come from one.
  const files = { '/etc/ssh/sshd_config.d/lab-penalties.conf': { content: 'PerSourcePenalties no\n' } };
  lab = await up({
    name: `access-${process.pid}`,
    zones: { lan: { networks: ['10.78.2.0/24'] } },
    // By the topology's own wire: what locks people out locks this machine out.
    controller: 'admin',
    hosts: {
      admin: { boot: false, interfaces: { lan: ['10.78.2.9'] } },
      gate: { release: 'trixie', interfaces: { lan: ['10.78.2.1'] }, files },
      prod1: { interfaces: { lan: ['10.78.2.11'] } },
      prod2: { release: 'trixie', interfaces: { lan: ['10.78.2.12'] }, files },
    },
  });
  bare = join(folder, 'ssh_config');
  await writeFile(bare, (await readFile(lab.sshConfig, 'utf8')).replace(/^\s*IdentityFile.*$/gm, ''));
  for (const name of ['alice', 'bob', 'mallory']) await keyOf(name);
}

export async function end(): Promise<void> {
  if (lab) await down(lab.name);
  await rm(folder, { recursive: true, force: true });
}
