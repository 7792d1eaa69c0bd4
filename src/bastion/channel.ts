import type { Socket } from 'node:net';
import { encodeFrame, type Frame, type FrameType, frameReader } from './frames.ts';

/** A connection whose frames are worked on one after another. */
export interface Channel {
  send(type: FrameType, body: Uint8Array | object): void;
  /** Says this last, and closes. */
  end(type: FrameType, body: object): void;
  /** Takes nothing more and closes at once. */
  destroy(): void;
}

/** Bytes that may wait to be worked on before no more are taken in. */
const mostWaiting = 1 << 20;

/**
 * Has each frame of a connection worked on, in order and one at a time; `closed` is told once, when there will be no more.
 * What is no frame, or cannot be worked on, ends the connection.
 */
export function openChannel(
  socket: Socket,
  work: (frame: Frame) => Promise<void> | void,
  closed: (error?: unknown) => void,
): Channel {
  const read = frameReader();
  const failed: { readonly error: unknown }[] = [];
  let chain: Promise<void> = Promise.resolve();
  let waiting = 0;
  const fail = (error: unknown) => {
    failed.push({ error });
    socket.destroy();
  };
  const one = async (frame: Frame) => {
    if (failed.length === 0) await work(frame);
    waiting -= frame.body.length;
    if (waiting < mostWaiting) socket.resume();
  };
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const frame of read(chunk)) {
        waiting += frame.body.length;
        chain = chain.then(() => one(frame)).catch(fail);
      }
    } catch (error) {
      fail(error);
    }
    if (waiting >= mostWaiting) socket.pause();
  });
  // What came before is worked on first.
  socket.on('error', () => undefined);
  socket.on('close', () => void chain.then(() => closed(failed[0]?.error)));
  return {
    send: (type, body) => void (socket.writable && socket.write(encodeFrame(type, body))),
    end: (type, body) => void (socket.writable && socket.end(encodeFrame(type, body))),
    destroy: () => void socket.destroy(),
  };
}
