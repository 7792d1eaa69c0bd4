import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Fault } from '../model/fault.ts';
import type { Host } from './host.ts';

// Engines live in sbin, which an unprivileged user's PATH on Debian leaves out.
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The absolute path of a program, in PATH or the sbin folders; `undefined` when it is not installed. */
export async function findProgram(name: string): Promise<string | undefined> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...systemFolders].filter(Boolean);
  for (const path of isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name)))
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  return undefined;
}

/** This machine. */
export const localhost: Host = {
  name: 'localhost',
  async run(argv, { timeout = 60_000, maxBytes = 64 << 20, input, told } = {}) {
    const [name = '', ...rest] = argv;
    const program = await findProgram(name);
    if (program === undefined) throw new Fault('host.command.missing', { program: name });
    return new Promise((resolve) => {
      const child = execFile(program, rest, { timeout, maxBuffer: maxBytes }, (error, stdout, stderr) => {
        const code = error ? (typeof error.code === 'number' ? error.code : undefined) : 0;
        resolve({ code, stdout, stderr });
      });
      // Who ends before it has read is heard by its status.
      child.stdin?.on('error', () => {});
      child.stdin?.end(input);
      if (told && child.stderr) createInterface({ input: child.stderr }).on('line', told);
    });
  },
};
