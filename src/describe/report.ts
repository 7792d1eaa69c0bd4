import path from 'node:path';
import { styleText } from 'node:util';
import { say, translate } from '../i18n/index.ts';
import { harmless } from '../lib/harmless.ts';
import { withoutSecrets } from '../lib/userinfo.ts';
import type { Finding, Place } from '../model/finding.ts';
import { message } from '../model/message.ts';
import type { Language } from '../model/site.ts';

export interface ReportOptions {
  readonly language: Language;
  /** Colours for a terminal. */
  readonly colour?: boolean;
  /** Paths are shown relative to this folder, when they lie below it. */
  readonly cwd: string;
  /** The text of a file, for the line to show; `undefined` shows none. */
  read(file: string): string | undefined;
}

/** A finding as programs read it. */
export interface JsonFinding {
  readonly severity: Finding['severity'];
  readonly code: string;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly length?: number;
  readonly pointer?: string;
  readonly hint?: string;
}

const colours = { error: 'red', warning: 'yellow', note: 'cyan' } as const;

/** Findings as people read them: where, how bad, the code; then what, the line itself, and what to do. */
export function report(findings: readonly Finding[], options: ReportOptions): string {
  const files = new Map<string, readonly string[]>();
  const lines = (file: string) => {
    const known = files.get(file) ?? options.read(file)?.split(/\r?\n/) ?? [];
    files.set(file, known);
    return known;
  };
  return findings.map((f) => one(f, options, lines)).join('\n');
}

/** Findings as plain values, their words in a language. */
export function toJson(
  findings: readonly Finding[],
  language: Language,
  cwd: string,
): readonly JsonFinding[] {
  return findings.map((f) => ({
    severity: f.severity,
    code: f.code,
    message: say(language, f),
    ...(f.at ? { ...f.at, file: shortPath(f.at.file, cwd) } : {}),
    ...(f.pointer === undefined ? {} : { pointer: f.pointer }),
    ...(f.hint ? { hint: say(language, f.hint) } : {}),
  }));
}

function one(finding: Finding, options: ReportOptions, linesOf: (file: string) => readonly string[]): string {
  const { language } = options;
  const style = (format: Parameters<typeof styleText>[0], text: string) =>
    options.colour ? styleText(format, text, { validateStream: false }) : text;
  const severity = style(colours[finding.severity], translate(language, `severity.${finding.severity}`));
  const at = finding.at;
  const where = at ? [`${shortPath(at.file, options.cwd)}:${at.line}:${at.column}`] : [];
  const lines = [[...where.map((w) => style('bold', w)), severity, style('dim', finding.code)].join('  ')];
  lines.push(`  ${onOneLine(say(language, finding))}`);
  if (at) {
    const [text, carets] = frame(at, linesOf(at.file)[at.line - 1]);
    if (text !== undefined && carets !== undefined)
      lines.push(text, style(colours[finding.severity], carets));
  }
  if (finding.hint) {
    const hint = say(language, finding.hint);
    lines.push(`  ${onOneLine(say(language, message('report.hint', { hint })))}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The line of a place and the carets under it; a very long line is cut around them. */
function frame(at: Place, line: string | undefined): readonly string[] {
  if (line === undefined) return [];
  const start = at.column - 1 > 80 ? at.column - 41 : 0;
  const text = onOneLine(withoutSecrets(line).slice(start, start + 120));
  const before = at.column - 1 - start;
  const width = Math.max(1, Math.min(at.length, text.length - before));
  const gutter = `  ${at.line} | `;
  return [`${gutter}${text}`, `${' '.repeat(gutter.length + before)}${'^'.repeat(width)}`];
}

/** Text on one line that cannot move the cursor or recolour the terminal, one column for one character. */
function onOneLine(text: string): string {
  return harmless(text.replaceAll('\t', ' ').replace(/[\r\n]/g, '\ufffd'));
}

function shortPath(file: string, cwd: string): string {
  const relative = path.relative(cwd, file);
  return relative === '' || relative.startsWith('..') ? file : relative;
}
