import { createServer } from 'node:net';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import { type Pointer, pointer } from '../model/pointer.ts';
import type { Gateway } from '../model/site.ts';

/** An address and port that the gateway listens on, and the words of the description that ask for them. */
interface Socket {
  readonly address: string;
  readonly port: number;
  readonly asked: { readonly address: Pointer; readonly port: Pointer };
}

const faults = {
  EADDRINUSE: 'gateway.port.busy',
  EACCES: 'gateway.port.denied',
  EADDRNOTAVAIL: 'gateway.address.absent',
} as const;

/**
 * Throws `gateway.port.busy`, `gateway.port.denied` or `gateway.address.absent` when the gateway cannot have one of its
 * sockets. `held` is the gateway that our own engine serves now: its sockets are ours already.
 */
export async function requirePorts(gateway: Gateway, held: Gateway | undefined): Promise<void> {
  const ours = held ? sockets(held) : [];
  for (const socket of sockets(gateway))
    if (!ours.some((own) => isSame(own, socket) || overlap(own, socket))) await requireSocket(socket);
}

/**
 * Whether going from one gateway to the other takes an address and "every address" at the same port: the kernel gives
 * the second only once the first is closed, so that a reload cannot do it.
 */
export function needsRestart(from: Gateway, to: Gateway): boolean {
  return sockets(to).some((wanted) => sockets(from).some((held) => overlap(held, wanted)));
}

function sockets(gateway: Gateway): Socket[] {
  const at = gateway.pointer;
  const addresses =
    gateway.listen.length === 0
      ? ['0.0.0.0', '::'].map((address) => ({ address, asked: `${at}/listen` }))
      : gateway.listen.map((address, n) => ({ address, asked: at + pointer('listen', n) }));
  return addresses
    .flatMap(({ address, asked }) => [
      { address, port: gateway.httpPort, asked: { address: asked, port: `${at}/http-port` } },
      { address, port: gateway.httpsPort, asked: { address: asked, port: `${at}/https-port` } },
    ])
    .concat(partnerSockets(gateway));
}

/** Where partners are called. */
function partnerSockets({ partners }: Gateway): Socket[] {
  if (!partners) return [];
  const { listen, port, pointer: at } = partners;
  return listen.map((address) => ({
    address,
    port,
    asked: { address: `${at}/listen`, port: `${at}/port` },
  }));
}

const isSame = (a: Socket, b: Socket): boolean => a.address === b.address && a.port === b.port;
const isEvery = ({ address }: Socket): boolean => address === '0.0.0.0' || address === '::';
const isV6 = ({ address }: Socket): boolean => address.includes(':');

function overlap(a: Socket, b: Socket): boolean {
  return a.port === b.port && isV6(a) === isV6(b) && isEvery(a) !== isEvery(b);
}

async function requireSocket(socket: Socket): Promise<void> {
  const { address, port, asked } = socket;
  const cause = await whyNotListen(address, port);
  const code = faults[cause?.code as keyof typeof faults];
  // IPv6 may be off altogether: the engine has the word then.
  if (!code || (code === 'gateway.address.absent' && isEvery(socket))) return;
  const options = { cause, next: message(`${code}.next`, { port, address }) };
  const at = code === 'gateway.address.absent' ? asked.address : asked.port;
  throw new Fault(code, { address, port }, { ...options, pointer: at });
}

/** Why nobody may listen there now (listen(2)); `undefined` when one may. */
export function whyNotListen(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ port, host, ipv6Only: true }, () => server.close(() => resolve(undefined)));
  });
}
