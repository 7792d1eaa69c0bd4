/** A message between the session process and the daemon: what it is, and its bytes. */
export interface Frame {
  readonly type: FrameType;
  readonly body: Uint8Array;
}

/**
 * What a frame may be. From the session: `hello`, what was written to standard `output` and `error`, `resize`, `transfer`, `count`
 * and `exit`. From the daemon: `admitted` or `refused`, `kept` (what so many frames held is written), and `end`.
 */
const types = [
  ...(['hello', 'output', 'error', 'resize', 'transfer', 'count', 'exit'] as const),
  ...(['admitted', 'refused', 'kept', 'end'] as const),
];
export type FrameType = (typeof types)[number];

/** The most that a frame may hold: whoever sends more is not one of us. */
export const longestFrame = 1 << 20;

const head = 5;

/** The bytes of a frame: its type, the length of its body, the body. */
export function encodeFrame(type: FrameType, body: Uint8Array | object): Buffer {
  const bytes = body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body));
  const frame = Buffer.alloc(head + bytes.length);
  frame.writeUInt8(types.indexOf(type), 0);
  frame.writeUInt32BE(bytes.length, 1);
  frame.set(bytes, head);
  return frame;
}

/** Takes bytes as they come, and gives the frames that they complete. Throws `RangeError` for what is none. */
export function frameReader(): (chunk: Uint8Array) => readonly Frame[] {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    const frames: Frame[] = [];
    while (rest.length >= head) {
      const type = types[rest.readUInt8(0)];
      const length = rest.readUInt32BE(1);
      if (!type || length > longestFrame) throw new RangeError('no frame');
      if (rest.length < head + length) break;
      frames.push({ type, body: rest.subarray(head, head + length) });
      rest = rest.subarray(head + length);
    }
    return frames;
  };
}
