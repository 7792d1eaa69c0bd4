import type { Readable } from 'node:stream';

/** Takes bytes; the stream waits for it, so that nothing piles up. */
export type Sink = (bytes: Buffer) => void | Promise<void>;

/** Reads a stream of bytes by marks, lines and lengths, holding no more than a chunk of it. */
export interface Reader {
  /** Gives all up to a mark to `sink`, as it comes, and passes the mark; `false` when the stream ended without. */
  until(mark: Buffer, sink: Sink): Promise<boolean>;
  /** The next line; `undefined` when the stream has ended, or a line is longer than a host of ours says. */
  line(): Promise<string | undefined>;
  /** Gives the next bytes to `sink`; `false` when the stream ended before. */
  exactly(length: number, sink: Sink): Promise<boolean>;
}

const longestLine = 65_536;

export function readerOf(stream: Readable): Reader {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let held: Buffer = Buffer.alloc(0);
  /** Has more in `held`; `false` at the end. */
  const more = async (): Promise<boolean> => {
    const { done, value } = await chunks.next();
    if (done) return false;
    held = held.length === 0 ? value : Buffer.concat([held, value]);
    return true;
  };
  const take = (length: number): Buffer => {
    const taken = held.subarray(0, length);
    held = held.subarray(length);
    return taken;
  };
  return {
    async until(mark, sink) {
      for (;;) {
        const at = held.indexOf(mark);
        const ready = at >= 0 ? at : held.length - begunMark(held, mark);
        if (ready > 0) await sink(take(ready));
        if (at >= 0) {
          take(mark.length);
          return true;
        }
        if (!(await more())) {
          if (held.length > 0) await sink(take(held.length));
          return false;
        }
      }
    },
    async line() {
      for (;;) {
        const at = held.indexOf(10);
        if (at >= 0) return take(at + 1).toString('latin1', 0, at);
        if (held.length > longestLine || !(await more())) return undefined;
      }
    },
    async exactly(length, sink) {
      for (let left = length; left > 0; ) {
        if (held.length === 0 && !(await more())) return false;
        const bytes = take(left);
        left -= bytes.length;
        await sink(bytes);
      }
      return true;
    },
  };
}

/** How many bytes at the end may be the begin of the mark. */
function begunMark(bytes: Buffer, mark: Buffer): number {
  for (let length = Math.min(mark.length - 1, bytes.length); length > 0; length--)
    if (bytes.subarray(bytes.length - length).equals(mark.subarray(0, length))) return length;
  return 0;
}
