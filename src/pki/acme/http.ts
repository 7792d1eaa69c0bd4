import { readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import { isUntrusted } from '../../lib/untrusted.ts';
import type { AcmeAuthority } from '../../model/acme.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';

/** An answer of the authority, whole. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** HTTPS to one authority, over connections that are kept. */
export interface Http {
  send(method: 'GET' | 'HEAD' | 'POST', url: string, body?: string, accept?: string): Promise<Reply>;
  close(): void;
}

/** Beyond these an authority is not there, or is none. */
const patience = 30_000;
const largest = 1_000_000;
/** Routers forget connections on which nothing passes. */
const kept = 10_000;

/**
 * Opens HTTPS to an authority: TLS is always verified. Requests throw `acme.unreachable` and `acme.untrusted`; opening
 * throws `acme.trust` where the file of its own authorities cannot be read.
 */
export async function openHttp(authority: AcmeAuthority, signal?: AbortSignal): Promise<Http> {
  const { directory, pointer, trust: file } = authority;
  const ca =
    file === undefined
      ? undefined
      : await readFile(file).catch((cause: NodeJS.ErrnoException) => {
          const params = { file, reason: cause.code ?? cause.message };
          throw new Fault('acme.trust', params, { cause, pointer, next: message('acme.trust.next', params) });
        });
  const agent = new Agent({
    ...{ keepAlive: true, timeout: kept, maxSockets: 4, minVersion: 'TLSv1.2', rejectUnauthorized: true },
    ...(ca === undefined ? {} : { ca }),
  });
  const failed = (cause: NodeJS.ErrnoException) => {
    if (signal?.aborted) return signal.reason;
    const params = { ca: nameOf(directory), reason: (cause.code ?? cause.message).slice(0, 200) };
    const code = isUntrusted(cause) ? 'acme.untrusted' : 'acme.unreachable';
    return new Fault(code, params, { cause, pointer, next: message(`${code}.next`, params) });
  };
  const once = (method: string, url: string, body?: string, accept?: string) =>
    new Promise<Reply | 'stale'>((resolve, reject) => {
      if (!/^https:\/\//i.test(url)) return reject(failed(new Error(`${url}: not https`)));
      const sent = request(url, {
        ...{ agent, method, timeout: patience, ...(signal ? { signal } : {}) },
        headers: {
          'user-agent': 'Poterne',
          ...(accept === undefined ? {} : { accept }),
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/jose+json', 'content-length': Buffer.byteLength(body) }),
        },
      });
      const late = () => sent.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }));
      // Also for one that sends a byte now and then.
      const timer = setTimeout(late, 2 * patience);
      const end = (then: () => void) => {
        clearTimeout(timer);
        then();
      };
      const fail = (error: NodeJS.ErrnoException) =>
        end(() => {
          // It closed a connection that was kept, just as we took it: nothing was read of the request.
          if (sent.reusedSocket && error.code === 'ECONNRESET') resolve('stale');
          else reject(failed(error));
        });
      sent.on('timeout', late);
      sent.on('error', fail);
      sent.on('response', (response) => {
        const parts: Buffer[] = [];
        let size = 0;
        response.on('data', (part: Buffer) => {
          size += part.length;
          parts.push(part);
          if (size > largest) response.destroy(new Error('its answer is too large'));
        });
        response.on('error', (error) => end(() => reject(failed(error))));
        response.on('end', () =>
          end(() =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(parts).toString('utf8'),
            }),
          ),
        );
      });
      sent.end(body);
    });
  return {
    async send(...request) {
      for (let left = 3; ; left--) {
        const reply = await once(...request);
        if (reply !== 'stale') return reply;
        if (left === 0) throw failed(Object.assign(new Error(), { code: 'ECONNRESET' }));
      }
    },
    close: () => agent.destroy(),
  };
}

/** What an authority is called in messages: the host of its directory. */
export function nameOf(directory: string): string {
  return URL.canParse(directory) ? new URL(directory).host : directory;
}
