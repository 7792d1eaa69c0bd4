import { styleText } from 'node:util';
import { shortDuration } from '../lib/duration.ts';
import type { Message } from '../model/message.ts';
import type { Context } from './context.ts';

/** Tells each step on standard error as it is done, with the time it took. */
export function stepTeller(context: Context): (step: Message) => void {
  let last = performance.now();
  return (step) => {
    const now = performance.now();
    const mark = context.colour ? styleText('green', '✓') : '✓';
    context.err(`${mark} ${context.say(step)} (${shortDuration(now - last)})`);
    last = now;
  };
}
