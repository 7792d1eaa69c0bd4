import type { Pointer } from '../../model/pointer.ts';
import type { Rendered } from '../engine.ts';

/** A word of a statement: nft's own or an address; a text in quotes; the values of an anonymous set; or an element of a set, with what it does. */
export type Word = Atom | { readonly values: readonly Atom[] } | { readonly element: readonly Atom[] };
type Atom = string | number | { readonly quoted: string };

/** Lines of an nft script: a statement, a block, a comment or an empty line. */
export type Node =
  | {
      readonly kind: 'statement';
      readonly origin: Pointer;
      readonly words: readonly Word[];
      readonly comment?: string;
    }
  | {
      readonly kind: 'block';
      readonly origin: Pointer;
      readonly head: readonly Word[];
      readonly body: readonly Node[];
    }
  | { readonly kind: 'comment'; readonly origin: Pointer; readonly text: string }
  | { readonly kind: 'gap' };

/** A statement without a comment of its own: a chain's type, a set's type, a command. */
export const line = (origin: Pointer, ...words: readonly Word[]): Node => ({
  kind: 'statement',
  origin,
  words,
});

/** A rule, with the reason it exists, which the kernel keeps beside it. */
export const rule = (origin: Pointer, words: readonly Word[], comment: string): Node => ({
  kind: 'statement',
  origin,
  words,
  comment,
});

/** A table, a chain or a set. */
export const block = (origin: Pointer, head: readonly Word[], body: readonly Node[]): Node => ({
  kind: 'block',
  origin,
  head,
  body,
});

/** A comment of one line in the file, whatever the text holds. */
export const note = (origin: Pointer, text: string): Node => ({ kind: 'comment', origin, text });

/** An empty line. */
export const gap: Node = { kind: 'gap' };

/** Statement of a chain that hooks into the kernel: nft wants it on one line, with semicolons. */
export const hook = (
  type: string,
  at: string,
  priority: string,
  policy: 'accept' | 'drop',
): readonly Word[] => ['type', type, 'hook', at, 'priority', `${priority};`, 'policy', `${policy};`];

/** One value as it is, several as an anonymous set. */
export function oneOf(values: readonly Atom[]): Word {
  return values.length === 1 ? (values[0] as Atom) : { values };
}

/** A text in quotes, for interfaces and log prefixes. nft has no escape, so that what cannot stand there is refused. */
export function quoted(text: string): Atom {
  if (!/^[\w.:@* -]{1,60}$/.test(text))
    throw new Error(`not a text for nft's quotes: ${JSON.stringify(text)}`);
  return { quoted: text };
}

/** The kernel keeps this many bytes of a rule's comment, and nft refuses more. */
export const longestComment = 128;

/**
 * A text as a rule's comment can hold it: one line, without the quote that would end it (nft has no escape), and cut
 * between two characters where it is too long.
 */
export function commentText(text: string): string {
  const plain = flat(text).replaceAll('"', '’');
  return Buffer.byteLength(plain) <= longestComment ? plain : `${cut(plain, longestComment - 3)}…`;
}

/** One line without control characters or halves of surrogate pairs. */
function flat(text: string): string {
  return Buffer.from(text)
    .toString()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
}

/** The beginning of a text that fits in so many bytes. */
function cut(text: string, bytes: number): string {
  let length = 0;
  let kept = '';
  for (const character of text) {
    length += Buffer.byteLength(character);
    if (length > bytes) break;
    kept += character;
  }
  return kept.trimEnd();
}

const longestLine = 118;

/** The text of these nodes, indented, with the origin of each line. */
export function write(nodes: readonly Node[]): Rendered {
  const lines: string[] = [];
  const origins: Pointer[] = [];
  const add = (depth: number, origin: Pointer, text: string) => {
    lines.push(text === '' ? '' : `${'\t'.repeat(depth)}${text}`);
    origins.push(origin);
  };
  const visit = (node: Node, depth: number, around: Pointer): void => {
    if (node.kind === 'gap') add(depth, around, '');
    else if (node.kind === 'comment') add(depth, node.origin, `# ${flat(node.text)}`);
    else if (node.kind === 'statement')
      for (const [n, text] of statement(node.words, node.comment).entries())
        add(depth + (n === 0 ? 0 : 1), node.origin, text);
    else {
      add(depth, node.origin, `${node.head.map(wordText).join(' ')} {`);
      for (const inner of node.body) visit(inner, depth + 1, node.origin);
      add(depth, node.origin, '}');
    }
  };
  for (const node of nodes) visit(node, 0, '');
  return { text: `${lines.join('\n')}\n`, origins };
}

function wordText(word: Word): string {
  if (typeof word === 'number') return String(word);
  if (typeof word !== 'string' && 'element' in word) return `{ ${word.element.map(wordText).join(' ')} }`;
  if (typeof word !== 'string')
    return 'quoted' in word ? `"${word.quoted}"` : `{ ${word.values.map(wordText).join(', ')} }`;
  if (!/^(?:[\w.:/@!=,<>&|-]+|\[[\w:.]+\](?::\d+)?);?$/.test(word))
    throw new Error(`not a word of nft's: ${JSON.stringify(word)}`);
  return word;
}

/** A statement in lines of a readable width: nft lets one be broken between the values of a set only. */
function statement(words: readonly Word[], comment: string | undefined): string[] {
  const kept = comment === undefined ? '' : commentText(comment);
  const pieces = words.flatMap((word) => {
    const text = wordText(word);
    return text.length > 60 ? text.split(/(?<=, )/) : [text];
  });
  const lines = [''];
  for (const [n, piece] of pieces.entries()) {
    const last = lines.length - 1;
    const broken = pieces[n - 1]?.endsWith(', ') ?? false;
    const space = n === 0 || broken ? '' : ' ';
    const current = lines[last] as string;
    if (broken && current.length + piece.length > longestLine) {
      lines[last] = current.trimEnd();
      lines.push(piece);
    } else lines[last] = `${current}${space}${piece}`;
  }
  if (kept !== '') lines[lines.length - 1] += ` comment "${kept}"`;
  return lines;
}
