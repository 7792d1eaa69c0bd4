/**
 * What travels between Poterne and the program on a vantage host, in both directions: a letter, the number of the
 * conversation and the length of what follows. Many conversations share one connection.
 */
export interface Frame {
  readonly kind: string;
  readonly conversation: number;
  readonly body: Buffer;
}

/** How many bytes of one direction of a connection may be under way at once. */
export const window = 65_536;

const headLength = 9;

/** A frame as bytes. */
export function frameBytes(kind: string, conversation: number, body: Buffer | string = ''): Buffer {
  const bytes = Buffer.from(body);
  const head = Buffer.alloc(headLength);
  head.write(kind, 'latin1');
  head.writeUInt32BE(conversation, 1);
  head.writeUInt32BE(bytes.length, 5);
  return Buffer.concat([head, bytes]);
}

/**
 * Cuts a stream of bytes into frames, however the bytes arrive: call it with each chunk. It throws when what arrives is
 * no frame: no honest one is longer than the window.
 */
export function frameReader(told: (frame: Frame) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (rest.length - at >= headLength) {
      const length = rest.readUInt32BE(at + 5);
      if (length > window) throw new Error('what it says is not understood');
      const end = at + headLength + length;
      if (rest.length < end) break;
      told({
        kind: rest.toString('latin1', at, at + 1),
        conversation: rest.readUInt32BE(at + 1),
        body: rest.subarray(at + headLength, end),
      });
      at = end;
    }
    rest = rest.subarray(at);
  };
}
