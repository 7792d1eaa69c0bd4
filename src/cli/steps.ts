import { styleText } from 'node:util';
import { shortDuration } from '../lib/duration.ts';
import type { Step } from '../model/message.ts';
import type { Context } from './context.ts';

/** Tells each step on standard error as it is done, with the time it took; what stands in the way has a mark of its own, and took none. */
export function stepTeller(context: Context): (step: Step) => void {
  let last = performance.now();
  return (step) => {
    if (step.isWarning) {
      context.err(`${context.colour ? styleText('yellow', '!') : '!'} ${context.say(step)}`);
      return;
    }
    const now = performance.now();
    const mark = context.colour ? styleText('green', '✓') : '✓';
    context.err(`${mark} ${context.say(step)} (${shortDuration(now - last)})`);
    last = now;
  };
}
