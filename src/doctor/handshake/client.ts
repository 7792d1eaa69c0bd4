import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../hosts/local.ts';
import { Fault } from '../../model/fault.ts';
import { readTranscript, type Transcript } from './messages.ts';

/** Protocols that begin in clear and turn to TLS, as `s_client -starttls` knows them. */
export const starttlsProtocols = [
  ...(['smtp', 'lmtp', 'pop3', 'imap', 'ftp', 'xmpp', 'ldap', 'postgres', 'mysql', 'nntp', 'sieve'] as const),
] as const;
export type Starttls = (typeof starttlsProtocols)[number];

/** A client's own certificate and key: their files, and what is in them. The passphrase opens the key. */
export interface ClientCredentials {
  readonly certificate: string;
  /** The certificates that follow its own, in PEM. */
  readonly chain: string;
  readonly key: string;
  readonly passphrase?: string;
  readonly pem: string;
  readonly keyPem: string;
}

/** The handshake that is wanted. */
export interface Wish {
  readonly address: string;
  readonly port: number;
  /** The server's name, asked for by SNI and expected in its certificate; an address is only expected. */
  readonly name: string;
  readonly client?: ClientCredentials;
  /** A file of authorities, in place of the system's. */
  readonly ca?: string;
  readonly starttls?: Starttls;
  /** Takes anything that OpenSSL has, to learn what a server speaks that speaks nothing of today. */
  readonly lax?: boolean;
  readonly timeout: number;
}

/** What came of it. */
export interface Shake extends Transcript {
  /** Negotiated; absent when there was no agreement. */
  readonly version?: string;
  readonly cipher?: string;
  readonly group?: string;
  readonly alpn?: string;
  /** OpenSSL's verdict on the server's certificate. */
  readonly verify?: { readonly number: number; readonly text: string };
  /** OpenSSL's own complaint, when it ended the handshake. */
  readonly complaint?: string;
  readonly timedOut: boolean;
  /** Asked to turn to TLS, the server does not offer it. */
  readonly unturned?: boolean;
}

const largest = 256 << 10;
/** How long a server may take to refuse after the handshake (TLS 1.3), where no session ticket says that it does not. */
const grace = 1000;
/** What `s_client` prints once the handshake is done. */
const agreed = /^ *Verify return code: /m;

/**
 * Makes a handshake with `openssl s_client`, which writes down every message, decrypted: Node's own TLS shows neither the
 * authorities that a server accepts, nor what it sent in which order, nor alerts of its own. Throws `host.command.missing`.
 */
export async function shake(wish: Wish): Promise<Shake> {
  const program = await findProgram('openssl');
  if (program === undefined) throw new Fault('host.command.missing', { program: 'openssl' });
  const folder = await mkdtemp(join(tmpdir(), 'poterne-handshake-'));
  try {
    const log = join(folder, 'messages');
    const chain = join(folder, 'chain.pem');
    if (wish.client?.chain) await writeFile(chain, wish.client.chain, { mode: 0o600 });
    const run = await runClient(program, argumentsOf(wish, log, chain), wish);
    const text = await readFile(log, 'latin1').catch(() => '');
    return { ...readTranscript(text), ...summary(run) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function argumentsOf(wish: Wish, log: string, chain: string): readonly string[] {
  const { address, port, name, client, ca, starttls, lax } = wish;
  const isName = isIP(name) === 0;
  const where = isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
  return [
    ...['s_client', '-connect', where, '-status', '-msg', '-msgfile', log],
    ...(isName ? ['-servername', name, '-verify_hostname', name] : ['-noservername', '-verify_ip', name]),
    ...(ca === undefined ? [] : ['-CAfile', ca, '-no-CApath', '-no-CAstore']),
    ...(starttls === undefined ? ['-alpn', 'http/1.1'] : ['-starttls', starttls]),
    ...(client === undefined ? [] : ['-cert', client.certificate, '-key', client.key]),
    ...(client?.chain ? ['-cert_chain', chain] : []),
    // The passphrase comes by a pipe: arguments are for everybody to read.
    ...(client?.passphrase === undefined ? [] : ['-pass', 'fd:3']),
    ...(lax ? ['-min_protocol', 'TLSv1', '-cipher', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'] : []),
  ];
}

interface Run {
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

function runClient(program: string, argv: readonly string[], { client, timeout }: Wish): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, argv, {
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    const passphrase = child.stdio[3] as NodeJS.WritableStream;
    passphrase.on('error', () => {});
    passphrase.end(client?.passphrase === undefined ? '' : `${client.passphrase}\n`);
    child.stdin.on('error', () => {});
    let [stdout, stderr, timedOut, isDone] = ['', '', false, false];
    const limit = setTimeout(() => {
      timedOut = !isDone;
      child.kill();
    }, timeout);
    let patience: NodeJS.Timeout | undefined;
    const finish = () => {
      isDone = true;
      child.stdin.end();
    };
    child.stdout.on('data', (bytes: Buffer) => {
      stdout += bytes.toString('latin1');
      if (stdout.length > largest) child.kill();
      if (!agreed.test(stdout)) return;
      // TLS 1.3: what the server thinks of the client's certificate comes after the handshake; a ticket when it took it.
      const isJudged = /^New, TLSv1\.3,/m.test(stdout) && /^Requested Signature Algorithms:/m.test(stdout);
      if (!isJudged || stdout.includes('Post-Handshake New Session Ticket')) finish();
      else patience ??= setTimeout(finish, grace);
    });
    child.stderr.on('data', (bytes: Buffer) => {
      if (stderr.length < largest) stderr += bytes.toString('latin1');
    });
    child.on('error', reject);
    child.on('close', () => {
      clearTimeout(limit);
      clearTimeout(patience);
      resolve({ stdout, stderr, timedOut });
    });
  });
}

function summary({ stdout, stderr, timedOut }: Run): Omit<Shake, keyof Transcript> {
  const one = (pattern: RegExp) => pattern.exec(stdout)?.[1];
  const [, since, cipher] = /^New, (\S+), Cipher is (\S+)$/m.exec(stdout) ?? [];
  // That line has the version in which the cipher first was; the session has what was agreed on.
  const version = one(/^ {4}Protocol {2}: (\S+)$/m) ?? since;
  const isAgreed = cipher !== undefined && cipher !== '(NONE)';
  const group = one(/^(?:Server Temp Key|Peer Temp Key|Negotiated TLS1\.3 group): (.*)$/m);
  const alpn = one(/^ALPN protocol: (\S+)$/m);
  const [, number, text = ''] = /^ *Verify return code: (\d+) \((.*)\)$/m.exec(stdout) ?? [];
  const complaint = /:error:[0-9A-F]+:[^:]*:[^:]*:([^:]*):/.exec(stderr)?.[1];
  return {
    timedOut,
    ...(/^Didn't find STARTTLS/m.test(stderr) ? { unturned: true } : {}),
    ...(isAgreed ? { version: version as string, cipher } : {}),
    ...(group === undefined || !isAgreed ? {} : { group }),
    ...(alpn === undefined ? {} : { alpn }),
    ...(number === undefined || !isAgreed ? {} : { verify: { number: Number(number), text } }),
    ...(complaint === undefined ? {} : { complaint }),
  };
}
