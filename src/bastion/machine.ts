import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localhost } from '../hosts/local.ts';
import { type Admitted, type Hello, type Size, sftpCommand } from './protocol.ts';

/** A key of this session's own, which opens nothing until the daemon has signed it. */
export interface SessionKey {
  readonly folder: string;
  readonly publicKey: string;
}

/** Makes a key in a folder that nobody else sees. */
export async function makeKey(): Promise<SessionKey> {
  const folder = await mkdtemp(join(tmpdir(), 'poterne-session-'));
  const key = join(folder, 'key');
  await localhost.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key]);
  return { folder, publicKey: (await readFile(`${key}.pub`, 'utf8')).trim() };
}

/** What sshd told this process of the connection, as the daemon wants to know it. */
export async function helloOf(env: NodeJS.ProcessEnv, publicKey: string): Promise<Hello> {
  const { SSH_ORIGINAL_COMMAND: command, SSH_TTY: tty, POTERNE_BREAK_GLASS: breakGlass } = env;
  return {
    account: env.USER ?? '',
    connection: env.SSH_CONNECTION ?? '',
    proof: await readFile(env.SSH_USER_AUTH ?? '', 'utf8'),
    files: command === sftpCommand,
    ...(command === undefined ? {} : { command }),
    ...(tty === undefined ? {} : { terminal: { name: env.TERM ?? '', ...terminalSize() } }),
    publicKey,
    ...(breakGlass ? { breakGlass } : {}),
  };
}

/** The size of the terminal that this process is on. Nothing else may ask for process.stdout: it takes its descriptor over. */
export function terminalSize(): Size {
  const { columns, rows } = process.stdout;
  // A client that does not know says 0.
  return { columns: columns || 80, rows: rows || 24 };
}

/**
 * Starts the system's ssh to the machine. On a terminal it reads the keys from there itself, and knows its size and modes;
 * what it shows comes to us.
 */
export async function startSsh(admitted: Admitted, key: SessionKey, hello: Hello): Promise<ChildProcess> {
  const { folder } = key;
  const { host, hostKey, address, port, certificate } = admitted;
  await writeFile(join(folder, 'key-cert.pub'), `${certificate.trim()}\n`, { mode: 0o600 });
  const [type = ''] = hostKey.split(' ');
  await writeFile(join(folder, 'known_hosts'), `${host} ${hostKey}\n`, { mode: 0o600 });
  const set = {
    BatchMode: 'yes',
    IdentityFile: join(folder, 'key'),
    CertificateFile: join(folder, 'key-cert.pub'),
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    PreferredAuthentications: 'publickey',
    ConnectTimeout: '10',
    ServerAliveInterval: '15',
    HostKeyAlias: host,
    UserKnownHostsFile: join(folder, 'known_hosts'),
    GlobalKnownHostsFile: 'none',
    HostKeyAlgorithms: type === 'ssh-rsa' ? 'rsa-sha2-512,rsa-sha2-256' : type,
    StrictHostKeyChecking: 'yes',
    UpdateHostKeys: 'no',
    ControlPath: 'none',
    ClearAllForwardings: 'yes',
    ForwardAgent: 'no',
    ForwardX11: 'no',
    PermitLocalCommand: 'no',
    SendEnv: 'LANG LC_*',
    LogLevel: 'ERROR',
    // A tilde is a key like any other.
    EscapeChar: 'none',
  };
  const command = hello.files ? ['sftp'] : hello.command === undefined ? [] : [hello.command];
  const argv = [
    ...['--pdeathsig', 'KILL', 'ssh', '-F', 'none', hello.terminal ? '-tt' : '-T'],
    ...(hello.files ? ['-s'] : []),
    ...Object.entries(set).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    ...['-l', hello.account, '-p', String(port), '--', address, ...command],
  ];
  return spawn('setpriv', argv, { stdio: [hello.terminal ? 'inherit' : 'pipe', 'pipe', 'pipe'] });
}
