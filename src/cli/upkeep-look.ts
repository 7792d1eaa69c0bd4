import { askRoot } from '../fleet/ask.ts';
import type { Rows } from '../fleet/rows.ts';
import { withMany } from '../hosts/many.ts';
import type { SshSettings } from '../hosts/ssh.ts';
import type { SshTarget } from '../hosts/target.ts';
import { Fault } from '../model/fault.ts';
import type { Context } from './context.ts';

/** What hosts answered, and why others did not, by name. */
export interface Looked {
  readonly rows: ReadonlyMap<string, Rows>;
  readonly faults: ReadonlyMap<string, Fault>;
}

/** Has a script of ours look at many hosts at once, and tells on a terminal how far it is. */
export async function lookAt(
  context: Context,
  targets: readonly SshTarget[],
  how: {
    readonly script: string;
    readonly words: (target: SshTarget) => readonly string[];
    readonly settings: SshSettings;
    /** Of a host that refuses the login. */
    readonly otherwise?: SshSettings;
    readonly limit: number;
    /** What an answer says went wrong there. */
    readonly fault: (host: string, rows: Rows) => Fault | undefined;
    readonly quiet: boolean;
  },
): Promise<Looked> {
  const rows = new Map<string, Rows>();
  const faults = new Map<string, Fault>();
  const { script, words, settings, otherwise, limit, fault } = how;
  const isShown = process.stderr.isTTY && !how.quiet;
  let done = 0;
  const items = targets.map((target) => ({ target }));
  await withMany(items, async ({ target }) => {
    const { name } = target;
    try {
      const ask = (way: SshSettings) => askRoot(target, script, words(target), { settings: way, limit });
      const answer = await ask(settings).catch((error: unknown) => {
        if (otherwise && error instanceof Fault && error.code === 'host.denied') return ask(otherwise);
        throw error;
      });
      const wrong = fault(name, answer);
      if (wrong) faults.set(name, wrong);
      else rows.set(name, answer);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      faults.set(name, error);
    }
    done++;
    if (isShown) process.stderr.write(`\r${context.t('upkeep.looking', { done, of: targets.length })}\x1b[K`);
  });
  if (isShown && done > 0) process.stderr.write('\r\x1b[K');
  return { rows, faults };
}
