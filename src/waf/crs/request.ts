import type { CrsInput } from './format.ts';

/** What earlier stages of a test left behind. */
export interface Earlier {
  readonly cookies: readonly string[];
  readonly location?: string;
}

/**
 * The requests of a stage, byte for byte as they go over the wire. `host` stands in place of `localhost` in the Host header, which is what
 * the suites call the server that they test; other values are sent as they are.
 */
export function requestsOf(input: CrsInput, host: string, earlier: Earlier): readonly Buffer[] {
  if (input.raw) return [withHost(input.raw, host)];
  const uris = input.followRedirect && earlier.location !== undefined ? [earlier.location] : input.uris;
  const body = bodyOf(input);
  const headers = headersOf(input, body, earlier).map(
    ([name, value]) =>
      `${name}: ${name.toLowerCase() === 'host' && value === 'localhost' ? host : value}\r\n`,
  );
  return uris.map((uri) => {
    const line = `${input.method} ${uri}${input.version === '' ? ' ' : ` ${input.version}`}\r\n`;
    return Buffer.concat([Buffer.from(`${line}${headers.join('')}\r\n`), body ?? Buffer.alloc(0)]);
  });
}

function withHost(raw: Buffer, host: string): Buffer {
  // latin1 keeps every byte.
  const text = raw.toString('latin1');
  const end = /\r?\n\r?\n/.exec(text)?.index ?? text.length;
  const head = text.slice(0, end).replace(/^(host:[ \t]*)localhost(?=[ \t]*\r?$)/im, `$1${host}`);
  return Buffer.from(head + text.slice(end), 'latin1');
}

function headersOf(input: CrsInput, body: Buffer | undefined, { cookies }: Earlier): [string, string][] {
  const headers: [string, string][] = input.headers.map(([name, value]) => [name, value]);
  const has = (wanted: string) => headers.some(([name]) => name.toLowerCase() === wanted);
  if (input.saveCookie && cookies.length > 0 && !has('cookie')) headers.push(['Cookie', cookies.join('; ')]);
  if (!input.completes) return headers;
  if (body) {
    if (!has('content-type')) headers.push(['Content-Type', formType]);
    if (!has('content-length') && !has('transfer-encoding'))
      headers.push(['Content-Length', String(body.length)]);
  }
  if (!has('connection')) headers.push(['Connection', 'close']);
  return headers;
}

const formType = 'application/x-www-form-urlencoded';

/** The body; a form that is not encoded yet is, as the runners that the suites were written for do. */
function bodyOf({ data, completes, headers }: CrsInput): Buffer | undefined {
  if (!data || data.length === 0 || !completes) return data?.length ? data : undefined;
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? formType;
  if (type !== formType) return data;
  const text = data.toString('utf8');
  if (!Buffer.from(text).equals(data) || decoded(text) !== text) return data;
  const fields = new URLSearchParams(text);
  return [...fields.values()].every((value) => value === '') ? data : Buffer.from(fields.toString());
}

/** Percent-decoded where that is possible: what is no escape stays. */
function decoded(text: string): string {
  return text.replace(/%[0-9a-f]{2}/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
}
