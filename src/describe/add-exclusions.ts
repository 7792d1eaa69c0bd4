import {
  Document,
  isCollection,
  isMap,
  isPair,
  isSeq,
  type Node,
  parseDocument,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { Pointer } from '../model/pointer.ts';
import { segments } from '../model/pointer.ts';
import type { WafExclusion } from '../model/waf.ts';
import type { Source } from './source.ts';

/** An exclusion as it is written. */
export type WrittenExclusion = Omit<WafExclusion, 'pointer'>;

/**
 * The text of a description's file with more exclusions for the publication at a pointer: nothing else of it changes, comments and
 * layout stay. Nothing is given where the publication is an alias, or written in a way that cannot be added to.
 */
export function withExclusions(
  { text, document }: Pick<Source, 'text' | 'document'>,
  publication: Pointer,
  exclusions: readonly WrittenExclusion[],
): string | undefined {
  const path = segments(publication);
  const at = document.getIn(path, true);
  if (!isMap(at)) return undefined;
  const wanted = parseDocument(text);
  const items = exclusions.map(({ rule, path: where, target, why }) => ({
    rule,
    path: where,
    ...(target === undefined ? {} : { target }),
    why,
  }));
  const waf = at.get('waf', true);
  if (waf !== undefined && !isMap(waf)) return undefined;
  const list = waf?.get('exclusions', true);
  if (list !== undefined && !isSeq(list)) return undefined;
  const before = (list?.toJSON() as unknown[] | undefined) ?? [];
  wanted.setIn([...path, 'waf', 'exclusions'], wanted.createNode([...before, ...items]));
  const said = JSON.stringify(wanted.toJS());
  const spliced = splice(text, at, waf, list, items) ?? spliceInLine(text, at, waf, list, items);
  return spliced !== undefined && isSame(spliced, said) ? spliced : undefined;
}

function isSame(text: string, said: string): boolean {
  const read = parseDocument(text);
  return read.errors.length === 0 && JSON.stringify(read.toJS()) === said;
}

/** The text with the new lines behind what they follow; nothing where that is written in one line. */
function splice(
  text: string,
  publication: YAMLMap,
  waf: YAMLMap | undefined,
  list: Node | undefined,
  items: readonly object[],
): string | undefined {
  const lines = (value: unknown, column: number) =>
    new Document(value)
      .toString({ lineWidth: 0 })
      .trimEnd()
      .split('\n')
      .map((line) => `${' '.repeat(column)}${line}\n`)
      .join('');
  if (list && isSeq(list) && isCollection(list) && list.items.length > 0) {
    if (list.flow) return undefined;
    const column = columnOf(text, list);
    return column === undefined ? undefined : insert(text, list, lines(items, column));
  }
  const into = waf && waf.items.length > 0 ? waf : publication;
  const value = into === waf ? { exclusions: items } : { waf: { exclusions: items } };
  if (into.flow || list || (waf && into !== waf)) return undefined;
  const column = columnOf(text, into);
  return column === undefined ? undefined : insert(text, into, lines(value, column));
}

/** The same where what they belong to is written in one line, between brackets. */
function spliceInLine(
  text: string,
  publication: YAMLMap,
  waf: YAMLMap | undefined,
  list: Node | undefined,
  items: readonly object[],
): string | undefined {
  const words = items.map((item) => inLine(item)).join(', ');
  if (list && isSeq(list)) return within(text, list, words);
  return waf
    ? within(text, waf, `exclusions: [${words}]`)
    : within(text, publication, `waf: { exclusions: [${words}] }`);
}

const inLine = (value: object): string =>
  new Document(value).toString({ collectionStyle: 'flow', lineWidth: 0 }).trim();

/** Behind the last entry between the brackets of a collection. */
function within(text: string, node: YAMLMap | YAMLSeq, added: string): string | undefined {
  if (!node.flow || !node.range) return undefined;
  const last = node.items.at(-1);
  const end = isPair(last) ? (last.value as Node | null) : (last as Node | undefined);
  const at = last === undefined ? node.range[0] + 1 : end?.range?.[1];
  if (at === undefined) return undefined;
  const padded = isMap(node) && last === undefined ? ` ${added} ` : last === undefined ? added : `, ${added}`;
  return text.slice(0, at) + padded + text.slice(at);
}

/** In which column a collection's entries begin: its own first character, dashes included. */
function columnOf(text: string, { range }: Node): number | undefined {
  if (!range) return undefined;
  const start = text.lastIndexOf('\n', range[0] - 1) + 1;
  const before = text.slice(start, range[0]);
  // Behind something else on its line, an entry of a list for instance.
  return /^ *$/.test(before) ? before.length : undefined;
}

/** Behind the last line of a collection, before the comments and empty lines that follow it. */
function insert(text: string, node: Node, added: string): string | undefined {
  const last = lastOf(node);
  if (!last?.range) return undefined;
  const end = last.range[1];
  const newline = text[end - 1] === '\n' ? end - 1 : text.indexOf('\n', end);
  if (newline < 0) return `${text}\n${added}`;
  return text.slice(0, newline + 1) + added + text.slice(newline + 1);
}

/** The last scalar (or collection in one line) of a collection. */
function lastOf(node: unknown): Node | undefined {
  if (isMap(node) && !node.flow) {
    const pair = node.items.at(-1);
    return lastOf(pair?.value) ?? (pair?.key as Node | undefined);
  }
  if (isSeq(node) && !node.flow) return lastOf(node.items.at(-1));
  return (node ?? undefined) as Node | undefined;
}
