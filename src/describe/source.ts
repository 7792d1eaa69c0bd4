import { userInfo } from 'node:os';
import path from 'node:path';
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import type { Code } from '../i18n/en.ts';
import type { Finding, Place } from '../model/finding.ts';
import { message } from '../model/message.ts';
import { disk, type Files, glob, isPattern } from './files.ts';

/** One file of a description, parsed but not yet understood. */
export interface Source {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
  /** What the YAML says, in plain JavaScript values; `undefined` when its syntax is broken. */
  readonly value: unknown;
}

/** The files of a description in reading order, the main one first, and what is wrong with them as files and YAML. */
export interface Reading {
  readonly files: readonly Source[];
  readonly findings: readonly Finding[];
  /** Something could not be read or parsed, so that what is absent elsewhere may well stand there. */
  readonly broken: boolean;
}

/** A stretch of a file, cut at the end of its line, as people count it. */
export function placeOf(source: Source, start: number, end: number): Place {
  const { line, col } = source.lines.linePos(start);
  const newline = source.text.indexOf('\n', start);
  const limit = Math.min(end, newline < 0 ? source.text.length : newline);
  const length = source.text.slice(start, limit).trimEnd().length;
  return {
    file: source.path,
    line: Math.max(line, 1),
    column: Math.max(col, 1),
    length: Math.max(length, 1),
  };
}

/**
 * Reads a description and everything it includes. Nothing is thrown for what the user wrote or named: a missing or
 * unreadable file, broken YAML, a circular or empty include are findings.
 */
export async function readSources(file: string, files: Files = disk): Promise<Reading> {
  const sources: Source[] = [];
  const findings: Finding[] = [];
  let broken = false;

  const complain = (finding: Finding) => {
    findings.push(finding);
    if (finding.severity === 'error') broken = true;
  };

  async function read(target: string, stack: readonly string[], at?: Place): Promise<void> {
    let text: string;
    try {
      text = await files.read(target);
    } catch (cause) {
      const main = stack[0];
      const name = main === undefined ? file : path.relative(path.dirname(main), target);
      return complain(unreadable(name, cause, at));
    }
    const parsed = parse(target, text);
    sources.push(parsed.source);
    parsed.findings.forEach(complain);
    for (const include of includesOf(parsed.source, complain)) {
      const folder = path.dirname(target);
      const found = await glob(folder, include.pattern, files);
      // A file may stand beside those it includes, and match the pattern for them.
      const wanted = isPattern(include.pattern)
        ? found.filter((f) => f !== target && !stack.includes(f))
        : found;
      if (wanted.length === 0)
        complain({
          severity: 'error',
          code: 'include.nothing',
          params: { pattern: include.pattern },
          at: include.at,
          hint: message('include.nothing.hint', { folder }),
        });
      for (const next of wanted) {
        if (next === target || stack.includes(next))
          complain({
            severity: 'error',
            code: 'include.cycle',
            params: { file: include.pattern },
            at: include.at,
          });
        else if (!sources.some((s) => s.path === next)) await read(next, [...stack, target], include.at);
      }
    }
  }

  await read(path.resolve(file), []);
  return { files: sources, findings, broken };
}

/** A file that cannot be read, called as the user would. */
function unreadable(file: string, cause: unknown, at?: Place): Finding {
  const reason = String((cause as NodeJS.ErrnoException)?.code ?? cause);
  const code: Code =
    reason === 'ENOENT'
      ? 'file.missing'
      : reason === 'ERR_ENCODING_INVALID_ENCODED_DATA'
        ? 'file.encoding'
        : 'file.unreadable';
  const located = at ? { at } : {};
  // What to do about a missing included file is plain from the line that includes it.
  if (code === 'file.missing' && at) return { severity: 'error', code, params: { file }, ...located };
  return {
    severity: 'error',
    code,
    params: code === 'file.unreadable' ? { file, reason } : { file },
    ...located,
    // Root's commands on an installed gateway read as the gateway's account does.
    hint: message(`${code}.next`, code === 'file.unreadable' ? { account: account() } : {}),
  };
}

function account(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.());
  }
}

function parse(file: string, text: string): { source: Source; findings: readonly Finding[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    // Found by `merge`, which also sees the keys of other files.
    uniqueKeys: false,
    logLevel: 'error',
  });
  const bare = { path: file, text, document, lines };
  const at = (error: YAMLError) => placeOf({ ...bare, value: undefined }, error.pos[0], error.pos[1]);
  const findings: Finding[] = [];
  for (const error of document.errors) findings.push({ severity: 'error', ...syntax(error), at: at(error) });
  for (const warning of document.warnings) {
    const tag = /^Unresolved tag: (\S+)/.exec(warning.message)?.[1];
    findings.push(
      tag
        ? { severity: 'warning', code: 'yaml.tag', params: { tag }, at: at(warning) }
        : { severity: 'warning', ...syntax(warning), at: at(warning) },
    );
  }
  findings.push(...danglingAliases({ ...bare, value: undefined }));
  const errors = findings.some((f) => f.severity === 'error');
  try {
    const value: unknown = errors ? undefined : document.toJS({ maxAliasCount: 100 });
    if (!text.includes('*') || !isCircular(value)) return { source: { ...bare, value }, findings };
  } catch {
    // Only aliases that multiply beyond `maxAliasCount` are left to go wrong here.
  }
  const whole = placeOf({ ...bare, value: undefined }, 0, 1);
  findings.push({ severity: 'error', code: 'yaml.expansion', params: {}, at: whole });
  return { source: { ...bare, value: undefined }, findings };
}

/** The parser's error code in our words; one line often breaks several rules, and each is worth its own place. */
function syntax(error: YAMLError): Pick<Finding, 'code' | 'params'> {
  switch (error.code) {
    case 'BAD_INDENT':
      return { code: 'yaml.indent', params: {} };
    case 'TAB_AS_INDENT':
      return { code: 'yaml.tab', params: {} };
    case 'MISSING_CHAR':
      return { code: 'yaml.unclosed', params: {} };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return { code: 'yaml.nested', params: {} };
    case 'MULTILINE_IMPLICIT_KEY':
      return { code: 'yaml.key', params: {} };
    case 'BAD_DQ_ESCAPE':
      return { code: 'yaml.escape', params: {} };
    case 'BAD_SCALAR_START':
      return { code: 'yaml.character', params: {} };
    case 'MULTIPLE_DOCS':
      return { code: 'yaml.documents', params: {} };
    default:
      return { code: 'yaml.syntax', params: { reason: error.code } };
  }
}

function danglingAliases(source: Source): Finding[] {
  const findings: Finding[] = [];
  if (!source.text.includes('*')) return findings;
  const anchors = new Set<string>();
  visit(source.document, {
    Node(_, node) {
      if ('anchor' in node && typeof node.anchor === 'string') anchors.add(node.anchor);
    },
    Alias(_, node) {
      if (anchors.has(node.source) || !node.range) return;
      const at = placeOf(source, node.range[0], node.range[1]);
      findings.push({ severity: 'error', code: 'yaml.alias', params: { name: node.source }, at });
    },
  });
  return findings;
}

/** An anchor may hold an alias to itself, which no description means and no walk over it survives. */
function isCircular(value: unknown, above: readonly unknown[] = []): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (above.includes(value)) return true;
  const stack = [...above, value];
  return Object.values(value).some((inner) => isCircular(inner, stack));
}

/** The patterns a file includes and where it says so; anything but a list of them is a finding. */
function includesOf(source: Source, complain: (finding: Finding) => void) {
  const root = source.document.contents;
  if (source.value === undefined || !isMap(root)) return [];
  const pair = root.items.find((p) => isScalar(p.key) && p.key.value === 'include');
  if (!pair) return [];
  const written = (source.value as Record<string, unknown>).include;
  const node = isAlias(pair.value) ? pair.value.resolve(source.document) : pair.value;
  const range = (of: unknown) => (of as { range?: [number, number, number] | null })?.range ?? [0, 1, 1];
  const place = (of: unknown) => placeOf(source, range(of)[0], range(of)[1]);
  if (!Array.isArray(written) || written.some((p) => typeof p !== 'string' || p.trim() === '')) {
    complain({
      severity: 'error',
      code: 'include.form',
      params: {},
      at: place(pair.key),
      hint: message('include.form.hint'),
    });
    return [];
  }
  const items = (node as { items?: readonly unknown[] })?.items ?? [];
  return written.map((pattern: string, i) => ({ pattern, at: place(items[i]) }));
}
