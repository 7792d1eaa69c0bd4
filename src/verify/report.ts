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
  /** Also what was seen of the promises that were kept, with its excerpt. */
  readonly full?: boolean;
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
 * Evidence as text for a terminal: a table grouped by publication, one promise a line; under what is broken what was
 * seen, what to do and an excerpt; and a last line of counts. Without a final line break.
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
  return [...table(evidence, width, paint, options), '', ...summary].join('\n');
}

function table(
  evidence: readonly Evidence[],
  width: number,
  paint: Paint,
  { language, full }: ReportOptions,
): string[] {
  const clock = Math.max(
    ...[translate(language, 'verify.time'), ...evidence.map((e) => time(e.milliseconds))].map(
      (text) => text.length,
    ),
  );
  const room = width - indent.length - gap - clock;
  const row = (mark: string, words: string, right: string, colour: Colour) =>
    wrap(words, room).map((line, n) =>
      n === 0
        ? `${mark} ${colour(line)}${paint.faint(`${' '.repeat(room - line.length + gap)}${right.padStart(clock)}`)}`
        : indent + colour(line),
    );
  const below = (sign: string, words: string, colour: Colour) =>
    wrap(words, width - indent.length - sign.length).map(
      (line, n) => indent + colour((n === 0 ? sign : ' '.repeat(sign.length)) + line),
    );
  const head = row(
    ' ',
    translate(language, 'verify.promise'),
    translate(language, 'verify.time'),
    paint.faint,
  );
  return [
    ...head,
    ...[...byPublication(evidence)].flatMap(([about, group]) => [
      '',
      ...wrap(about === 'gateway' ? translate(language, 'verify.gateway') : about, width).map(paint.strong),
      ...group.flatMap((e) => {
        const mark = e.held ? paint.good('✓') : paint.bad('✗');
        const promise = row(mark, say(language, e.promise), time(e.milliseconds), e.held ? same : paint.bad);
        if (e.held && !full) return promise;
        const advice = e.held ? undefined : adviceFor(e.seen);
        return [
          ...promise,
          ...below('', say(language, e.seen), e.held ? paint.faint : same),
          ...(advice ? below('→ ', say(language, advice), same) : []),
          ...(e.excerpt?.split('\n') ?? []).flatMap((line) => below('│ ', line, paint.faint)),
        ];
      }),
    ]),
  ];
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

/** Under the words of a promise, beside its mark. */
const indent = '  ';
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
