import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { SshTarget } from '../../hosts/target.ts';
import type { RunHost } from '../../model/run.ts';
import { type Execution, executeOn } from '../execute.ts';
import { type Rows, rowsOf } from '../rows.ts';

/** The most that a script of ours tells, in bytes. */
const most = 8 << 20;

/** Runs a script of ours on a host: what it says on standard output is for Poterne, and watchers see the rest. */
export async function toldOn(
  target: SshTarget,
  execution: Execution,
): Promise<{ readonly result: RunHost; readonly rows: Rows }> {
  const { folder, line } = execution;
  const result = await executeOn(target, {
    ...execution,
    line: (stream, text) => stream === 'stderr' && line(stream, text),
  });
  return { result, rows: rowsOf(await beginOf(join(folder, 'stdout'))) };
}

async function beginOf(path: string): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (!file) return '';
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(size, most)));
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
