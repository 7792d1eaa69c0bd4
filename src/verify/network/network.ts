import type { Duplex } from 'node:stream';

/**
 * Where probes leave from: the names and the network of one machine, this one or another. Every probe goes through it,
 * so that each promise can be tried from anywhere.
 */
export interface Network {
  /**
   * What a name resolves to there, by that machine's own resolver and /etc/hosts; the first is tried first. Rejects with
   * an errno exception: `ENOTFOUND` when there is no such name, anything else when nobody could say.
   */
  lookup(name: string): Promise<readonly string[]>;
  /** Opens a TCP connection to an address. It emits `connect`, or `error` with an errno code. */
  connect(address: string, port: number): Wire;
  /**
   * Whether a connection would be accepted: it is opened and closed at once, without a word. Silence longer than
   * `patience` (milliseconds) is an answer too. Rejects when nothing was found out, for the machine itself was in the way.
   */
  tryPort(address: string, port: number, patience: number): Promise<PortState>;
  /** Why nothing can be tried from there any more; what is found out after that is worth nothing. */
  lost(): string | undefined;
}

/** A TCP connection, wherever it leaves from: what probes use of a socket. */
export interface Wire extends Duplex {
  /** An address of the machine that it leaves from, once connected. */
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly bytesWritten: number;
}

/** What became of an attempt to connect. */
export type PortState =
  | { readonly state: 'open' }
  /** Somebody said no: a reset, or an ICMP "port unreachable". */
  | { readonly state: 'closed' }
  /** Nobody said anything: a firewall drops the packets, or there is no such machine. */
  | { readonly state: 'silent' }
  /** The network said that there is no way, or none for us: the errno code tells which. */
  | { readonly state: 'unreachable'; readonly error: string };

/**
 * What an errno code says about the port that was tried; `undefined` when it says nothing about it, but something about
 * the machine that tried (no descriptor left, for one), which must never pass for a refusal.
 */
export function portState(code: string): PortState | undefined {
  switch (code) {
    case 'ECONNREFUSED':
    case 'ECONNRESET':
      return { state: 'closed' };
    case 'ETIMEDOUT':
      return { state: 'silent' };
    // ICMP "administratively prohibited" arrives as EHOSTUNREACH over IPv4 and as EACCES over IPv6 (Linux).
    case 'EACCES':
    case 'EHOSTDOWN':
    case 'EHOSTUNREACH':
    case 'ENETDOWN':
    case 'ENETUNREACH':
    case 'ENOPROTOOPT':
    case 'EPERM':
    // The machine has no IPv6 at all.
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
      return { state: 'unreachable', error: code };
    default:
      return undefined;
  }
}

/** An error with the code that the system's own would have. */
export function errnoException(code: string, text: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${text}: ${code}`), { code });
}
