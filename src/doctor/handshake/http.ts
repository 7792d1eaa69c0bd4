import { request } from 'node:https';
import { isIP } from 'node:net';
import type { Wish } from './client.ts';

/** The answer of a web server to a request for `/`. */
export interface HttpAnswer {
  readonly status: number;
  readonly reason: string;
  /** What time it is there. */
  readonly date?: Date;
  /** The beginning of the page. */
  readonly body: string;
}

const enough = 4096;

/**
 * Asks for `/` as the handshake was made: nginx refuses a client's certificate in its answer only. A second connection by
 * Node, as `s_client` loses what arrives together with the end. `dropped`: the connection was ended without an answer.
 */
export function askHttp(wish: Wish): Promise<HttpAnswer | 'dropped' | undefined> {
  const { address, port, name, client, timeout } = wish;
  return new Promise((resolve) => {
    const asked = request({
      ...{ host: address, port, path: '/', agent: false, timeout, rejectUnauthorized: false },
      servername: isIP(name) ? '' : name,
      headers: { host: name, 'user-agent': 'poterne', connection: 'close' },
      ...(client ? { cert: client.pem, key: client.keyPem } : {}),
      ...(client?.passphrase === undefined ? {} : { passphrase: client.passphrase }),
    });
    const limit = setTimeout(() => asked.destroy(), timeout);
    const end = (answer: HttpAnswer | 'dropped' | undefined) => {
      clearTimeout(limit);
      resolve(answer);
      asked.destroy();
    };
    asked.once('error', ({ code }: NodeJS.ErrnoException) =>
      end(code === 'ECONNRESET' ? 'dropped' : undefined),
    );
    asked.once('close', () => end(undefined));
    asked.once('response', (response) => {
      let body = '';
      const date = new Date(response.headers.date ?? '');
      const whole = () =>
        end({
          ...{ status: response.statusCode ?? 0, reason: response.statusMessage?.slice(0, 80) ?? '', body },
          ...(Number.isNaN(date.getTime()) ? {} : { date }),
        });
      response.on('data', (bytes: Buffer) => {
        body += bytes.toString('latin1').slice(0, enough - body.length);
        if (body.length >= enough) whole();
      });
      response.once('end', whole);
      response.once('error', whole);
    });
    asked.end();
  });
}
