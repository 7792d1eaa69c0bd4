import type { Pointer } from '../../model/pointer.ts';
import type { Rendered } from '../engine.ts';

/** A line of nginx configuration, or several: a directive, a block, a comment or an empty line. */
export type Node =
  | { readonly kind: 'directive'; readonly origin: Pointer; readonly words: readonly string[] }
  | {
      readonly kind: 'block';
      readonly origin: Pointer;
      readonly words: readonly string[];
      readonly body: readonly Node[];
    }
  | { readonly kind: 'comment'; readonly origin: Pointer; readonly text: string }
  | { readonly kind: 'gap' };

/** A simple directive. Words are what nginx shall read; quoting is done when it is written. */
export const line = (origin: Pointer, ...words: readonly string[]): Node => ({
  kind: 'directive',
  origin,
  words,
});

/** A block directive. */
export const block = (origin: Pointer, words: readonly string[], body: readonly Node[]): Node => ({
  kind: 'block',
  origin,
  words,
  body,
});

/** A comment of one line, whatever the text holds. */
export const note = (origin: Pointer, text: string): Node => ({ kind: 'comment', origin, text });

/** A directive that nothing in the description asked for. */
export const own = (...words: readonly string[]): Node => line('', ...words);

/** A comment on what nothing in the description asked for. */
export const why = (text: string): Node => note('', text);

/** An empty line. */
export const gap: Node = { kind: 'gap' };

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const control = /[\u0000-\u001f\u007f]/;

/** Whether a text holds a control character, which has no place in a configuration nor in an HTTP header. */
export const hasControl = (text: string): boolean => control.test(text);

/** nginx reads its configuration in pieces of 4,096 bytes, and a word must fit in one, quotes and all. */
export const longestWord = 4000;

/** The bytes of a word as it stands in the file. */
export const wordLength = (word: string): number => Buffer.byteLength(quote(word));

/**
 * A word as `ngx_conf_read_token` reads it back: bare when that is safe, in quotes otherwise. A backslash is
 * doubled only where nginx would take it for an escape, so that regular expressions stay readable.
 */
export function quote(word: string): string {
  if (hasControl(word)) throw new Error(`control character in an nginx word: ${JSON.stringify(word)}`);
  if (/^[\w./:*=+@%,?&~^$!|<>()[\]-]+$/.test(word)) return word;
  const safe = word.replace(/\\(?=["'\\trn]|$)/g, '\\\\');
  return word.includes('"') && !word.includes("'") ? `'${safe}'` : `"${safe.replaceAll('"', '\\"')}"`;
}

/**
 * A user's text for a directive that expands variables. nginx has no escape for `$`, so that the character itself
 * comes from a variable (defined in the main file).
 */
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is nginx's, not ours.
export const plain = (text: string): string => text.replaceAll('$', '${poterne_dollar}');

/** A path for a directive that would take `$` for a variable; such paths are ours, so that refusing is enough. */
export function ownPath(path: string): string {
  if (path.includes('$')) throw new Error(`"$" in a path of the gateway: ${path}`);
  return path;
}

/** Without halves of surrogate pairs, which no URL can hold. */
const wellFormed = (text: string): string => Buffer.from(text).toString();

/** A path as it stands in a URL: what may not stand there is percent-encoded, `$` too so that nginx never sees it. */
export const encoded = (path: string): string =>
  encodeURI(wellFormed(path)).replace(/[$?#]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);

/** A regular expression that matches exactly this text. */
export const exactly = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/**
 * The same regular expression with plain groups instead of named ones: nginx makes a variable of every name, for all
 * servers, and it could take the place of one of ours or of nginx's own.
 */
export function unnamed(regex: string): string {
  return regex.replace(
    /(\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\])|\(\?(?:P?<(?![=!])\w*>|'\w*')/g,
    (whole, kept: string | undefined) => (kept === undefined ? '(' : whole),
  );
}

/** Whether a regular expression refers to a group by its name, which `unnamed` would break. */
export const refersToNames = (regex: string): boolean =>
  /\\k|\\g[{<'][^\d+-]|\(\?(?:P[=>]|&|R&|\(<|\(')/.test(regex);

/** nginx's writing of milliseconds. */
export const time = (milliseconds: number): string =>
  milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`;

/** The text of these nodes, indented, with the origin of each line. */
export function write(nodes: readonly Node[]): Rendered {
  const lines: string[] = [];
  const origins: Pointer[] = [];
  const add = (depth: number, origin: Pointer, text: string) => {
    lines.push(text === '' ? '' : `${'    '.repeat(depth)}${text}`);
    origins.push(origin);
  };
  const visit = (node: Node, depth: number, around: Pointer): void => {
    if (node.kind === 'gap') add(depth, around, '');
    else if (node.kind === 'comment') add(depth, node.origin, comment(node.text));
    else if (node.kind === 'directive')
      for (const [n, text] of wrapped(node.words, 110 - 4 * depth).entries())
        add(depth + (n === 0 ? 0 : 1), node.origin, text);
    else {
      add(depth, node.origin, `${node.words.map(quote).join(' ')} {`);
      for (const inner of node.body) visit(inner, depth + 1, node.origin);
      add(depth, node.origin, '}');
    }
  };
  for (const node of nodes) visit(node, 0, '');
  return { text: `${lines.join('\n')}\n`, origins };
}

/** A directive in lines of about this width, broken between words. */
function wrapped(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words.map(quote)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((text, n) => (n === lines.length - 1 ? `${text};` : text));
}

/** One line, and short: nginx counts a comment as a word, which must fit in 4,096 bytes. */
function comment(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced.
  const flat = text.replace(/[\u0000-\u001f\u007f\u0085\u2028\u2029]+/g, ' ').trim();
  return `# ${flat.length > 200 ? `${flat.slice(0, 199)}…` : flat}`;
}
