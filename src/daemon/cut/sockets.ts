import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A socket that a process holds. */
export interface HeldSocket {
  readonly pid: number;
  readonly descriptor: number;
  readonly inode: string;
  /** With whom, over TCP; an IPv4 address mapped into IPv6 is an IPv4 one. */
  readonly peer?: { readonly address: string; readonly port: number };
  /** Where that came to. */
  readonly own?: { readonly address: string; readonly port: number };
  /** Where it was accepted, of a unix socket. */
  readonly path?: string;
}

/** What the kernel tells of a socket (proc(5)). */
interface KernelSocket {
  readonly peer?: { readonly address: string; readonly port: number };
  readonly own?: { readonly address: string; readonly port: number };
  readonly path?: string;
  readonly isListening: boolean;
}

/**
 * The connections that these processes have accepted: over TCP, those to a port on which one of them listens (never those to services),
 * and those over unix sockets with a name. A process that has ended meanwhile holds none.
 */
export function acceptedBy(pids: readonly number[]): readonly HeldSocket[] {
  const held = pids.flatMap(socketsOf);
  const [first] = pids;
  if (first === undefined || held.length === 0) return [];
  const known = kernelSockets(first);
  const ports = new Set(held.map(({ inode }) => known.get(inode)).flatMap(listeningPort));
  return held.flatMap((socket): readonly HeldSocket[] => {
    const { peer, own, path, isListening } = known.get(socket.inode) ?? { isListening: true };
    if (isListening) return [];
    if (peer && own) return ports.has(own.port) ? [{ ...socket, peer, own }] : [];
    return path === undefined ? [] : [{ ...socket, path }];
  });
}

const listeningPort = (socket: KernelSocket | undefined): readonly number[] =>
  socket?.isListening && socket.own ? [socket.own.port] : [];

function socketsOf(pid: number): readonly HeldSocket[] {
  const folder = `/proc/${pid}/fd`;
  return readable(() => readdirSync(folder), []).flatMap((name) => {
    const target = readable(() => readlinkSync(`${folder}/${name}`), '');
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    return inode === undefined ? [] : [{ pid, descriptor: Number(name), inode }];
  });
}

/** The sockets of the network that a process lives in, by inode. */
function kernelSockets(pid: number): ReadonlyMap<string, KernelSocket> {
  const found = new Map<string, KernelSocket>();
  const rows = (of: string) =>
    readable(() => readFileSync(`/proc/${pid}/net/${of}`, 'latin1'), '')
      .split('\n')
      .slice(1);
  for (const of of ['tcp', 'tcp6'])
    for (const row of rows(of)) {
      const [, local = '', remote = '', state = '', , , , , , inode = ''] = row.trim().split(/\s+/);
      // What waits for its end (TIME_WAIT) is nobody's.
      if (inode === '' || inode === '0' || state === '06') continue;
      const isListening = state === '0A';
      const peer = isListening ? {} : { peer: endOf(remote) };
      found.set(inode, { ...peer, own: endOf(local), isListening });
    }
  for (const row of rows('unix')) {
    const [, , , flags = '', , , inode = '', path] = row.trim().split(/\s+/);
    // __SO_ACCEPTCON
    const isListening = (Number.parseInt(flags, 16) & 0x10000) !== 0;
    if (inode !== '') found.set(inode, { ...(path === undefined ? {} : { path }), isListening });
  }
  return found;
}

const endOf = (text: string) => ({ address: addressOf(text), port: portOf(text) });

const portOf = (text: string): number => Number.parseInt(text.split(':')[1] ?? '', 16);

/** An address of /proc/net/tcp: words of 32 bits, each as the machine has it in memory (little-endian). */
function addressOf(text: string): string {
  const bytes = Buffer.from(text.split(':')[0] ?? '', 'hex').swap32();
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.subarray(0, 12).equals(mapped)) return bytes.subarray(12).join('.');
  const groups = Array.from({ length: 8 }, (_, n) => bytes.readUInt16BE(2 * n).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** ::ffff:0:0/96 (RFC 4291, 2.5.5.2) */
const mapped = Buffer.from('00000000000000000000ffff', 'hex');

/** What is gone, or not ours to see, is empty. */
function readable<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
