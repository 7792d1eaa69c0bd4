import type { IncomingMessage } from 'node:http';
import type { Attempt } from './attempt.ts';
import { connectAny, place } from './connect.ts';
import { get, readBody } from './http.ts';

/** A call as an internal application makes it: plain http to the gateway's inner side. */
export interface Call {
  readonly addresses: readonly string[];
  readonly port: number;
  readonly path: string;
}

/** What came back: an answer of the partner, or (`error`) of the gateway in its stead. */
export interface Called {
  readonly response: IncomingMessage;
  readonly status: number;
  readonly error?: string;
}

/** Calls a partner through the gateway; throws `Trouble` when no answer comes. */
export async function callPartner({ addresses, port, path }: Call, attempt: Attempt): Promise<Called> {
  const socket = await connectAny(addresses, port, attempt);
  const at = place(socket.remoteAddress ?? addresses[0] ?? '', port);
  const response = await get(socket, { host: at, path, place: at }, attempt);
  const status = response.statusCode ?? 0;
  const error = status < 400 ? undefined : await gatewayError(response);
  return { response, status, ...(error === undefined ? {} : { error }) };
}

/** The word of the gateway's own answers. */
async function gatewayError(response: IncomingMessage): Promise<string | undefined> {
  const { text } = await readBody(response, (now) => now.length > 2048);
  try {
    const { error, request } = JSON.parse(text) as { error?: unknown; request?: unknown };
    return typeof error === 'string' && /^[a-z]+$/.test(error) && typeof request === 'string'
      ? error
      : undefined;
  } catch {
    return undefined;
  }
}
