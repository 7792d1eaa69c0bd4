import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { harmless } from '../../lib/harmless.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import type { Solver } from './types.ts';

/** Where something listens. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** What answered a challenge's URL. */
export interface ChallengeAnswer {
  readonly status: number;
  readonly body: string;
  readonly server: string;
}

const path = '/.well-known/acme-challenge/';
const patience = 10_000;
const largest = 8192;

/** Asks as an authority would for an HTTP-01 answer (RFC 8555 §8.3), at one address. Throws what the connection fails with. */
export function askChallenge(
  { address, port }: Endpoint,
  name: string,
  token: string,
  signal?: AbortSignal,
): Promise<ChallengeAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request({
      ...{ host: address, port, path: path + token, timeout: patience, agent: false },
      headers: { host: name, 'user-agent': 'Poterne' },
      ...(signal ? { signal } : {}),
    });
    const late = () => sent.destroy(Object.assign(new Error(), { code: 'ETIMEDOUT' }));
    // Also for one that sends a byte now and then.
    const timer = setTimeout(late, 2 * patience);
    sent.on('timeout', late);
    sent.on('close', () => clearTimeout(timer));
    sent.on('error', reject);
    sent.on('response', (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (part: string) => {
        body += part;
        if (body.length > largest) response.destroy();
      });
      response.on('error', reject);
      response.on('close', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: body.slice(0, largest).trim(),
          server: String(response.headers.server ?? ''),
        }),
      );
    });
    sent.end();
  });
}

/** What came back instead of the answer, in a few words. */
export function excerptOf({ status, server, body }: ChallengeAnswer): string {
  const text = harmless(body.replace(/\s+/g, ' ').slice(0, 60));
  return [`HTTP ${status}`, server && `(${harmless(server.slice(0, 40))})`, text].filter(Boolean).join(' ');
}

/**
 * HTTP-01 answered by our own gateway, for any token by itself: all that is left is to wait until it does so for this name, at the
 * address where the gateway itself listens. Throws `acme.self`.
 */
export function httpSolver(gateway: Endpoint, within = 20_000): Solver {
  return {
    type: 'http-01',
    async present({ name, token, keyAuthorization }, signal) {
      const deadline = Date.now() + within;
      for (;;) {
        const seen = await askChallenge(gateway, name, token, signal).then(
          (answer) =>
            answer.status === 200 && answer.body === keyAuthorization ? undefined : excerptOf(answer),
          (error: NodeJS.ErrnoException) => error.code ?? error.message,
        );
        if (seen === undefined) return;
        signal.throwIfAborted();
        if (Date.now() > deadline) {
          const params = { name, at: `${gateway.address}:${gateway.port}`, seen };
          throw new Fault('acme.self', params, { next: message('acme.self.next', params) });
        }
        await sleep(500, undefined, { signal });
      }
    },
    async withdraw() {
      // Nothing was put anywhere.
    },
  };
}
