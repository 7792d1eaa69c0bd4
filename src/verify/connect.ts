import { isIP } from 'node:net';
import { proxyHeader, unmapped } from '../lib/proxy-header.ts';
import type { Door } from '../model/expectation.ts';
import { message } from '../model/message.ts';
import { type Attempt, Trouble } from './attempt.ts';
import type { Wire } from './network/network.ts';
import { destination } from './resolve.ts';

/** A TCP connection to a door; the PROXY header, if any, is written. */
export interface Connection {
  readonly socket: Wire;
  /** The other end as `address:port`, for messages. */
  readonly place: string;
  /** This end's address, which is the one the gateway sees (unless something in between rewrites it). */
  readonly local: string;
  /** Bytes of the PROXY header. */
  readonly prelude: number;
}

/** How long an address may keep silent before the next one is tried as well, in milliseconds (RFC 8305 §5). */
const stagger = 250;

/** Opens a TCP connection to the door; throws `Trouble` when no address of it accepts one. */
export async function connect(door: Door, attempt: Attempt): Promise<Connection> {
  const { addresses } = await destination(door.name, attempt);
  const socket = await connectAny(addresses, door.port, attempt);
  // Gone already: it has no addresses any more.
  if (!socket.remoteAddress || !socket.localAddress)
    throw new Trouble(message('seen.reset', { place: place(addresses[0] ?? '', door.port) }));
  const header = door.proxyProtocol ? proxyHeader(socket) : '';
  if (header) socket.write(header);
  return {
    socket,
    place: place(socket.remoteAddress, door.port),
    local: unmapped(socket.localAddress),
    prelude: header.length,
  };
}

/**
 * The first of the addresses to accept a connection, the later ones starting a little after the earlier ones
 * (RFC 8305): a host without IPv6, or a silent address, must not cost the whole time limit.
 * Throws the first address's `Trouble` when none does.
 */
export async function connectAny(
  addresses: readonly string[],
  port: number,
  attempt: Attempt,
): Promise<Wire> {
  waitForConnection(addresses[0] ?? '', port, attempt);
  const opened: Wire[] = [];
  let winner: Wire | undefined;
  const tries: Promise<Wire>[] = [];
  for (const address of addresses) {
    const before = tries.at(-1);
    if (before) await Promise.race([before.catch(() => {}), pause(stagger, attempt)]);
    if (winner || attempt.over.aborted) break;
    const socket = open(address, port, attempt);
    opened.push(socket);
    const accepted = connected(socket, address, port);
    accepted.then(
      () => {
        winner ??= socket;
      },
      () => {},
    );
    tries.push(accepted);
  }
  try {
    winner = await Promise.any(tries);
    return winner;
  } catch (error) {
    throw (error as AggregateError).errors[0];
  } finally {
    for (const socket of opened) if (socket !== winner) socket.destroy();
  }
}

/** Opens a TCP connection to one address; throws `Trouble` when it is not accepted. */
export async function connectTo(address: string, port: number, attempt: Attempt): Promise<Wire> {
  waitForConnection(address, port, attempt);
  return connected(open(address, port, attempt), address, port);
}

function open(address: string, port: number, attempt: Attempt): Wire {
  return attempt.own(attempt.context.network.connect(address, port));
}

function connected(socket: Wire, address: string, port: number): Promise<Wire> {
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('error', (error: NodeJS.ErrnoException) => reject(connectTrouble(error, address, port)));
    socket.once('close', () => reject(new Trouble(message('seen.reset', { place: place(address, port) }))));
  });
}

/** Says that a connection is waited for from here on. */
export function waitForConnection(address: string, port: number, attempt: Attempt): void {
  attempt.waitFor(message('seen.timeout.connect', { place: place(address, port), seconds: attempt.seconds }));
}

/** What to tell about an error of connecting. */
export function connectTrouble(error: NodeJS.ErrnoException, address: string, port: number): Trouble {
  const at = place(address, port);
  switch (error.code) {
    case 'ECONNREFUSED':
      return new Trouble(message('seen.refused', { place: at }));
    case 'ECONNRESET':
      return new Trouble(message('seen.reset', { place: at }));
    // ICMPv6 "administratively prohibited" arrives as EACCES (Linux).
    case 'EACCES':
    case 'EPERM':
      return new Trouble(message('seen.forbidden', { place: at }));
    case 'EMFILE':
    case 'ENFILE':
      return new Trouble(message('seen.exhausted', { place: at }));
    default:
      return new Trouble(message('seen.unreachable', { place: at, error: error.code ?? error.message }));
  }
}

function pause(milliseconds: number, attempt: Attempt): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      attempt.over.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, milliseconds);
    attempt.over.addEventListener('abort', finish);
  });
}

/** `127.0.0.1:443`, `[::1]:443`. */
export function place(address: string, port: number): string {
  const plain = unmapped(address);
  return isIP(plain) === 6 ? `[${plain}]:${port}` : `${plain}:${port}`;
}
