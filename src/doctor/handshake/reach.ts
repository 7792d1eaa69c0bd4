import { lookup } from 'node:dns/promises';
import { connect, isIP } from 'node:net';
import { type Diagnosis, diagnosis } from '../diagnosis.ts';

/** A server and its port, as they are written. */
export interface Server {
  readonly host: string;
  readonly port: number;
}

/** Whether TCP reaches it, and at which address. */
export type Reached = { readonly address: string } | { readonly found: Diagnosis };

/** `host:port` or `[2001:db8::1]:443`; `undefined` when it is something else. */
export function parseServer(text: string): Server | undefined {
  const found = /^(?:\[([0-9a-f:.]+)\]|([^\s:/[\]]+)):(\d{1,5})$/i.exec(text);
  const port = Number(found?.[3]);
  if (!found || port < 1 || port > 65_535) return undefined;
  return { host: (found[1] ?? found[2]) as string, port };
}

/** Finds the address of a server at which TCP connects; each that its name has is tried. */
export async function reach({ host, port }: Server, timeout: number): Promise<Reached> {
  const addresses = await addressesOf(host);
  if (addresses.length === 0) return { found: diagnosis('error', 'cert.tls.unresolved', { host }) };
  let last: Diagnosis | undefined;
  for (const address of addresses.slice(0, 4)) {
    const error = await tryConnect(address, port, timeout);
    if (error === undefined) return { address };
    last = unreached(error, { address, port, seconds: timeout / 1000 });
  }
  return { found: last as Diagnosis };
}

async function addressesOf(host: string): Promise<readonly string[]> {
  if (isIP(host)) return [host];
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}

function tryConnect(address: string, port: number, timeout: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout });
    const end = (error: string | undefined) => {
      socket.destroy();
      resolve(error);
    };
    socket.once('connect', () => end(undefined));
    socket.once('timeout', () => end('ETIMEDOUT'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

function unreached(error: string, params: Diagnosis['params']): Diagnosis {
  if (error === 'ECONNREFUSED') return diagnosis('error', 'cert.tls.closed', params);
  if (error === 'ETIMEDOUT') return diagnosis('error', 'cert.tls.silent', params);
  return diagnosis('error', 'cert.tls.unreachable', { ...params, reason: error });
}

const greetings: readonly (readonly [RegExp, string, string])[] = [
  [/^HTTP\//, 'HTTP', ''],
  [/^SSH-/, 'SSH', ''],
  [/^220[ -].*(?:SMTP|ESMTP)/i, 'SMTP', 'smtp'],
  [/^220[ -]/, 'FTP', 'ftp'],
  [/^\* OK/, 'IMAP', 'imap'],
  [/^\+OK/, 'POP3', 'pop3'],
];

/** What a server says that did not answer TLS: its greeting, or its answer to plain HTTP. */
export async function speaksInClear(
  address: string,
  port: number,
): Promise<{ readonly protocol: string; readonly starttls: string; readonly said: string } | undefined> {
  for (const ask of ['', 'HEAD / HTTP/1.0\r\n\r\n']) {
    const said = await hear(address, port, ask);
    const known = greetings.find(([pattern]) => pattern.test(said));
    if (known)
      return { protocol: known[1], starttls: known[2], said: said.split(/\r?\n/)[0]?.slice(0, 80) ?? '' };
  }
  return undefined;
}

function hear(address: string, port: number, ask: string): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    const socket = connect({ host: address, port });
    const end = () => {
      socket.destroy();
      resolve(said);
    };
    const limit = setTimeout(end, 1500);
    socket.once('connect', () => socket.write(ask));
    socket.on('data', (bytes) => {
      said += bytes.toString('latin1');
      if (said.includes('\n') || said.length > 1024) end();
    });
    socket.once('error', end);
    socket.once('close', () => {
      clearTimeout(limit);
      end();
    });
  });
}
