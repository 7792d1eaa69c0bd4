import { createHash } from 'node:crypto';
import { domainToASCII } from 'node:url';
import { isAddress } from '../lib/ip.ts';
import { type Message, message } from '../model/message.ts';
import type { Address, Publication, Upstream } from '../model/site.ts';

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;

/** Whether this is a DNS host name (RFC 1123, 2.1) of at most 253 characters, without a final dot, and no address. */
export function isDnsName(text: string): boolean {
  const labels = text.split('.');
  return text.length <= 253 && labels.every((l) => label.test(l)) && !/^\d+$/.test(labels.at(-1) as string);
}

/** What to do about a name that is not a DNS name. */
export function dnsHint(name: string): Message | undefined {
  if (isAddress(name) || /^[\d.]+$/.test(name)) return message('value.dns.address');
  const ascii = domainToASCII(name);
  if (/[^\p{ASCII}]/u.test(name) && isDnsName(ascii)) return message('value.dns.ascii', { ascii });
  if (name.length > 253) return message('value.dns.length');
  const wrong = name.split('.').find((l) => !label.test(l));
  return wrong === undefined ? undefined : message('value.dns.label', { label: wrong });
}

/** A machine's name inside the house: as DNS, but underscores are common there. */
export function isHost(text: string): boolean {
  return isAddress(text) || (isDnsName(text.replaceAll('_', 'x')) && text.length <= 253);
}

/** Whether this was meant as an address or a network, right or wrong. */
export function isAddressLike(text: string): boolean {
  return isAddress(text) || /^[\d.]+$/.test(text) || /[/:]/.test(text);
}

/** `*.example.fr` is a wildcard, `~^app[0-9]+$` a regular expression, everything else an exact name. */
export function matchOf(name: string): Publication['match'] {
  return name.startsWith('~') ? 'regex' : name.includes('*') ? 'wildcard' : 'exact';
}

/** The one spelling of a publication's name: DNS knows no case, and a final dot says nothing more (RFC 1034, 3.1). */
export function normalName(name: string): string {
  if (matchOf(name) === 'regex') return `~${name.slice(1).trim()}`;
  return name.toLowerCase().replace(/\.$/, '');
}

/**
 * A file-safe identifier (`[a-z0-9_]+`), different for every normal name. In a DNS name a hyphen never touches a dot,
 * so `_` for a dot and `__` for a hyphen can be read back; a wildcard alone begins with one `_`, a hash alone with two.
 */
export function publicationId(name: string): string {
  if (matchOf(name) !== 'regex') {
    const id = name.replace(/^\*/, '').replaceAll('-', '__').replaceAll('.', '_');
    if (id.length <= 120 && /^_?[a-z0-9][a-z0-9_]*$/.test(id)) return id;
  }
  const readable = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '')
    .slice(0, 60);
  return `__${readable}_${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}

/**
 * A regular expression as JavaScript has it, for what nginx reads as PCRE: the common ground of both, and `(?P<name>`
 * and a leading `(?i)`. `undefined` when it is none.
 */
export function compile(source: string, flags = ''): RegExp | undefined {
  const insensitive = source.startsWith('(?i)');
  const portable = (insensitive ? source.slice(4) : source).replaceAll('(?P<', '(?<');
  try {
    return source === '' ? undefined : new RegExp(portable, insensitive ? 'i' : flags);
  } catch {
    return undefined;
  }
}

/** The regular expression of a route key written `~ …`; `undefined` for a prefix. */
export function regexOf(routeKey: string): { readonly source: string; readonly regex?: RegExp } | undefined {
  if (!routeKey.startsWith('~')) return undefined;
  const source = routeKey.slice(1).trim();
  const regex = compile(source);
  return regex ? { source, regex } : { source };
}

/** A name to ask for when none is given: the name itself, or one below a wildcard. */
export function exampleOf(name: string): string | undefined {
  const match = matchOf(name);
  return match === 'regex' ? undefined : match === 'wildcard' ? `check.${name.slice(2)}` : name;
}

/** Whether a name is one that a certificate's name covers: itself, or one label for the star (RFC 9525, 6.3). */
export function covers(pattern: string, name: string): boolean {
  const [a, b] = [pattern.toLowerCase(), name.toLowerCase()];
  return a === b || (a.startsWith('*.') && b.includes('.') && b.slice(b.indexOf('.')) === a.slice(1));
}

const innerParts = (path: string) => path.replace(/^\//, '').replace(/\/$/, '').split('/');
const hasOddPart = (path: string) =>
  path !== '/' && innerParts(path).some((p) => ['', '.', '..'].includes(p));

/** Whether this is what one may ask of a service: a path, perhaps with a query, as it goes over the wire. */
export function isRequestPath(text: string): boolean {
  return /^\/[!-~]*$/.test(text) && !text.includes('#') && !hasOddPart(text.split('?')[0] as string);
}

/** Whether this is a path prefix as engines compare it: decoded, so without %-codes, and without a query. */
export function isPrefix(text: string): boolean {
  return /^\/[^\s\p{Cc}?#%\\]*$/u.test(text) && !hasOddPart(text);
}

/** Where a service listens, from `http://…`, `https://…`, `tcp://…` or `unix:/…`; otherwise what to do about it. */
export function parseUrl(text: string): { scheme: Upstream['scheme']; address: Address } | { hint: Message } {
  const socket = /^unix:(\/[\w.@+/-]{1,106})$/.exec(text)?.[1];
  // 107 bytes is what the kernel's sockaddr_un has room for.
  if (socket && isPrefix(socket)) return { scheme: 'http', address: { kind: 'unix', path: socket } };
  const found = /^(https?|tcp):\/\/(\[[\da-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?(\/?)$/i.exec(text);
  if (!found) {
    if (/^(?:https?|tcp):\/\/[^/]*@/i.test(text)) return { hint: message('value.url.secret') };
    const hasPath = /^(https?:\/\/[^/?#\s]+)[/?#]/i.exec(text)?.[1];
    return { hint: message(hasPath && 'scheme' in parseUrl(hasPath) ? 'value.url.path' : 'value.url.form') };
  }
  const scheme = (found[1] as string).toLowerCase() as Upstream['scheme'];
  const host = (found[2] as string).toLowerCase();
  // Only http and https have a port that goes without saying.
  const port = Number(found[3] ?? { http: 80, https: 443, tcp: 0 }[scheme]);
  const bare = host.startsWith('[') ? host.slice(1, -1) : host;
  const valid = host.startsWith('[') ? isAddress(bare) : isHost(bare);
  if (!valid || port < 1 || port > 65_535) return { hint: message('value.url.form') };
  return { scheme, address: { kind: 'tcp', host: bare, port } };
}
