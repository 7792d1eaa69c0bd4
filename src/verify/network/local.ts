import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { type Network, portState } from './network.ts';

/** The network of the machine that Poterne runs on. */
export const thisMachine: Network = {
  // The system's resolver, so that /etc/hosts and nsswitch count, as they do for every other program here.
  lookup: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
  connect: (address, port) => connect({ host: address, port, noDelay: true }),
  tryPort: (address, port, patience) =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: address, port });
      const timer = setTimeout(() => {
        socket.destroy();
        resolve({ state: 'silent' });
      }, patience);
      socket.once('connect', () => {
        socket.destroy();
        resolve({ state: 'open' });
      });
      socket.once('error', (error: NodeJS.ErrnoException) => {
        const state = portState(error.code ?? '');
        if (state) resolve(state);
        else reject(error);
      });
      socket.once('close', () => clearTimeout(timer));
    }),
  lost: () => undefined,
};
