import { createInterface } from 'node:readline/promises';
import type { Context } from './context.ts';

/**
 * Asks whoever changed the firewall of the machine that they sit at whether they can still get in. Nobody at the
 * terminal, or no answer in time, is a no.
 */
export async function askEntry({ t }: Context, host: string, seconds: number): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // A second before the machine puts back what was before.
    const signal = AbortSignal.timeout((seconds - 1) * 1000);
    const answer = await asking.question(`${t('machines.enter', { host, seconds })} ${t('cli.yes-no')} `, {
      signal,
    });
    return /^[yo]/i.test(answer.trim());
  } catch {
    return false;
  } finally {
    asking.close();
  }
}

/** Asks a question that only a yes answers; nobody at the terminal is a no. */
export async function confirmed({ t }: Context, question: string): Promise<boolean> {
  return /^[yo]/i.test(await answerTo(`${question} ${t('cli.yes-no')}`));
}

/** Asks for a word, exactly; nobody at the terminal is a no. */
export async function typed(question: string, word: string): Promise<boolean> {
  return (await answerTo(question)) === word;
}

async function answerTo(question: string): Promise<string> {
  if (!process.stdin.isTTY) return '';
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await asking.question(`${question} `)).trim();
  } finally {
    asking.close();
  }
}
