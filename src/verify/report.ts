import Table from 'cli-table3';
import { type Code, en } from '../i18n/en.ts';
import { say, translate } from '../i18n/index.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Message } from '../model/message.ts';
import type { Language } from '../model/site.ts';

export interface ReportOptions {
  readonly language: Language;
  /** ANSI colours; default none. */
  readonly colour?: boolean;
  /** Columns of the terminal, e.g. `process.stdout.columns`; default 100, at least 40. */
  readonly width?: number;
}

/** How many promises were tried, kept and broken. */
export interface Counts {
  readonly total: number;
  readonly held: number;
  readonly broken: number;
}

/** A piece of evidence with its words, as `--json` prints it. */
export interface SaidEvidence extends Evidence {
  readonly say: { readonly promise: string; readonly seen: string; readonly advice?: string };
}

export function countEvidence(evidence: readonly Evidence[]): Counts {
  const held = evidence.filter((e) => e.held).length;
  return { total: evidence.length, held, broken: evidence.length - held };
}

/** What to do about what was seen, when there is something to say. */
export function adviceFor(seen: Message): Message | undefined {
  const code = seen.code.replace(/^seen\./, 'advice.');
  return code !== seen.code && Object.hasOwn(en, code)
    ? { code: code as Code, params: seen.params }
    : undefined;
}

/** Evidence as JSON-safe data: codes and values for programs, sentences for people, in the reader's language. */
export function evidenceJson(
  evidence: readonly Evidence[],
  language: Language,
): { readonly counts: Counts; readonly evidence: readonly SaidEvidence[] } {
  return {
    counts: countEvidence(evidence),
    evidence: evidence.map((e) => {
      const advice = e.held ? undefined : adviceFor(e.seen);
      return {
        ...e,
        say: {
          promise: say(language, e.promise),
          seen: say(language, e.seen),
          ...(advice ? { advice: say(language, advice) } : {}),
        },
      };
    }),
  };
}

/**
 * Evidence as text for a terminal: a table grouped by publication, with advice and excerpt under what is broken, and
 * a last line of counts. Without a final line break.
 */
export function evidenceReport(evidence: readonly Evidence[], options: ReportOptions): string {
  const { language } = options;
  if (evidence.length === 0) return translate(language, 'verify.none');
  const paint = options.colour ? ansi : plain;
  const width = Math.max(options.width ?? 100, 40);
  const { total, held, broken } = countEvidence(evidence);
  const vantage = [...new Set(evidence.map((e) => e.vantage))].join(', ');
  const summary = wrap(
    broken
      ? translate(language, 'verify.broken', { total, held, broken, vantage })
      : translate(language, 'verify.all', { total, vantage }),
    width,
  ).map(broken ? paint.bad : paint.good);
  return [table(evidence, width, paint, language), '', ...summary].join('\n');
}

function table(evidence: readonly Evidence[], width: number, paint: Paint, language: Language): string {
  const columns = layout(evidence, width, language);
  const [, promiseWidth, seenWidth, timeWidth] = columns as [number, number, number, number];
  const grid = new Table({
    chars: borderless,
    colWidths: columns,
    colAligns: ['left', 'left', 'left', 'right'],
    style: { 'padding-left': 0, 'padding-right': gap, head: [], border: [] },
  });
  const text = (words: string, room: number, colour: Colour = same) =>
    wrap(words, room - gap)
      .map(colour)
      .join('\n');
  const below = (sign: string, words: string, colour: Colour) => {
    const lines = wrap(words, promiseWidth + seenWidth + timeWidth - gap - sign.length);
    const indent = ' '.repeat(sign.length);
    const content = lines.map((line, n) => colour((n === 0 ? sign : indent) + line)).join('\n');
    return ['', { colSpan: 3, content }];
  };
  const head = (code: Code) => paint.faint(translate(language, code));
  grid.push(['', head('verify.promise'), head('verify.seen'), head('verify.time')]);
  for (const [about, group] of byPublication(evidence)) {
    const title = about === 'gateway' ? translate(language, 'verify.gateway') : about;
    grid.push([{ colSpan: 4, content: `\n${text(title, width, paint.strong)}` }]);
    for (const e of group) {
      const colour = e.held ? same : paint.bad;
      grid.push([
        e.held ? paint.good('✓') : paint.bad('✗'),
        text(say(language, e.promise), promiseWidth),
        text(say(language, e.seen), seenWidth, colour),
        time(e.milliseconds),
      ]);
      if (e.held) continue;
      const advice = adviceFor(e.seen);
      if (advice) grid.push(below('→ ', say(language, advice), same));
      for (const line of e.excerpt?.split('\n') ?? []) grid.push(below('│ ', line, paint.faint));
    }
  }
  // The padding of the last column is of no use to anyone who copies or compares the text.
  return grid.toString().replace(/[ \t]+$/gm, '');
}

/** Publications in the order in which they first appear. */
function byPublication(evidence: readonly Evidence[]): Map<string, Evidence[]> {
  const groups = new Map<string, Evidence[]>();
  for (const e of evidence) {
    const group = groups.get(e.about);
    if (group) group.push(e);
    else groups.set(e.about, [e]);
  }
  return groups;
}

/** Column widths, gaps included: as wide as the words need, at most the terminal, the promise at most two fifths. */
function layout(evidence: readonly Evidence[], width: number, language: Language): number[] {
  const mark = 1 + gap;
  const clock = widest([translate(language, 'verify.time'), ...evidence.map((e) => time(e.milliseconds))]);
  const room = width - mark - clock;
  const promise = Math.min(
    widest([translate(language, 'verify.promise'), ...evidence.map((e) => say(language, e.promise))]),
    Math.floor(room * 0.4),
  );
  const seen = widest([translate(language, 'verify.seen'), ...evidence.map((e) => say(language, e.seen))]);
  return [mark, promise, Math.min(seen, room - promise), clock];
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, text.length), 0) + gap;
}

function time(milliseconds: number): string {
  return milliseconds < 10_000 ? `${milliseconds} ms` : `${Math.round(milliseconds / 1000)} s`;
}

/** Lines of at most `width` characters; a word that is longer is cut, and French punctuation and units stay with theirs. */
export function wrap(text: string, width: number): string[] {
  const words = text
    .replace(/ (?=[:;!?»])/g, '\u00a0')
    .replace(/(?<=«) |(?<=\d) (?=(?:ms|s|Kio|KiB)(?:[\s,.)]|$))/g, '\u00a0')
    .split(' ')
    .flatMap((word) => word.match(new RegExp(`.{1,${width}}`, 'gsu')) ?? ['']);
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) lines.splice(-1, 1, `${line} ${word}`);
    else lines.push(word);
  }
  return lines;
}

const gap = 2;

type Colour = (text: string) => string;
const same: Colour = (text) => text;
const sgr =
  (code: number): Colour =>
  (text) =>
    `\u001b[${code}m${text}\u001b[0m`;

interface Paint {
  readonly good: Colour;
  readonly bad: Colour;
  readonly strong: Colour;
  readonly faint: Colour;
}
const plain: Paint = { good: same, bad: same, strong: same, faint: same };
const ansi: Paint = { good: sgr(32), bad: sgr(31), strong: sgr(1), faint: sgr(2) };

const borderless = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};
