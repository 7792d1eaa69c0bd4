import { type RequestOptions, request } from 'node:https';
import type { SecureContext } from 'node:tls';

/** Answers of providers are small. */
const largest = 1 << 20;

export interface Asking {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** The Fetch API as far as a provider is asked: over TLS, judged by this context alone, redirections not followed. */
export function httpsFetch(secureContext: SecureContext) {
  return (url: string, { method, headers, body, signal }: Asking): Promise<Response> => {
    const sent = body === undefined || body === null ? undefined : String(body);
    const length = sent === undefined ? {} : { 'content-length': String(Buffer.byteLength(sent)) };
    const options: RequestOptions = {
      ...{ method, secureContext, rejectUnauthorized: true, agent: false },
      headers: { ...headers, ...length },
      ...(signal ? { signal } : {}),
    };
    return new Promise((resolve, reject) => {
      const asked = request(url, options, (answer) => {
        const parts: Buffer[] = [];
        let size = 0;
        answer.on('data', (part: Buffer) => {
          parts.push(part);
          size += part.length;
          if (size > largest) answer.destroy(new Error('too large'));
        });
        answer.once('error', reject);
        answer.once('end', () => {
          const { statusCode: status = 500, rawHeaders } = answer;
          const named: [string, string][] = [];
          for (let i = 0; i + 1 < rawHeaders.length; i += 2)
            named.push([rawHeaders[i] as string, rawHeaders[i + 1] as string]);
          const hasBody = size > 0 && ![204, 205, 304].includes(status);
          resolve(new Response(hasBody ? Buffer.concat(parts) : null, { status, headers: named }));
        });
      });
      asked.once('error', reject);
      asked.end(sent);
    });
  };
}
