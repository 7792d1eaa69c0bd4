import type { ChildProcess } from 'node:child_process';
import { isIP } from 'node:net';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { printable } from '../excerpt.ts';
import { type Frame, frameBytes, frameReader } from './frames.ts';
import { errnoException, type Network, portState } from './network.ts';
import { greeting, program } from './program.ts';
import { remoteWire } from './wire.ts';

/** Starts an argument vector on the vantage host, all three standard streams piped: over ssh, most often. */
export type RunThere = (argv: readonly string[]) => ChildProcess;

export interface VantageOptions {
  /** Milliseconds for the host to be reached and the program to start; default 20 000. */
  readonly timeout?: number;
  /** The fault behind what the command that reaches the host wrote to standard error; default `vantage.failed`. */
  readonly explain?: (stderr: string, status: number | undefined) => Fault;
}

/** The network of another machine, until it is closed. */
export interface RemoteNetwork extends Network {
  /** Ends the program there, and the connection to it. */
  close(): Promise<void>;
}

/** The most that a login script may say before the program does, in bytes. */
const longestPreamble = 64 * 1024;

/** How long the connection may take to end by itself, in milliseconds. */
const farewell = 2000;

/** What is told to the two ends of one conversation. */
interface Conversation {
  told(frame: Frame): void;
  fail(error: Error): void;
}

/**
 * Opens the network of another machine: runs one program there, over one connection, through which everything that is
 * tried from there goes. Throws the fault `vantage.failed`, or what `explain` makes of it, when it does not come about.
 * What comes from there is checked: a machine that was broken into must not deceive Poterne about more than what it sees.
 */
export async function openVantage(
  name: string,
  run: RunThere,
  { timeout = 20_000, explain }: VantageOptions = {},
): Promise<RemoteNetwork> {
  const child = run(['perl', '-']);
  const { stdin, stdout, stderr } = child;
  if (!stdin || !stdout || !stderr) throw new Error('the standard streams of a vantage must be pipes');
  let complaint = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-2000);
  });
  // It says why by ending.
  stdin.on('error', () => {});

  const conversations = new Map<number, Conversation>();
  let last = 0;
  let loss: string | undefined;
  const lose = (reason: string) => {
    if (loss !== undefined) return;
    loss = reason;
    for (const conversation of [...conversations.values()]) conversation.fail(gone(reason));
    conversations.clear();
  };
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      lose(error.message);
      resolve();
    });
    child.once('close', (code, signal) => {
      lose(lastLine(complaint) ?? `exit ${code ?? signal}`);
      resolve();
    });
  });
  const close = async () => {
    lose('closed');
    stdin.end();
    const timer = setTimeout(() => child.kill(), farewell);
    await ended;
    clearTimeout(timer);
  };

  const parse = frameReader((frame) => conversations.get(frame.conversation)?.told(frame));
  const read = (chunk: Buffer) => {
    if (loss !== undefined) return;
    try {
      parse(chunk);
    } catch (error) {
      lose((error as Error).message);
      child.kill();
    }
  };
  const greeted = new Promise<void>((resolve) => {
    let preamble = '';
    const listen = (chunk: Buffer) => {
      preamble += chunk.toString('latin1');
      const at = preamble.indexOf(greeting);
      if (at < 0 && preamble.length < longestPreamble) return;
      stdout.off('data', listen);
      if (at < 0) return;
      stdout.on('data', read);
      const rest = preamble.slice(at + greeting.length);
      if (rest) read(Buffer.from(rest, 'latin1'));
      resolve();
    };
    stdout.on('data', listen);
  });
  stdin.write(program);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      lose(`no answer in ${timeout / 1000} s`);
      resolve();
    }, timeout);
  });
  await Promise.race([greeted, ended, late]);
  clearTimeout(timer);
  if (loss !== undefined) {
    const reason = printable(loss);
    await close();
    // A shell's status for a program that is not there.
    if (explain && child.exitCode !== 127) throw explain(complaint, child.exitCode ?? undefined);
    throw new Fault('vantage.failed', { vantage: name, reason }, { next: message('vantage.failed.next') });
  }

  /** Begins a conversation under a new number; what comes back goes to it until it is forgotten. */
  function begin(number: number, kind: string, body: string, conversation: Conversation): void {
    if (loss === undefined) {
      conversations.set(number, conversation);
      stdin?.write(frameBytes(kind, number, body));
    } else conversation.fail(gone(loss));
  }

  /** Asks something that has one answer. */
  function ask<T>(kind: string, body: string, understand: (frame: Frame) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const number = ++last;
      begin(number, kind, body, {
        told(frame) {
          conversations.delete(number);
          try {
            resolve(understand(frame));
          } catch (error) {
            reject(error);
          }
        },
        fail: reject,
      });
    });
  }

  return {
    lookup: (name) =>
      ask('L', name, ({ kind, body }) => {
        if (kind !== 'A') throw errorSaid(body, name);
        const addresses = body.toString('latin1').split(' ');
        if (!addresses.every((address) => isIP(address))) throw errnoException('EPROTO', name);
        return addresses;
      }),
    connect(address, port) {
      const number = ++last;
      const { wire, ...far } = remoteWire(address, port, {
        send(kind, body) {
          if (loss === undefined) stdin.write(frameBytes(kind, number, body));
        },
        forget() {
          if (conversations.delete(number) && loss === undefined) stdin.write(frameBytes('X', number));
        },
      });
      begin(number, 'C', `${address} ${port}`, {
        told({ kind, body }) {
          if (kind === 'D') far.data(body);
          else if (kind === 'W') far.written(Number(body.toString('latin1')));
          else if (kind === 'F') far.end();
          else if (kind === 'E') far.fail(errorSaid(body, address));
          else if (kind === 'O') {
            const [local = '', localPort] = body.toString('latin1').split(' ');
            if (isIP(local)) far.connected(local, Number(localPort));
            else far.fail(errnoException('EPROTO', address));
          }
        },
        fail: far.fail,
      });
      return wire;
    },
    tryPort: (address, port, patience) =>
      ask('T', `${address} ${port} ${patience}`, ({ body }) => {
        const said = body.toString('latin1');
        if (said === 'open' || said === 'silent') return { state: said };
        const state = portState(said);
        if (!state) throw errorSaid(body, address);
        return state;
      }),
    lost: () => loss,
    close,
  };
}

/** An error by the code that the vantage says, which is shown to people. */
function errorSaid(body: Buffer, text: string): Error {
  const code = body.toString('latin1');
  return errnoException(/^[A-Z0-9_]{1,32}$/.test(code) ? code : 'EPROTO', text);
}

function gone(reason: string): Error {
  return errnoException('ENOTCONN', `the vantage is gone (${reason})`);
}

/** The last line that a program wrote to its standard error: what ended it, most often. */
function lastLine(text: string): string | undefined {
  return text.trim().split('\n').at(-1)?.trim() || undefined;
}
