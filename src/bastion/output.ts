import { write } from 'node:fs';
import { Socket } from 'node:net';

/** Where bytes go, one after another; somebody who does not read holds nobody up but whoever waits for `written`. */
export interface Output {
  write(bytes: Uint8Array): Promise<void>;
}

/** A terminal: written to apart from everything else that goes on, for a write to a terminal that is stopped waits. */
export function terminalOutput(fd: number): Output {
  const once = (bytes: Uint8Array) =>
    new Promise<number>((resolve, reject) =>
      write(fd, bytes, (error, written) => (error ? reject(error) : resolve(written))),
    );
  return queued(async (bytes) => {
    for (let at = 0; at < bytes.length; )
      try {
        at += await once(bytes.subarray(at));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
  });
}

/** A pipe or a socket. */
export function pipeOutput(fd: number): Output {
  const socket = new Socket({ fd, readable: false, writable: true });
  socket.on('error', () => undefined);
  return queued(
    (bytes) =>
      new Promise((resolve, reject) => socket.write(bytes, (error) => (error ? reject(error) : resolve()))),
  );
}

function queued(write: (bytes: Uint8Array) => Promise<void>): Output {
  let last: Promise<void> = Promise.resolve();
  return {
    write: (bytes) => {
      last = last.then(() => write(bytes));
      return last;
    },
  };
}
