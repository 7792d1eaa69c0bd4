import type { Finding } from '../model/finding.ts';
import { type Message, message } from '../model/message.ts';
import { knownHint } from './hints.ts';

/** What may stand before the colon of a term; a bare word is a `name`. */
export const selectorKeys = ['name', 'group', 'zone', 'role', 'os', 'arch', 'has'] as const;
export type SelectorKey = (typeof selectorKeys)[number];

/** One condition on a host. */
export interface Term {
  readonly kind: 'term';
  readonly key: SelectorKey;
  readonly value: string;
  /** Whether `*` and `?` of the value stand for other characters. */
  readonly glob: boolean;
  /** Where it stands in the expression, in characters from 0. */
  readonly start: number;
  readonly end: number;
}

/** What a selector expression means. */
export type Selector =
  | { readonly kind: 'all' }
  | Term
  | { readonly kind: 'not'; readonly of: Selector }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Selector[] };

/** What findings about a selector call the place where it was written. */
export const selectorFile = '--on';

/** The expression as findings show it: always on one line. */
export function selectorLine(expression: string): string {
  return expression.replace(/[\r\n]/g, ' ');
}

/** A finding about a stretch of an expression, in characters from 0. */
export function selectorFinding(
  code: Finding['code'],
  params: Finding['params'],
  { start, end }: { readonly start: number; readonly end: number },
  hint?: Message,
): Finding {
  const at = { file: selectorFile, line: 1, column: start + 1, length: Math.max(1, end - start) };
  return { severity: 'error', code, params, at, ...(hint ? { hint } : {}) };
}

/** What is wrong with an expression; it never leaves this file. */
class Misread extends Error {
  readonly finding: Finding;
  constructor(...args: Parameters<typeof selectorFinding>) {
    super();
    this.finding = selectorFinding(...args);
  }
}

interface Token {
  readonly kind: '(' | ')' | 'and' | 'or' | 'not' | 'all' | 'term' | 'end';
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly term?: Term;
}

const keywords = ['and', 'or', 'not', 'all'] as const;
/** What people write elsewhere for the same. */
const foreign: Readonly<Record<string, string>> = {
  '&&': 'and',
  '&': 'and',
  '||': 'or',
  '|': 'or',
  ',': 'or',
  '!': 'not',
  et: 'and',
  ou: 'or',
  non: 'not',
  sauf: 'and not',
  except: 'and not',
};
/** Parentheses and nots within each other; more would only be an attack on the stack. */
const deepest = 100;

/** Reads a selector expression; not binds closer than and, and closer than or. */
export function parseSelector(expression: string): { selector: Selector } | { findings: readonly Finding[] } {
  try {
    const tokens = tokensOf(expression);
    let next = 0;
    const peek = () => tokens[next] as Token;

    const either = (kind: 'or' | 'and', part: (depth: number) => Selector, depth: number): Selector => {
      const of = [part(depth)];
      while (peek().kind === kind) {
        next++;
        of.push(part(depth));
      }
      return of.length === 1 ? (of[0] as Selector) : { kind, of };
    };
    const any = (depth: number): Selector => either('or', every, depth);
    const every = (depth: number): Selector => either('and', one, depth);
    const one = (depth: number): Selector => {
      const token = peek();
      if (depth > deepest) throw new Misread('selector.deep', { limit: deepest }, token);
      next++;
      if (token.kind === 'not') return { kind: 'not', of: one(depth + 1) };
      if (token.kind === 'all') return { kind: 'all' };
      if (token.term) return token.term;
      if (token.kind !== '(') throw operand(token, expression);
      const inner = any(depth + 1);
      const close = peek();
      if (close.kind === 'end') throw new Misread('selector.open', {}, token);
      if (close.kind !== ')') throw operator(close);
      next++;
      return inner;
    };

    const selector = any(0);
    const rest = peek();
    if (rest.kind === ')') throw new Misread('selector.close', {}, rest);
    if (rest.kind !== 'end') throw operator(rest);
    return { selector };
  } catch (error) {
    if (error instanceof Misread) return { findings: [error.finding] };
    throw error;
  }
}

function operand(token: Token, expression: string): Misread {
  if (expression.trim() === '') return new Misread('selector.empty', {}, token);
  if (token.kind === 'end') return new Misread('selector.end', {}, token);
  return new Misread('selector.operand', { found: token.text }, token);
}

function operator(token: Token): Misread {
  const meant = foreign[token.text.toLowerCase()];
  const hint = meant ? message('hint.nearest', { nearest: meant }) : message('selector.operator.hint');
  return new Misread('selector.operator', { found: token.text }, token, hint);
}

function tokensOf(expression: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = /\s*(?:([()])|([^\s()"'\\,&|!]+)|(&&|\|\||[&|,!])|(["'])|(.)|$)/suy;
  while (pattern.lastIndex < expression.length) {
    const found = pattern.exec(expression) as RegExpExecArray;
    const [whole, paren, word, sign, quote, stray] = found;
    const end = pattern.lastIndex;
    const start = end - whole.trimStart().length;
    if (paren) tokens.push({ kind: paren as '(' | ')', text: paren, start, end });
    else if (sign) throw foreignSign(sign, start, tokens);
    else if (stray) throw new Misread('selector.operand', { found: stray }, { start, end });
    else if (quote) tokens.push(quoted(expression, 'name', start, start));
    else if (word) tokens.push(wordToken(expression, word, start));
    pattern.lastIndex = Math.max(end, tokens.at(-1)?.end ?? 0);
  }
  tokens.push({ kind: 'end', text: '', start: expression.length, end: expression.length });
  return tokens;
}

function foreignSign(sign: string, start: number, tokens: readonly Token[]): Misread {
  const at = { start, end: start + sign.length };
  const hint = message('hint.nearest', { nearest: foreign[sign] as string });
  const last = tokens.at(-1)?.kind;
  const after = last === 'term' || last === 'all' || last === ')';
  return new Misread(after ? 'selector.operator' : 'selector.operand', { found: sign }, at, hint);
}

function wordToken(expression: string, word: string, start: number): Token {
  const end = start + word.length;
  const keyword = keywords.find((k) => k === word.toLowerCase());
  if (keyword) return { kind: keyword, text: word, start, end };
  const colon = word.indexOf(':');
  if (colon < 0) return termToken('name', word, start, end);
  const key = word.slice(0, colon);
  const value = word.slice(colon + 1);
  const known = selectorKeys.find((k) => k === key.toLowerCase());
  if (!known)
    throw new Misread(
      'selector.key',
      { key },
      { start, end: start + colon },
      knownHint(key, selectorKeys as readonly string[]),
    );
  if (value !== '') return termToken(known, value, start, end);
  if (/["']/.test(expression[end] ?? '')) return quoted(expression, known, end, start);
  throw new Misread('selector.value', { key }, { start, end });
}

function termToken(key: SelectorKey, value: string, start: number, end: number): Token {
  const term: Term = { kind: 'term', key, value, glob: /[*?]/.test(value), start, end };
  return { kind: 'term', text: value, start, end, term };
}

/** A value in quotes, in which nothing but the quote and the backslash (after a backslash) is special. */
function quoted(expression: string, key: SelectorKey, at: number, start: number): Token {
  const quote = expression[at] as string;
  let value = '';
  for (let i = at + 1; i < expression.length; i++) {
    const escaped = expression[i] === '\\' && /["'\\]/.test(expression[i + 1] ?? '');
    if (escaped) i++;
    else if (expression[i] === quote) {
      const end = i + 1;
      if (value === '') throw new Misread('selector.value', { key }, { start, end });
      return {
        kind: 'term',
        text: value,
        start,
        end,
        term: { kind: 'term', key, value, glob: false, start, end },
      };
    }
    value += expression[i];
  }
  throw new Misread('selector.quote', {}, { start: at, end: at + 1 });
}

/** An expression that reads as the same selector. */
export function printSelector(selector: Selector): string {
  switch (selector.kind) {
    case 'all':
      return 'all';
    case 'term':
      return printTerm(selector);
    case 'not':
      return `not ${inside(selector.of, ['and', 'or'])}`;
    default:
      return selector.of
        .map((part) => inside(part, selector.kind === 'and' ? ['and', 'or'] : ['or']))
        .join(` ${selector.kind} `);
  }
}

function inside(selector: Selector, wrapped: readonly string[]): string {
  const text = printSelector(selector);
  return wrapped.includes(selector.kind) ? `(${text})` : text;
}

function printTerm({ key, value, glob }: Term): string {
  const bare = glob || /^[^\s()"'\\,&|!*?:]+$/.test(value);
  const isKeyword = keywords.some((word) => word === value.toLowerCase());
  const written = bare && !(isKeyword && key === 'name') ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
  return key === 'name' ? written : `${key}:${written}`;
}
