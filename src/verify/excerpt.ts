import type { IncomingMessage } from 'node:http';

const shownHeaders = [
  'server',
  'content-type',
  'content-length',
  'content-encoding',
  'location',
  'retry-after',
];

// Control characters would drive the reader's terminal, and bidirectional overrides would make text lie.
const unprintable = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;

// Best effort, since any page can hold anything: what is named a secret, and JSON Web Tokens.
const secrets = [
  /((?:token|secret|passw(?:or)?d|passphrase|api[-_]?key|session(?:[-_]?id)?|authorization|cookie)[\w-]*["']?\s*(?:[:=]|value=)\s*["']?)[^"'\s<>&;]+/gi,
  /()eyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g,
];

/** One line of foreign text that is safe to print, at most `longest` characters of it. */
export function printable(text: string, longest = 200): string {
  const line = text.slice(0, longest * 4).replace(unprintable, '·');
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

/** The first lines of foreign text: at most 6 of 160 characters, printable, without blank lines and apparent secrets. */
export function excerptOf(text: string): string {
  const hidden = secrets.reduce((now, secret) => now.replace(secret, '$1…'), text.slice(0, 4096));
  return hidden
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== '')
    .slice(0, 6)
    .map((line) => printable(line.trimEnd(), 160))
    .join('\n');
}

/** What a page says, without its markup. */
function words(page: string): string {
  return page
    .replace(/<(style|script)\b[\s\S]*?(<\/\1\s*>|$)/gi, '')
    .replace(/<!--[\s\S]*?(-->|$)/g, '')
    .replace(/<[^>]*(>|$)/g, ' ')
    .replace(/[ \t]+/g, ' ')
    .replace(/^ /gm, '');
}

/** A URL without its query, since a redirect's may hold a one-time code. */
export function withoutQuery(url: string): string {
  return printable(url.replace(/\?.*/s, '?…'), 120);
}

/** An HTTP answer for a person: status line, telling headers (never cookies), first lines of the body. */
export function answerExcerpt(
  answer: Pick<IncomingMessage, 'statusCode' | 'statusMessage' | 'headers'>,
  body: string,
): string {
  const lines = [`HTTP ${answer.statusCode} ${printable(answer.statusMessage ?? '', 60)}`.trim()];
  for (const name of shownHeaders) {
    const value = answer.headers[name];
    if (value !== undefined) lines.push(`${name}: ${withoutQuery(String(value))}`);
  }
  const isPage = /^text\/html\b/i.test(answer.headers['content-type'] ?? '');
  const rest = excerptOf(isPage ? words(body) : body);
  return [...lines, ...(rest ? [rest] : [])].join('\n');
}
