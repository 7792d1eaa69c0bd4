import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import type { Network } from '../../verify/network/network.ts';

/** A port of this machine that leads to a server from elsewhere. */
export interface Relay {
  readonly port: number;
  close(): Promise<void>;
}

/** Has a loopback port lead to a server from another machine's network: OpenSSL connects to addresses only. */
export async function relayThrough(network: Network, address: string, port: number): Promise<Relay> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    const wire = network.connect(address, port);
    const end = () => {
      open.delete(socket);
      socket.destroy();
      wire.destroy();
    };
    for (const each of [socket, wire]) each.once('error', end).once('close', end);
    socket.pipe(wire);
    wire.pipe(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
