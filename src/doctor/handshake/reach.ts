import { connect, isIP } from 'node:net';
import type { Network, PortState } from '../../verify/network/network.ts';
import { isLocalhost } from '../../verify/resolve.ts';
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

/** Finds the address of a server at which TCP connects from a network; each that its name has there is tried. */
export async function reach({ host, port }: Server, timeout: number, network: Network): Promise<Reached> {
  const addresses = await addressesOf(host, network);
  if (addresses.length === 0) return { found: diagnosis('error', 'cert.tls.unresolved', { host }) };
  let last: Diagnosis | undefined;
  for (const address of addresses.slice(0, 4)) {
    const state = await network.tryPort(address, port, timeout);
    if (state.state === 'open') return { address };
    last = unreached(state, { address, port, seconds: timeout / 1000 });
  }
  return { found: last as Diagnosis };
}

async function addressesOf(host: string, network: Network): Promise<readonly string[]> {
  if (isIP(host)) return [host];
  if (isLocalhost(host)) return ['127.0.0.1', '::1'];
  try {
    return await network.lookup(host);
  } catch {
    return [];
  }
}

function unreached(state: PortState, params: Diagnosis['params']): Diagnosis {
  if (state.state === 'closed') return diagnosis('error', 'cert.tls.closed', params);
  if (state.state === 'silent') return diagnosis('error', 'cert.tls.silent', params);
  const reason = state.state === 'unreachable' ? state.error : '?';
  return diagnosis('error', 'cert.tls.unreachable', { ...params, reason });
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
  const said = await Promise.all(['', 'HEAD / HTTP/1.0\r\n\r\n'].map((ask) => hear(address, port, ask)));
  for (const text of said) {
    const known = greetings.find(([pattern]) => pattern.test(text));
    if (known)
      return { protocol: known[1], starttls: known[2], said: (text.split(/\r?\n/)[0] ?? '').slice(0, 80) };
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
