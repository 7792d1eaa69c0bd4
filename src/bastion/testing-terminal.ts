import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { localhost } from '../hosts/local.ts';
import { quote } from '../lib/quote.ts';

/** A person at a terminal, where they type and see. */
export interface Terminal {
  readonly child: ChildProcess;
  /** Everything that was shown so far. */
  shown(): string;
  type(text: string): void;
  resize(columns: number, rows: number): Promise<void>;
  /** Resolves when what was shown has it. */
  sees(what: string | RegExp, milliseconds?: number): Promise<void>;
  /** Resolves with the status once it has ended. */
  readonly ended: Promise<number>;
}

/** Starts a program at a terminal of 90 columns and 28 rows (script(1)); `folder` is for a file of its own. */
export async function terminal(argv: readonly string[], folder: string): Promise<Terminal> {
  const tty = join(folder, `tty-${randomBytes(4).toString('hex')}`);
  const inside = quote(['sh', '-c', `tty >"$0"; stty cols 90 rows 28; exec "$@"`, tty, ...argv]);
  const child = spawn('script', ['-qfec', inside, '/dev/null'], { env: { ...process.env, TERM: 'xterm' } });
  let shown = '';
  child.stdout.on('data', (bytes) => {
    shown += bytes;
  });
  const has = (what: string | RegExp) => (typeof what === 'string' ? shown.includes(what) : what.test(shown));
  return {
    child,
    shown: () => shown,
    type: (text) => void child.stdin.write(text),
    resize: async (columns, rows) => {
      const device = (await readFile(tty, 'utf8')).trim();
      await localhost.run(['stty', '-F', device, 'cols', String(columns), 'rows', String(rows)]);
    },
    sees: (what, milliseconds = 20_000) =>
      vi.waitFor(() => expect(has(what), `${what} in ${JSON.stringify(shown)}`).toBe(true), {
        timeout: milliseconds,
        interval: 20,
      }),
    ended: new Promise((resolve) => child.on('close', (code) => resolve(code ?? -1))),
  };
}
