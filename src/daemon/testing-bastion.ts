import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { down, type Lab, up } from '../../lab/lab.ts';
import type { AuditRecord } from '../audit/entry.ts';
import type { SessionRecord } from '../bastion/record.ts';
import { terminal } from '../bastion/testing-terminal.ts';
import { ownPackages } from '../hosts/own-packages.ts';
import { program } from '../lib/testing-program.ts';

/** A gateway, two servers, and a person at a machine of theirs, with OpenSSH as it is. */
export const address = {
  gateway: '10.61.0.2',
  prod1: '10.61.0.11',
  prod2: '10.61.0.12',
  person: '10.61.0.99',
};
export const people = ['alice', 'bob', 'carol'] as const;
export type Name = (typeof people)[number];
export let lab: Lab;
export let room: string;
let authorities: string;

interface Ran {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs a program to its end. */
export function run(argv: readonly string[], input: string | Buffer = '', timeout = 40_000): Promise<Ran> {
  const [program = '', ...rest] = argv;
  return new Promise((resolve) => {
    const options = { timeout, maxBuffer: 64 << 20, encoding: 'buffer' as const, cwd: room };
    const child = execFile(program, rest, options, (error, stdout, stderr) =>
      resolve({
        code: error ? (typeof error.code === 'number' ? error.code : -1) : 0,
        ...{ stdout, stderr: stderr.toString() },
      }),
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** The command line of this repository, as the controller's. */
export async function poterne(...argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run([program, ...argv], '', 240_000);
  if (code !== 0) throw new Error(`poterne ${argv.join(' ')}: ${code} ${stderr}${stdout}`);
  return stdout.toString();
}

export const onGateway = async (...argv: readonly string[]) => {
  const { code, stdout, stderr } = await lab.host('gateway').run(argv, { timeout: 120_000 });
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr}${stdout}`);
  return stdout;
};

/** ssh and its like, at a person's machine, with their key, and their certificate unless there is none. */
export const clientOf = (name: Name, program: string, ...words: readonly string[]) =>
  lab.host('person').networkCommand([program, '-F', join(room, name), ...words]);
export const as = (name: Name, ...words: readonly string[]) => run(clientOf(name, 'ssh', ...words));

export const reaching = () => ['--ssh-config', lab.sshConfig, '--state', join(room, 'state')];
export const kept = async <T>(...words: readonly string[]) =>
  JSON.parse(await onGateway('poterne', 'ssh', ...words, '--local', '--json')) as T;
export const sessions = () => kept<readonly SessionRecord[]>('sessions');
export const audit = async () =>
  (await onGateway('sh', '-c', 'cat /var/lib/poterne-bastion/audit/*.jsonl'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditRecord);

/** Hours that are not now, whatever the time is: the two that begin six hours from here. */
const otherHours = () => {
  const hour = (ahead: number) => String((new Date().getUTCHours() + ahead) % 24).padStart(2, '0');
  return `${hour(6)}:00-${hour(8)}:00`;
};

export async function describeSite(
  more: { readonly people?: readonly Name[]; readonly bastion?: string } = {},
) {
  const hostKey = async (name: string) =>
    (await readFile(join(lab.host(name).upper, 'etc/ssh/ssh_host_ed25519_key.pub'), 'utf8'))
      .split(' ', 2)
      .join(' ');
  const host = async (name: keyof typeof address, words = '') =>
    `  ${name}: { address: ${address[name]}, firewall: false, ${words}ssh: { user: root, host-key: "${await hostKey(name)}" } }\n`;
  const known = more.people ?? people;
  const entries = known.map(async (name) => {
    const key = (await readFile(join(room, `${name}.key.pub`), 'utf8')).split(' ', 2).join(' ');
    return `  ${name}: { keys: ["${key}"] }\n`;
  });
  const rules = [
    ['alice', 'prod1', 'debian', ''],
    ['bob', 'prod1', 'debian', 'allow: [files], '],
    ['carol', 'prod1', 'debian', 'allow: [shell], '],
    ['carol', 'prod2', 'debian', `when: "${otherHours()}", `],
  ].filter(([name]) => known.includes(name as Name));
  return [
    'site: lab\ntimezone: UTC\nadmin: { from: [10.61.0.9] }\nhosts:\n',
    await host('gateway', 'roles: [gateway], '),
    ...[await host('prod1'), await host('prod2')],
    'people:\n',
    ...(await Promise.all(entries)),
    'access:\n',
    ...rules.map(
      ([who, to, account, words]) => `  - { people: [${who}], to: ${to}, ${words}as: [${account}] }\n`,
    ),
    'bastion:\n  host: gateway\n',
    known.includes('alice') ? '  break-glass: { people: [alice], to: prod2, as: [debian] }\n' : '',
    authorities,
    more.bastion ?? '',
  ].join('');
}

/** Boots them, and applies the description. */
export async function begin(): Promise<void> {
  room = await mkdtemp(join(tmpdir(), 'poterne-bastion-'));
  const interfaces = (at: string) => ({ interfaces: { lan: [at] } });
  lab = await up({
    name: `bastion-${process.pid}`,
    zones: { lan: { networks: ['10.61.0.0/24'] } },
    controller: 'admin',
    hosts: {
      admin: { boot: false, ...interfaces('10.61.0.9') },
      gateway: { release: 'trixie', ...interfaces(address.gateway) },
      prod1: interfaces(address.prod1),
      prod2: interfaces(address.prod2),
      person: { boot: false, ...interfaces(address.person) },
    },
  });
  for (const name of people)
    await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(room, `${name}.key`)]);
  const { poterne: own } = await ownPackages(() => {});
  await run(['scp', '-q', '-F', lab.sshConfig, own.file, 'gateway:/root/poterne.deb']);
  await onGateway('apt-get', 'install', '--yes', '/root/poterne.deb');
  authorities = (await onGateway('poterne', 'ssh', 'authority')).split('\n').slice(1).join('\n');
  await writeFile(join(room, 'site.yaml'), await describeSite());
  await poterne('apply', ...reaching());
  for (const name of people) {
    const { config, known } = JSON.parse(await poterne('ssh', 'config', '--me', name, '--json'));
    const knownHosts = join(room, `${name}.known`);
    await writeFile(knownHosts, known);
    const own = `IdentityFile ${join(room, `${name}.key`)}\nIdentitiesOnly yes\nIdentityAgent none\nBatchMode yes\nGlobalKnownHostsFile none\n`;
    const written = config
      .replaceAll('~/.ssh/known_hosts.poterne', knownHosts)
      .replaceAll('~/.ssh/known_hosts', '');
    await writeFile(join(room, name), `${own}${written}`);
  }
}

export async function end(): Promise<void> {
  if (lab) await down(lab.name);
  await rm(room, { recursive: true, force: true });
}

export const shell = (name: Name, ...words: readonly string[]) =>
  terminal(clientOf(name, 'ssh', '-tt', ...words, 'prod1', 'PS1="$ " exec sh'), room);

/** What the other end of a socket says first; nothing when it closes, or stays open for long without a word. */
export function greeting(path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.setTimeout(30_000, () => socket.destroy());
    socket.once('data', (bytes) => resolve(bytes.toString()));
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(''));
  });
}
