import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';

/** What came back, and from where it came in the end. */
export interface Visit {
  readonly status: number;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A browser at a gateway of this machine's loopback: keeps each name's cookies, and goes where it is sent. */
export interface Browser {
  /** Follows redirects, ten at most. */
  go(url: string, headers?: Record<string, string>): Promise<Visit>;
  /** One request, as a program sends it. */
  fetch(url: string, headers?: Record<string, string>): Promise<Visit>;
  /** Sends a form. */
  send(
    url: string,
    fields: Readonly<Record<string, string>>,
    headers?: Record<string, string>,
  ): Promise<Visit>;
  readonly cookies: Map<string, Map<string, string>>;
}

/** A browser that finds every name at a port of this machine. */
export function openBrowser(port: number, ca: string): Browser {
  const cookies = new Map<string, Map<string, string>>();
  const ask = async (url: string, headers: Record<string, string>, body?: string): Promise<Visit> => {
    const { hostname, host, pathname, search } = new URL(url);
    const jar = cookies.get(hostname) ?? new Map<string, string>();
    cookies.set(hostname, jar);
    const cookie = [...jar].map((pair) => pair.join('=')).join('; ');
    const visit = await new Promise<Visit>((resolve, reject) => {
      const method = body === undefined ? 'GET' : 'POST';
      const options = { host: '127.0.0.1', port, method, path: pathname + search, servername: hostname, ca };
      const sent = { host, ...(cookie === '' ? {} : { cookie }), ...headers };
      const asked = request({ ...options, headers: sent, agent: false, timeout: 15_000 }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, url, headers: answer.headers, body: text }),
        );
      });
      asked.on('timeout', () => asked.destroy(new Error('no answer'))).on('error', reject);
      asked.end(body);
    });
    for (const each of visit.headers['set-cookie'] ?? []) {
      const [pair = '', ...attributes] = each.split(/;\s*/);
      const at = pair.indexOf('=');
      if (attributes.some((one) => /^max-age=0$/i.test(one))) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return visit;
  };
  const fetch = (url: string, headers: Record<string, string> = {}) => ask(url, headers);
  return {
    ...{ fetch, cookies },
    send(url, fields, headers = {}) {
      const body = String(new URLSearchParams(fields));
      const sent = {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': `${body.length}`,
      };
      return ask(url, { ...sent, ...headers }, body);
    },
    async go(url, headers = {}) {
      let visit = await fetch(url, { accept: 'text/html', 'sec-fetch-mode': 'navigate', ...headers });
      for (let times = 0; visit.headers.location !== undefined && times < 10; times++)
        visit = await fetch(new URL(visit.headers.location, visit.url).href, {
          ...{ accept: 'text/html', 'sec-fetch-mode': 'navigate' },
          ...headers,
        });
      return visit;
    },
  };
}
