import type { Pointer } from '../../model/pointer.ts';
import type { Rendered } from '../engine.ts';

/** Lines of an sshd_config: a keyword with its arguments, a Match block, a comment or an empty line. */
export type Node =
  | { readonly kind: 'keyword'; readonly origin: Pointer; readonly words: readonly string[] }
  | {
      readonly kind: 'match';
      readonly origin: Pointer;
      readonly criteria: readonly string[];
      readonly body: readonly Node[];
    }
  | { readonly kind: 'comment'; readonly text: string }
  | { readonly kind: 'gap' };

/** A keyword with its arguments. */
export const keyword = (origin: Pointer, ...words: readonly string[]): Node => ({
  kind: 'keyword',
  origin,
  words,
});

/** What holds for those whom the criteria name; of several blocks that name them, the first that has a keyword counts. */
export const match = (origin: Pointer, criteria: readonly string[], body: readonly Node[]): Node => ({
  kind: 'match',
  origin,
  criteria,
  body,
});

/** A comment of one line, whatever the text holds. */
export const note = (text: string): Node => ({ kind: 'comment', text });

/** An empty line. */
export const gap: Node = { kind: 'gap' };

/** The text of these nodes, with the origin of each line. */
export function write(nodes: readonly Node[]): Rendered {
  const lines: string[] = [];
  const origins: Pointer[] = [];
  const add = (origin: Pointer, text: string) => {
    lines.push(text);
    origins.push(origin);
  };
  const visit = (node: Node, indent: string): void => {
    if (node.kind === 'gap') add('', '');
    else if (node.kind === 'comment')
      add('', `${indent}# ${node.text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()}`);
    else if (node.kind === 'keyword') add(node.origin, `${indent}${node.words.map(word).join(' ')}`);
    else {
      add(node.origin, `Match ${node.criteria.map(word).join(' ')}`);
      for (const inner of node.body) visit(inner, `${indent}    `);
    }
  };
  for (const node of nodes) visit(node, '');
  return { text: `${lines.join('\n')}\n`, origins };
}

/** sshd splits at blanks, and takes quotes, backslashes and # for its own: what we write needs none of them. */
function word(text: string): string {
  if (!/^[\w.,:/@%*+=[\]-]+$/.test(text))
    throw new Error(`not a word of sshd_config's: ${JSON.stringify(text)}`);
  return text;
}

/** A line of an authorized_keys file: options of ours before a key that was parsed. */
export function keyLine(options: readonly string[], key: string): string {
  if (!/^[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}$/.test(key))
    throw new Error(`not a public key: ${JSON.stringify(key)}`);
  return options.length === 0 ? key : `${options.join(',')} ${key}`;
}
