import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Program } from '../../hosts/launcher.ts';
import { connect } from '../../hosts/session.ts';
import type { SshSettings } from '../../hosts/ssh.ts';
import { sshFault } from '../../hosts/ssh-faults.ts';
import type { SshTarget } from '../../hosts/target.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { hostScript } from './script.ts';

/** What one connection is for. */
export interface Session {
  /** The arguments of the script. */
  readonly words: readonly string[];
  /** What goes in after the script. */
  readonly input: string;
  /** Told each line of the host's, as its fields; what it gives back is sent, and is the last to be. */
  hear(fields: readonly string[]): AsyncIterable<Uint8Array> | undefined;
}

/** The most that a host has to say, in bytes: a hundred files that were changed by hand; and the longest line of it. */
const most = { all: 16 << 20, line: 1 << 20 } as const;

/** The words that a host's script begins and ends with. */
const greeting = 'poterne\t1';
const farewell = 'end';

/**
 * One connection to a host: our script runs there as root, and what it says comes back a line at a time. Throws a
 * Fault unless it came to its end.
 */
export async function converse(
  target: SshTarget,
  settings: SshSettings,
  session: Session,
  signal?: AbortSignal,
): Promise<void> {
  const child = await connect(target, settings, { script: hostScript, words: session.words }, signal);
  const stderr = lastOf(child.stderr);
  child.stdin.write(session.input);
  const heard = await listen(child, session, target.name);
  const status = await child.ended;
  signal?.throwIfAborted();
  if (heard.error) throw heard.error;
  if (!heard.greeted) throw sshFault(target, stderr(), status);
  if (heard.finished) return;
  const params = { host: target.name, reason: stderr().trim().split('\n').at(-1) || `ssh ${status ?? ''}` };
  throw new Fault('host.cut', params, { next: message('host.cut.next', params) });
}

interface Heard {
  greeted: boolean;
  finished: boolean;
  error?: unknown;
}

async function listen(child: Program, session: Session, host: string): Promise<Heard> {
  const heard: Heard = { greeted: false, finished: false };
  const fail = (error: unknown) => {
    heard.error ??= faultOf(host, error);
  };
  const lines = createInterface({ input: child.stdout });
  const hangUp = () => {
    lines.close();
    child.stdout.destroy();
    child.kill();
  };
  const said = { all: 0, line: 0 };
  child.stdout.on('data', (chunk: Buffer) => {
    const end = chunk.lastIndexOf('\n');
    said.all += chunk.length;
    said.line = end < 0 ? said.line + chunk.length : chunk.length - end - 1;
    if (said.all <= most.all && said.line <= most.line) return;
    fail(new Error('…'));
    hangUp();
  });
  for await (const line of lines) {
    // What a login shell says of itself comes first.
    if (!heard.greeted) heard.greeted = line === greeting;
    else if (line === farewell) {
      heard.finished = true;
      child.stdin.end();
    } else
      try {
        const answer = session.hear(line.split('\t'));
        if (answer) sendAll(child, answer, fail);
      } catch (error) {
        fail(error);
        child.stdin.end();
        if (heard.error !== error) hangUp();
      }
  }
  return heard;
}

/** What is wrong with a host that says what our script never does; the faults of this machine stay what they are. */
function faultOf(host: string, error: unknown): unknown {
  if (error instanceof Fault || (error as NodeJS.ErrnoException).code !== undefined) return error;
  const params = { host, reason: (error as Error).message.slice(0, 200) };
  return new Fault('host.strange', params, { cause: error, next: message('host.strange.next', params) });
}

/** Sends while the host goes on talking. */
function sendAll(child: Program, answer: AsyncIterable<Uint8Array>, fail: (error: unknown) => void): void {
  pipeline(Readable.from(answer), child.stdin).catch((error: NodeJS.ErrnoException) => {
    // The host closed: it has said why, or how the connection ended does.
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') fail(error);
    child.kill();
  });
}

/** Keeps the end of what a stream says, and no more than that. */
function lastOf(stream: Readable): () => string {
  let kept = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    kept = (kept + chunk).slice(-16_384);
  });
  return () => kept;
}
