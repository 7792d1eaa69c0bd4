import { shortDuration } from '../lib/duration.ts';
import type { Context } from './context.ts';

/** A line that stays at the bottom of a terminal while others go by above it. */
export interface Live {
  /** Where the others are written. */
  readonly context: Context;
  /** Takes it away. */
  end(): void;
}

/** Keeps the line that `text` says, drawn anew four times a second. Elsewhere than on a terminal, there is none. */
export function liveLine(context: Context, text: () => string): Live {
  const { stderr } = process;
  if (!stderr.isTTY) return { context, end: () => undefined };
  const clear = () => stderr.write('\r\x1b[K');
  const draw = () => stderr.write(`\r\x1b[K${text().slice(0, Math.max(10, context.width - 1))}`);
  const above = (write: (line: string) => void) => (line: string) => {
    clear();
    write(line);
    draw();
  };
  const timer = setInterval(draw, 250);
  return {
    context: { ...context, out: above(context.out), err: above(context.err) },
    end: () => {
      clearInterval(timer);
      clear();
    },
  };
}

/** How far a run is. */
export interface Progress {
  done: number;
  failed: number;
  running: number;
  readonly of: number;
  readonly since: number;
}

/** A run's progress in a line: what is done, what runs, how fast. */
export function progressText({ t }: Context, { done, failed, running, of, since }: Progress): string {
  const milliseconds = performance.now() - since;
  const rate = (done / Math.max(milliseconds / 60_000, 1 / 60)).toFixed(0);
  return t('run.progress', { done, failed, running, of, rate, time: shortDuration(milliseconds) });
}
