import { Duplex } from 'node:stream';
import { window } from './frames.ts';
import type { Wire } from './network.ts';

/** What a wire asks of the connection that carries it. */
export interface Carrier {
  send(kind: string, body?: Buffer | string): void;
  /** The wire was destroyed: nothing may be told to it any more. */
  forget(): void;
}

/** A TCP connection that another machine holds for us: the stream, and what happens at its far end. */
export interface RemoteWire {
  readonly wire: Wire;
  connected(address: string, port: number): void;
  data(chunk: Buffer): void;
  /** So many bytes have left that machine. */
  written(count: number): void;
  end(): void;
  fail(error: Error): void;
}

/** A stream that behaves as a socket connecting to this address would. */
export function remoteWire(address: string, port: number, { send, forget }: Carrier): RemoteWire {
  // What was handed to the reader and not yet reported as taken: the other side stops when too much is under way.
  let taken = 0;
  let underWay = 0;
  let ready: (() => void) | undefined;
  const stream = new Duplex({
    // As sockets do, unless told otherwise.
    allowHalfOpen: false,
    read() {
      if (taken === 0) return;
      send('K', String(taken));
      taken = 0;
    },
    write(chunk: Buffer, _encoding, done) {
      wire.bytesWritten += chunk.length;
      underWay += chunk.length;
      send('D', chunk);
      if (underWay <= window) done();
      else ready = done;
    },
    final(done) {
      send('F');
      done();
    },
    destroy(error, done) {
      forget();
      done(error);
    },
  });
  const wire = Object.assign(stream, { bytesWritten: 0, remoteAddress: address, remotePort: port });
  return {
    wire,
    connected(localAddress, localPort) {
      Object.assign(wire, { localAddress, localPort });
      wire.emit('connect');
    },
    data(chunk) {
      taken += chunk.length;
      // More than it was allowed to say: the vantage is no longer ours.
      if (taken > window) wire.destroy(new Error('the vantage sends more than it may'));
      else wire.push(chunk);
    },
    written(count) {
      underWay -= count;
      if (!ready || underWay > window) return;
      const done = ready;
      ready = undefined;
      done();
    },
    end() {
      wire.push(null);
    },
    fail(error) {
      wire.destroy(error);
    },
  };
}
