import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';

/** HTTP/2 (RFC 9113) frame by frame, for tests that say what no client library would. */

export const frameTypes = {
  ...{ data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7, windowUpdate: 8, continuation: 9 },
} as const;
export const flags = { none: 0, endStream: 1, ack: 1, endHeaders: 4 } as const;
/** `INITIAL_WINDOW_SIZE` (RFC 9113, 6.5.2). */
export const initialWindow = 4;

/** One frame (RFC 9113, 4.1). */
export function frame(
  type: number,
  flag: number,
  stream: number,
  body: Buffer | string = Buffer.alloc(0),
): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
  const head = Buffer.alloc(9);
  head.writeUIntBE(bytes.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flag, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, bytes]);
}

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

export const settings = (...pairs: readonly (readonly [number, number])[]): Buffer =>
  frame(
    frameTypes.settings,
    flags.none,
    0,
    Buffer.concat(
      pairs.map(([id, value]) => {
        const bytes = Buffer.alloc(6);
        bytes.writeUInt16BE(id);
        bytes.writeUInt32BE(value, 2);
        return bytes;
      }),
    ),
  );

/** Room for so many bytes more (RFC 9113, 6.9). */
export const room = (stream: number, bytes: number): Buffer =>
  frame(frameTypes.windowUpdate, flags.none, stream, number(bytes));

export const reset = (stream: number): Buffer => frame(frameTypes.reset, flags.none, stream, number(8));

/** Names and values of headers, in their order. */
export type Fields = readonly (readonly [string, string])[];

/** A length of HPACK (RFC 7541, 5.1) with a prefix of seven bits. */
function length(value: number): number[] {
  if (value < 127) return [value];
  const bytes = [127];
  for (let rest = value - 127; ; rest >>>= 7) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest & 127) | 128);
  }
}

/** Headers as literals that nobody indexes (RFC 7541, 6.2.2): each byte as it is said. */
export const packed = (fields: Fields): Buffer =>
  Buffer.concat(
    fields.map(([name, value]) =>
      Buffer.from([
        0,
        ...length(Buffer.byteLength(name, 'latin1')),
        ...Buffer.from(name, 'latin1'),
        ...length(Buffer.byteLength(value, 'latin1')),
        ...Buffer.from(value, 'latin1'),
      ]),
    ),
  );

/** A request's first frame. */
export const headers = (stream: number, fields: Fields, flag: number = flags.endStream): Buffer =>
  frame(frameTypes.headers, flag | flags.endHeaders, stream, packed(fields));

export const data = (stream: number, text: Buffer | string, flag: number = flags.none): Buffer =>
  frame(frameTypes.data, flag, stream, text);

/** The pseudo-headers of a request, and what else it has. */
export const asking = (authority: string, path: string, more: Fields = [], method = 'GET'): Fields => [
  ...[[':method', method] as const, [':scheme', 'https'] as const, [':authority', authority] as const],
  ...[[':path', path] as const, ...more],
];

/** What was answered on one stream. */
export interface Answered {
  /** 0 for a stream that was reset without an answer. */
  readonly status: number;
  readonly body: string;
}

/** The status of a block of headers as nginx writes it: first, and of the static table or as three digits. */
function statusIn(block: Buffer): number {
  const indexed = [200, 204, 206, 304, 400, 404, 500][(block[0] ?? 0) - 0x88];
  return indexed ?? Number(block.subarray(2, 5).toString('latin1'));
}

export interface Connection {
  /** Resolves once there is room for more. */
  write(...frames: readonly Buffer[]): Promise<void>;
  /** What is answered on a stream, once it ends; 0 also when the whole connection does. */
  answer(stream: number): Promise<Answered>;
  /** A request on a stream of its own. */
  ask(fields: Fields, body?: readonly (Buffer | string)[]): Promise<Answered>;
  /** How many frames of a type came so far. */
  seen(type: number): number;
  readonly closed: Promise<unknown>;
  isClosed(): boolean;
  end(): void;
}

/** A connection that has said hello. */
export async function connect(
  port: number,
  servername: string,
  { from, window = 1 << 20 }: { readonly from?: string; readonly window?: number } = {},
): Promise<Connection> {
  const plain = net.connect({ port, host: '127.0.0.1', ...(from ? { localAddress: from } : {}) });
  const socket = tls.connect({ socket: plain, servername, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
  const streams = new Map<number, { status: number; body: string; isDone: boolean }>();
  const waiting = new Map<number, (answered: Answered) => void>();
  const counts = new Map<number, number>();
  const of = (id: number) => {
    const known = streams.get(id) ?? { status: 0, body: '', isDone: false };
    streams.set(id, known);
    return known;
  };
  const done = (id: number) => {
    const stream = of(id);
    stream.isDone = true;
    waiting.get(id)?.({ status: stream.status, body: stream.body });
    waiting.delete(id);
  };
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    rest = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes;
    while (rest.length >= 9) {
      const size = rest.readUIntBE(0, 3);
      if (rest.length < 9 + size) return;
      const [type = 0, flag = 0] = rest.subarray(3, 5);
      const id = rest.readUInt32BE(5) & 0x7fffffff;
      const body = rest.subarray(9, 9 + size);
      rest = rest.subarray(9 + size);
      counts.set(type, (counts.get(type) ?? 0) + 1);
      if (type === frameTypes.headers && of(id).status === 0) of(id).status = statusIn(body);
      if (type === frameTypes.data) of(id).body += body.toString('latin1');
      if (type === frameTypes.settings && !(flag & flags.ack))
        socket.write(frame(frameTypes.settings, flags.ack, 0));
      if (type === frameTypes.reset) done(id);
      if ((type === frameTypes.headers || type === frameTypes.data) && flag & flags.endStream) done(id);
    }
  });
  void closed.then(() => {
    for (const id of [...waiting.keys()]) done(id);
  });
  socket.write(
    Buffer.concat([
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      settings([initialWindow, window]),
      // All streams together may send what they like.
      frame(frameTypes.windowUpdate, flags.none, 0, number(1 << 30)),
    ]),
  );
  let last = -1;
  const answer = (id: number): Promise<Answered> => {
    const { status, body, isDone } = of(id);
    if (isDone || socket.destroyed) return Promise.resolve({ status, body });
    return new Promise((resolve) => waiting.set(id, resolve));
  };
  return {
    async write(...frames) {
      if (!socket.writable || socket.write(Buffer.concat(frames))) return;
      await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
    },
    answer,
    ask(fields, body) {
      last += 2;
      socket.write(headers(last, fields, body ? flags.none : flags.endStream));
      for (const [n, piece] of (body ?? []).entries())
        socket.write(data(last, piece, n + 1 === body?.length ? flags.endStream : flags.none));
      return answer(last);
    },
    seen: (type) => counts.get(type) ?? 0,
    closed,
    isClosed: () => socket.destroyed,
    end: () => socket.destroy(),
  };
}
