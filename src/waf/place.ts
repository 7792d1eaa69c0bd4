/** Where in a request a value is put: a path, and a target in ModSecurity's words. */
export interface Spot {
  readonly method: string;
  readonly path: string;
  /** What the query has besides, as it is sent. */
  readonly query?: string;
  /** `ARGS:q`, `REQUEST_COOKIES:c`, `REQUEST_HEADERS:X-Y`, `ARGS_NAMES:…`, `FILES:f`. */
  readonly target: string;
  /** Parameters stand in the body, as a form's or as JSON's, or in the query. */
  readonly from: 'query' | 'form' | 'json';
}

/** What a browser sends with each request, without which rules would find fault with that. */
const browser = [
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8',
  'Accept-Language: fr,en;q=0.5',
  'Connection: close',
];

/** Values at targets of one request. */
export type Placed = readonly (readonly [target: string, value: string])[];

/** The request that has these values in the places that their targets name; nothing where a target is no place to put something. */
export function requestOf(
  { method, path, from, query: besides = '' }: Omit<Spot, 'target'>,
  host: string,
  placed: Placed,
): Buffer | undefined {
  const headers: string[] = [`Host: ${host}`];
  const own = new Set<string>();
  const cookies: string[] = [];
  const fields: [string, string][] = [];
  const files: [string, string][] = [];
  for (const [target, value] of placed) {
    const [collection = '', name = ''] = split(target);
    if (/^ARGS(?:_GET|_POST)?$/.test(collection) && name !== '') fields.push([name, value]);
    else if (/^ARGS(?:_GET|_POST)?_NAMES$/.test(collection)) fields.push([value, '1']);
    else if (collection === 'FILES') files.push([name, value]);
    else if (collection === 'REQUEST_COOKIES' && name !== '') cookies.push(`${name}=${headerText(value)}`);
    else if (collection === 'REQUEST_HEADERS' && name !== '') {
      own.add(name.toLowerCase());
      headers.push(`${name}: ${headerText(value)}`);
    } else return undefined;
  }
  headers.push(...browser.filter((line) => !own.has((line.split(':')[0] as string).toLowerCase())));
  if (cookies.length > 0) headers.push(`Cookie: ${cookies.join('; ')}`);
  const { query, type, body } = bodyOf(files.length > 0 ? 'files' : from, fields, files);
  const verb = body === undefined ? (method === 'HEAD' ? 'GET' : method) : method === 'GET' ? 'POST' : method;
  if (body !== undefined) headers.push(`Content-Type: ${type}`, `Content-Length: ${body.length}`);
  const queries = [besides, query].filter((part) => part !== '').join('&');
  const line = `${verb} ${encodedPath(path)}${queries === '' ? '' : `?${queries}`} HTTP/1.1`;
  const head = Buffer.from(`${[line, ...headers].join('\r\n')}\r\n\r\n`, 'utf8');
  return body === undefined ? head : Buffer.concat([head, body]);
}

function bodyOf(
  from: Spot['from'] | 'files',
  fields: readonly (readonly [string, string])[],
  files: readonly (readonly [string, string])[],
): { readonly query: string; readonly type: string; readonly body?: Buffer } {
  const form = fields.map(([name, value]) => `${formText(name)}=${formText(value)}`).join('&');
  if (from === 'query') return { query: form, type: '' };
  if (from === 'form')
    return { query: '', type: 'application/x-www-form-urlencoded', body: Buffer.from(form) };
  if (from === 'json')
    return { query: '', type: 'application/json', body: Buffer.from(JSON.stringify(jsonOf(fields))) };
  const boundary = '----poterne7d1f';
  const quoted = (text: string) => text.replace(/[\r\n"]/g, (c) => encodeURIComponent(c));
  const parts = [
    ...fields.map(
      ([name, value]) => `Content-Disposition: form-data; name="${quoted(name)}"\r\n\r\n${value}`,
    ),
    ...files.map(
      ([name, value]) =>
        `Content-Disposition: form-data; name="${quoted(name)}"; filename="${quoted(value)}"\r\nContent-Type: text/plain\r\n\r\nx`,
    ),
  ];
  const text = `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`;
  return { query: '', type: `multipart/form-data; boundary=${boundary}`, body: Buffer.from(text) };
}

/** The document whose values ModSecurity calls `json.a.b` and, in lists, `json.a.array_0`. */
function jsonOf(fields: readonly (readonly [string, string])[]): unknown {
  const root: Record<string, unknown> = {};
  for (const [name, value] of fields) {
    const path = name.replace(/^json\./, '').split('.');
    let at: Record<string, unknown> = root;
    for (const [n, part] of path.entries()) {
      if (n === path.length - 1) at[part] = value;
      else {
        if (typeof at[part] !== 'object') at[part] = {};
        at = at[part] as Record<string, unknown>;
      }
    }
  }
  return listed(root);
}

function listed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  if (entries.length > 0 && entries.every(([name]) => /^array_\d{1,3}$/.test(name))) {
    const last = Math.max(...entries.map(([name]) => Number(name.slice(6))));
    return Array.from(
      { length: last + 1 },
      (_, n) => listed((value as Record<string, unknown>)[`array_${n}`]) ?? '',
    );
  }
  return Object.fromEntries(entries.map(([name, inner]) => [name, listed(inner)]));
}

const split = (target: string): readonly [string, string] => {
  const at = target.indexOf(':');
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)];
};

/** A header ends where its line does. */
const headerText = (text: string): string => text.replace(/[\r\n\0]/g, ' ');

const formText = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(/['()*!]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);

/** A path as it is sent: what a browser would encode is. */
const encodedPath = (path: string): string =>
  path.replace(/[^!$&'()*+,\-./0-9:;=@A-Z_a-z~%]/g, (c) => encodeURIComponent(c.toWellFormed()));
