import type { ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { connect, Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { languageOf, translate } from '../i18n/index.ts';
import { type Channel, openChannel } from './channel.ts';
import type { Frame } from './frames.ts';
import { helloOf, makeKey, startSsh, terminalSize } from './machine.ts';
import { type Output, pipeOutput, terminalOutput } from './output.ts';
import {
  type Admitted,
  type Hello,
  mostOfCommand,
  type Said,
  sessionSocket,
  type Transfer,
} from './protocol.ts';
import { watchSftp } from './sftp.ts';

/** What is shown may wait for the daemon to have written it, up to so many bytes. */
const mostUnkept = 4 << 20;
/** How long the last words to the person may take; milliseconds. */
const farewell = 300;
/** What ssh ends with when it is the connection that failed. */
const failed = 255;

/**
 * A session of somebody at a machine, as the sshd of the bastion starts it (ForceCommand): asks the daemon, connects with what
 * it answers, and shows nothing that has not been recorded. Comes back with the exit status.
 */
export async function runSession(env: NodeJS.ProcessEnv): Promise<number> {
  const key = await makeKey();
  try {
    const hello = await helloOf(env, key.publicKey);
    const isTerminal = hello.terminal !== undefined;
    const [out, err] = isTerminal ? [terminalOutput(2), terminalOutput(2)] : [pipeOutput(1), pipeOutput(2)];
    const desk = await askDaemon(hello, translate(languageOf(env), 'session.absent'));
    if ('refused' in desk) {
      await lastWords(err, desk.refused, isTerminal);
      return failed;
    }
    const { admitted } = desk;
    if (admitted.notice) await lastWords(err, admitted.notice, isTerminal);
    const child = await startSsh(admitted, key, hello);
    // Without a word, it is the end that we asked for.
    const cut = desk.told.then((said) => (said.text ? said : new Promise<never>(() => {})));
    const outcome = await Promise.race([attend(child, desk, hello, { out, err }), cut]);
    if (typeof outcome === 'number') return outcome;
    child.kill('SIGKILL');
    await lastWords(err, outcome.text, isTerminal);
    return failed;
  } finally {
    await rm(key.folder, { recursive: true, force: true });
  }
}

/** The daemon's side of an admitted session. */
interface Desk {
  readonly admitted: Admitted;
  readonly channel: Channel;
  /** Resolves with why, when the session has to end. */
  readonly told: Promise<Said>;
  /** Called for each frame that the daemon has written down. */
  onKept: () => void;
}

function askDaemon(hello: Hello, absent: string): Promise<Desk | { readonly refused: string }> {
  return new Promise((resolve) => {
    let end: (said: Said) => void = () => {};
    const told = new Promise<Said>((tell) => {
      end = tell;
    });
    let desk: Desk | undefined;
    const json = <T>({ body }: Frame) => JSON.parse(Buffer.from(body).toString()) as T;
    const socket = connect(sessionSocket);
    const channel = openChannel(
      socket,
      (frame) => {
        if (frame.type === 'admitted') {
          desk = { admitted: json<Admitted>(frame), channel, told, onKept: () => {} };
          resolve(desk);
        } else if (frame.type === 'refused') resolve({ refused: json<Said>(frame).text });
        else if (frame.type === 'kept') desk?.onKept();
        else if (frame.type === 'end') end(json<Said>(frame));
      },
      () => {
        // Nobody would record what comes now.
        resolve({ refused: absent });
        end({ text: absent });
      },
    );
    channel.send('hello', hello);
  });
}

/** Carries a session both ways until ssh has ended and all of it is recorded and shown; its exit status. */
async function attend(
  child: ChildProcess,
  desk: Desk,
  hello: Hello,
  to: { readonly out: Output; readonly err: Output },
): Promise<number> {
  const { channel } = desk;
  const count = { toMachine: 0, fromMachine: 0 };
  const counting = setInterval(() => channel.send('count', count), 1000);
  const status = new Promise<number>((resolve) => {
    child.once('error', () => resolve(failed));
    child.once('close', (code) => resolve(code ?? failed));
  });
  const transferred = (transfer: Transfer) => channel.send('transfer', transfer);
  const watch = hello.files ? watchSftp(transferred) : undefined;
  const stop = () => void child.kill('SIGKILL');
  if (hello.terminal) process.stdout.on('resize', () => channel.send('resize', terminalSize()));
  else
    carry(new Socket({ fd: 0, readable: true, writable: false }), child.stdin as Writable, (bytes) => {
      count.toMachine += bytes.length;
      guarded(() => watch?.request(bytes), stop);
    });
  const show = recorder(desk, hello);
  const shown = [
    follow(child.stdout as Readable, async (bytes) => {
      count.fromMachine += bytes.length;
      guarded(() => watch?.answer(bytes), stop);
      await show('output', bytes, to.out);
    }),
    follow(child.stderr as Readable, (bytes) => show('error', bytes, to.err)),
  ];
  const ended = await status;
  // Whoever reads no more: what was shown is recorded all the same.
  await Promise.allSettled(shown);
  clearInterval(counting);
  watch?.end();
  const copied = scpOf(hello, ended, count);
  if (copied) transferred(copied);
  channel.send('exit', { ...count, status: ended });
  await desk.told;
  return ended;
}

/** Shows nothing before it has been written down; of a command that writes without end, the rest is only counted. */
function recorder(desk: Desk, { files, terminal }: Hello) {
  const waiting: (() => void)[] = [];
  let sent = 0;
  let last: Promise<void> = Promise.resolve();
  desk.onKept = () => waiting.shift()?.();
  return async (stream: 'output' | 'error', bytes: Uint8Array, to: Output) => {
    sent += bytes.length;
    const isKept = !(files && stream === 'output') && (terminal || sent - bytes.length <= mostOfCommand);
    if (isKept) {
      desk.channel.send(stream, bytes);
      last = new Promise((resolve) => waiting.push(resolve));
    }
    // Also what is not kept comes after what was.
    await last;
    await to.write(bytes);
  };
}

/** Hands each piece on, several at once but in order; resolves once all have been. */
async function follow(from: Readable, each: (bytes: Uint8Array) => Promise<void>): Promise<void> {
  const going = new Set<Promise<void>>();
  let size = 0;
  for await (const bytes of from as AsyncIterable<Buffer>) {
    size += bytes.length;
    const done = each(bytes).finally(() => {
      going.delete(done);
      size -= bytes.length;
    });
    going.add(done);
    done.catch(() => undefined);
    while (size > mostUnkept) await Promise.race(going);
  }
  await Promise.all(going);
}

/** What the person sends, to the machine. */
function carry(from: Socket, to: Writable, look: (bytes: Uint8Array) => void): void {
  from.on('data', (bytes: Buffer) => {
    look(bytes);
    if (to.writable && !to.write(bytes)) from.pause();
  });
  to.on('drain', () => from.resume());
  to.on('error', () => undefined);
  from.on('end', () => to.end());
  from.on('error', () => to.end());
}

/** What is no SFTP is not carried: nobody could say what it does to files. */
function guarded(look: () => void, stop: () => void): void {
  try {
    look();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    stop();
  }
}

/** The older scp is a command of its own, whose bytes are all that is known of the files. */
function scpOf(
  { command = '', terminal }: Hello,
  status: number,
  { toMachine, fromMachine }: { readonly toMachine: number; readonly fromMachine: number },
): Transfer | undefined {
  const found = /^scp (?:-[a-z]+ )*?-[a-z]*([tf]) (?:-- )?(.+)$/.exec(command);
  if (!found || terminal) return undefined;
  const isPut = found[1] === 't';
  return {
    action: isPut ? 'put' : 'get',
    path: found[2] as string,
    bytes: isPut ? toMachine : fromMachine,
    result: status === 0 ? 'done' : 'failed',
  };
}

/** Tells the person something, without waiting for one who does not read. */
async function lastWords(err: Output, text: string, isTerminal: boolean): Promise<void> {
  if (!text) return;
  const line = isTerminal ? `\r\npoterne: ${text}\r\n` : `poterne: ${text}\n`;
  await Promise.race([
    err.write(Buffer.from(line)).catch(() => undefined),
    new Promise((resolve) => setTimeout(resolve, farewell)),
  ]);
}
