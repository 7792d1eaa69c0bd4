import { styleText } from 'node:util';
import type { HostState } from '../fleet/execute.ts';
import { shortDuration } from '../lib/duration.ts';
import type { Context } from './context.ts';

/** Lines that stay at the bottom of a terminal while others go by above them. */
export interface Live {
  /** Where the others are written. */
  readonly context: Context;
  /** Takes them away. */
  end(): void;
}

/** The size of a terminal. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** How often what stays is drawn anew, in milliseconds; what goes by waits for it, so that nothing flickers. */
const interval = 100;
/** So many lines go by without waiting. */
const mostWaiting = 500;

/** Keeps the lines that `lines` says. Elsewhere than on a terminal, there are none, and nothing waits. */
export function liveView(context: Context, lines: (size: Size) => readonly string[]): Live {
  const { stderr, stdout } = process;
  if (!stderr.isTTY || process.env.TERM === 'dumb') return { context, end: () => undefined };
  let drawn = 0;
  let waiting: (() => void)[] = [];
  // Everything is written over what was there, and the rest of each line and of the screen is cleared.
  const draw = (staying: readonly string[]) => {
    stderr.write(`\x1b[?2026h\r${drawn > 1 ? `\x1b[${drawn - 1}A` : ''}`);
    for (const write of waiting) write();
    waiting = [];
    stderr.write(`${staying.map((line) => `${line}\x1b[K`).join('\n')}\x1b[J\x1b[?2026l`);
    drawn = staying.length;
  };
  const size = (): Size => ({ columns: stderr.columns || 80, rows: stderr.rows || 24 });
  const above = (write: (text: string) => void, isShown: boolean) => (text: string) => {
    waiting.push(() => write(isShown ? text.replaceAll('\n', '\x1b[K\n').concat('\x1b[K') : text));
    if (waiting.length >= mostWaiting) draw(lines(size()));
  };
  const timer = setInterval(() => draw(lines(size())), interval);
  return {
    context: { ...context, out: above(context.out, stdout.isTTY === true), err: above(context.err, true) },
    end: () => {
      clearInterval(timer);
      if (drawn > 0 || waiting.length > 0) draw([]);
      drawn = 0;
    },
  };
}

/** How far a run is. */
export interface Progress {
  done: number;
  failed: number;
  /** By host, in the order in which they were begun. */
  readonly running: Map<string, { state: HostState; readonly since: number }>;
  readonly of: number;
  readonly since: number;
}

/**
 * A run's progress: those hosts that are under way, the longest first, on no more than half of the terminal; and a line of
 * what is done, what runs, how fast.
 */
export function progressLines(context: Context, progress: Progress, { columns, rows }: Size): string[] {
  const { t, colour } = context;
  const { done, failed, running, of, since } = progress;
  const now = performance.now();
  const most = Math.max(1, Math.floor(rows / 2) - 1);
  // A line that is full may go on on the next one.
  const cut = (text: string) => text.slice(0, Math.max(10, columns - 1));
  const shown = [...running].slice(0, running.size > most ? most - 1 : most);
  const width = Math.min(24, Math.max(0, ...shown.map(([host]) => host.length)));
  const states = shown.map(([host, { state, since }]) => {
    const text = cut(`${host.padEnd(width)} │ ${t(`run.state.${state}`)} · ${seconds(now - since)}`);
    return colour ? styleText(state === 'running' ? 'cyan' : 'dim', text) : text;
  });
  const more = running.size - shown.length;
  const rate = (done / Math.max((now - since) / 60_000, 1 / 60)).toFixed(0);
  return [
    ...states,
    ...(more > 0 ? [cut(t('run.state.more', { count: more }))] : []),
    cut(t('run.progress', { done, failed, running: running.size, of, rate, time: seconds(now - since) })),
  ];
}

/** Milliseconds would only dance. */
function seconds(milliseconds: number): string {
  return milliseconds < 1000 ? '0 s' : shortDuration(milliseconds);
}
