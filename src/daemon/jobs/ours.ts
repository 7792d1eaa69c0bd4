import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Fault } from '../../model/fault.ts';

/**
 * Nobody looks at a script again before it runs everywhere: it must not be anybody's to change. Throws `job.open`; what is not there is
 * told by whoever reads it.
 */
export async function requireOurs(script: string): Promise<void> {
  const file = await realpath(script).catch(() => undefined);
  if (file === undefined) return;
  const { mode } = await stat(file);
  // In a sticky folder nobody puts something else in the place of what is another's.
  const isReplaceable = ((await stat(dirname(file))).mode & 0o1002) === 0o002;
  if ((mode & 0o002) !== 0 || isReplaceable) throw new Fault('job.open', { file });
}
