import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { findProgram } from '../../hosts/local.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { endingProgram } from './ending-program.ts';
import type { HeldSocket } from './sockets.ts';

/** How long ending may take, in milliseconds. */
const patience = 10_000;
/** Already ended by itself, or another one is there now: ENOENT, ESRCH, EBADF, ESTALE. */
const gone = new Set([2, 3, 9, 116]);

/**
 * Ends connections at once, whichever process holds them: TCP is reset, so that nothing more of what was under way arrives. Gives those that
 * were ended; what ended by itself is not among them. Throws `cut.connections.denied` when the kernel lets us end none.
 */
export async function endConnections(sockets: readonly HeldSocket[]): Promise<readonly HeldSocket[]> {
  if (sockets.length === 0) return [];
  const perl = await findProgram('perl');
  if (perl === undefined) throw new Fault('host.command.missing', { program: 'perl' });
  const child = spawn(perl, ['-'], { stdio: ['pipe', 'pipe', 'ignore', 'pipe'], timeout: patience });
  // Node's types know of three.
  const [stdin, stdout, , asked] = child.stdio as unknown as [Writable, Readable, null, Writable];
  for (const stream of [stdin, asked]) stream.on('error', () => undefined);
  stdin.end(endingProgram);
  asked.end(sockets.map(lineOf).join(''));
  const said = new Map(
    (await text(stdout)).split('\n').map((line) => {
      const [pid, descriptor, errno] = line.split(' ');
      return [`${pid} ${descriptor}`, Number(errno)];
    }),
  );
  const errnoOf = ({ pid, descriptor }: HeldSocket) => said.get(`${pid} ${descriptor}`);
  const refused = sockets.map(errnoOf).find((errno) => errno !== 0 && !gone.has(errno ?? -1));
  if (refused !== undefined || said.size === 0)
    throw new Fault(
      'cut.connections.denied',
      { count: sockets.length, reason: `errno ${refused ?? '?'}` },
      { next: message('cut.connections.denied.next') },
    );
  return sockets.filter((socket) => errnoOf(socket) === 0);
}

const lineOf = ({ pid, descriptor, inode }: HeldSocket): string => `${pid} ${descriptor} ${inode}\n`;
