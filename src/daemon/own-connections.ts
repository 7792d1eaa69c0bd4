import type { Socket } from 'node:net';

/**
 * Connections by which this process asks its own gateway what must be refused (`canary/`). That it is refused, each minute, is nothing that
 * anybody did: the audit log would fill with it.
 */
const own = new Set<string>();

/** Notes a connection of our own, for as long as it is open. */
export function noteOwn(socket: Socket): void {
  socket.once('connect', () => {
    const { localAddress = '', localPort = 0 } = socket;
    const peer = `${localAddress} ${localPort}`;
    own.add(peer);
    socket.once('close', () => own.delete(peer));
  });
}

/** Whether a connection is one of them, by whom the kernel has it with: address, space, port. */
export const isOwn = (peer: string): boolean => own.has(peer);
