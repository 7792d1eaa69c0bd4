import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Has the command line's bundle made, where it is not that of these sources: once, and not by each file that starts it. */
export default function setup(): void {
  execFileSync(join(import.meta.dirname, '..', 'poterne'), ['--version'], { stdio: 'ignore' });
}
