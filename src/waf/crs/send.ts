import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { proxyHeader } from '../../lib/proxy-header.ts';

/** Where a publication is asked: a listener of the gateway, and the name in TLS. */
export interface CrsDoor {
  readonly address: string;
  readonly port: number;
  readonly name: string;
  /** The listener expects a PROXY protocol header first. */
  readonly proxyProtocol: boolean;
  /** From where it is asked; left out, the system chooses. */
  readonly localAddress?: string;
  /** Told of the connection before it is there. */
  readonly connecting?: (wire: Socket) => void;
  /** What is shown to whoever asks for a certificate (PEM). */
  readonly client?: { readonly certificate: string; readonly key: string };
}

/** What came back over one connection. */
export interface RawAnswer {
  /** All of it, at most 256 KiB. */
  readonly bytes: Buffer;
  /** This end's, as the gateway saw it. */
  readonly port?: number;
  /** Of the first answer. */
  readonly status?: number;
  /** The numbers by which the gateway's logs know the requests that it answered. */
  readonly requests: readonly string[];
  /** Why nothing more came. */
  readonly error?: string;
}

const most = 256 * 1024;
/** Milliseconds that are waited for more where an answer is whole. */
const afterwards = 100;

/** Writes bytes as they are to a listener, and reads until it has answered: until it closes, or is silent for `patience` milliseconds. */
export async function send(door: CrsDoor, bytes: Buffer, patience: number): Promise<RawAnswer> {
  const wire = connectTcp({
    host: door.address,
    port: door.port,
    ...(door.localAddress === undefined ? {} : { localAddress: door.localAddress }),
  });
  door.connecting?.(wire);
  // What goes wrong later is told by TLS.
  wire.on('error', () => {});
  try {
    await once(wire, 'connect');
  } catch (cause) {
    return { bytes: Buffer.alloc(0), requests: [], error: codeOf(cause) };
  }
  const { localPort: port } = wire;
  if (door.proxyProtocol) wire.write(proxyHeader(wire));
  const chunks: Buffer[] = [];
  const error = await exchange(wire, door, bytes, patience, chunks);
  const answer = Buffer.concat(chunks);
  const text = answer.toString('latin1');
  const status = statusLine.exec(text)?.[1];
  return {
    bytes: answer,
    ...(port === undefined ? {} : { port }),
    ...(status === undefined ? {} : { status: Number(status) }),
    requests: [...text.matchAll(/^x-request-id: ([0-9a-f]{32})\r$/gim)].map(([, id]) => id as string),
    ...(error === undefined ? {} : { error }),
  };
}

const statusLine = /^HTTP\/\d(?:\.\d)? (\d{3})/;

/** Resolves with what ended it, if that was no proper end. */
function exchange(
  wire: Socket,
  door: CrsDoor,
  bytes: Buffer,
  patience: number,
  chunks: Buffer[],
): Promise<string | undefined> {
  return new Promise((resolve) => {
    let size = 0;
    // Who answers is not asked: it is this machine's own listener.
    const tls = connectTls({
      socket: wire,
      ...(isIP(door.name) ? {} : { servername: door.name }),
      rejectUnauthorized: false,
      ...(door.client ? { cert: door.client.certificate, key: door.client.key } : {}),
      ALPNProtocols: ['http/1.1'],
    });
    const end = (reason?: string) => {
      clearTimeout(limit);
      // The upper one: Node 20 falls over when the lower one is destroyed first.
      tls.destroy();
      resolve(reason);
    };
    let limit = setTimeout(() => end('ETIMEDOUT'), patience);
    tls.once('secureConnect', () => tls.write(bytes));
    tls.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > most) return end();
      // A kept connection: what else may come is the answer to what was smuggled along.
      if (isWhole(Buffer.concat(chunks))) {
        clearTimeout(limit);
        limit = setTimeout(end, afterwards);
      }
    });
    tls.once('end', () => end());
    tls.once('close', () => end());
    tls.on('error', (cause) => end(codeOf(cause)));
  });
}

/** Whether an answer is over by its own account (RFC 9112 §6.3). */
function isWhole(bytes: Buffer): boolean {
  const text = bytes.toString('latin1');
  const at = text.indexOf('\r\n\r\n');
  if (at < 0) return false;
  const head = text.slice(0, at);
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  if (length !== undefined) return text.length - at - 4 >= Number(length);
  if (/^transfer-encoding: *chunked/im.test(head)) return text.endsWith('0\r\n\r\n');
  return /^HTTP\/\S+ (?:1\d\d|204|304)/.test(head);
}

const codeOf = (cause: unknown): string => (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
