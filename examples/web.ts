/** What the example applications share: markup that cannot be broken out of, answers, and a clean start and stop. */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Language = 'en' | 'fr';

/** Text that is HTML already; only {@link html} makes it. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Insertable = string | number | Markup | readonly Markup[];

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function insert(value: Insertable): string {
  if (value instanceof Markup) return value.text;
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value));
  return value.map((markup) => markup.text).join('');
}

/** A template whose values are escaped, unless they are markup themselves. */
export function html(parts: TemplateStringsArray, ...values: readonly Insertable[]): Markup {
  return new Markup(parts.reduce((text, part, index) => text + insert(values[index - 1] ?? '') + part));
}

export interface Page {
  readonly language: Language;
  readonly title: string;
  readonly body: Markup;
  /** Address of a script, relative to the page. */
  readonly script?: string;
}

/** Sends a whole page. Its style is found beside it: addresses are relative, so that a page can live under any prefix. */
export function sendPage(
  response: ServerResponse,
  page: Page,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): void {
  const script = page.script ? html`<script src="${page.script}" defer></script>` : html``;
  const text = html`<!doctype html>
<html lang="${page.language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title}</title>
<link rel="stylesheet" href="style.css">
${script}
<body>
${page.body}
</body>
</html>
`.text;
  send(response, status, 'text/html; charset=utf-8', text, {
    'content-security-policy':
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'",
    vary: 'accept-language, cookie',
    'cache-control': 'no-store',
    ...headers,
  });
}

/** Sends a text; its length is announced, so that connections can be kept. */
export function send(
  response: ServerResponse,
  status: number,
  type: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text), ...headers });
  response.end(text);
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, 'application/json', `${JSON.stringify(value)}\n`, { 'cache-control': 'no-store' });
}

export function redirect(
  response: ServerResponse,
  status: 302 | 303,
  to: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  send(response, status, 'text/plain; charset=utf-8', `→ ${to}\n`, { location: to, ...headers });
}

export function notFound(response: ServerResponse): void {
  send(response, 404, 'text/plain; charset=utf-8', 'not found\n');
}

const types = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8' } as const;

/** A file of the application's own, read once. */
export function staticFile(location: URL, type: keyof typeof types): (response: ServerResponse) => void {
  const text = readFileSync(location, 'utf8');
  return (response) => send(response, 200, types[type], text, { 'cache-control': 'max-age=60' });
}

export const sendStyle = staticFile(new URL('style.css', import.meta.url), 'css');

/** The first of the languages that we speak among those that the visitor reads. */
export function languageOf(request: IncomingMessage): Language {
  return /\b(en|fr)\b/i.exec(request.headers['accept-language'] ?? '')?.[1]?.toLowerCase() === 'fr'
    ? 'fr'
    : 'en';
}

/** The path and query of a request; `undefined` for a target that is neither. */
export function urlOf(request: IncomingMessage): URL | undefined {
  const target = request.url ?? '/';
  return target.startsWith('/') && URL.canParse(`http://app${target}`)
    ? new URL(`http://app${target}`)
    : undefined;
}

export function cookieOf(request: IncomingMessage, name: string): string | undefined {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name) return value;
  }
  return undefined;
}

/** One server of an application, and where it listens unless the environment says otherwise. */
export interface Listener {
  readonly name: string;
  readonly server: Server;
  /** The environment variable that chooses the port; 0 takes any free one. */
  readonly variable: string;
  readonly port: number;
  /** The path of its first page. */
  readonly path: string;
}

/** What an application tells the process that started it. */
export type Announcement =
  | { readonly kind: 'ready'; readonly urls: Readonly<Record<string, string>> }
  | { readonly kind: 'failed'; readonly message: string };

function announce(announcement: Announcement): void {
  process.send?.(announcement);
}

function listen(listener: Listener): Promise<string> {
  const wanted = process.env[listener.variable] ?? String(listener.port);
  return new Promise((resolve, reject) => {
    const port = /^\d{1,5}$/.test(wanted) ? Number(wanted) : Number.NaN;
    if (!(port <= 65535)) {
      reject(new Error(`${listener.variable}=${wanted} is not a port`));
      return;
    }
    listener.server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(
              `port ${port} is taken: stop what listens there, or choose another with ${listener.variable}`,
            )
          : error,
      ),
    );
    // Only this machine: the way in is the gateway.
    listener.server.listen(port, '127.0.0.1', () => {
      const { port: chosen } = listener.server.address() as AddressInfo;
      resolve(`http://127.0.0.1:${chosen}${listener.path}`);
    });
  });
}

/**
 * Runs an application: listens, says so in one line, and ends when asked to, or when the process that started it is gone.
 * `release` lets go of what would keep connections open.
 */
export async function run(
  app: string,
  listeners: readonly Listener[],
  release: () => void = () => {},
): Promise<void> {
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    release();
    for (const { server } of listeners) {
      server.close();
      server.closeIdleConnections();
      // Requests in progress have a moment to end.
      setTimeout(() => server.closeAllConnections(), 500).unref();
    }
    if (process.connected) process.disconnect();
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'disconnect']) process.once(signal, stop);
  try {
    const urls: Record<string, string> = {};
    for (const listener of listeners) urls[listener.name] = await listen(listener);
    console.log(
      `${app}: ${Object.entries(urls)
        .map(([name, url]) => `${name} on ${url}`)
        .join(', ')}`,
    );
    announce({ kind: 'ready', urls });
  } catch (error) {
    const message = `${app}: ${error instanceof Error ? error.message : String(error)}`;
    console.error(message);
    announce({ kind: 'failed', message });
    process.exitCode = 1;
    stop();
  }
}
