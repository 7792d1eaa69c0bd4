import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../hosts/files.ts';
import { type Connection, connect } from '../hosts/session.ts';
import type { SshSettings } from '../hosts/ssh.ts';
import { sshFault } from '../hosts/ssh-faults.ts';
import type { SshTarget } from '../hosts/target.ts';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import type { CollectedFile, RunHost, RunOutcome, RunSpec, SkippedFile } from '../model/run.ts';
import { gather } from './collect.ts';
import { type Output, outputTo } from './output.ts';
import { type Reader, readerOf } from './reader.ts';
import { parametersOf, runScript, wordsOf } from './script.ts';

/** What is to be run on a host, and how. */
export interface Execution {
  readonly spec: RunSpec;
  readonly script: Uint8Array;
  /** Bytes of the file for standard input. */
  readonly stdinLength: number;
  readonly settings: SshSettings;
  /** Where its results go; what is there is removed. */
  readonly folder: string;
  /** Told each line as it comes. */
  readonly line: (stream: 'stdout' | 'stderr', text: string) => void;
  /** Aborted: the script is ended there. */
  readonly signal: AbortSignal;
}

/** What was learned of a host while its connection stood. */
interface Heard {
  begun: boolean;
  exit?: {
    readonly status: number;
    readonly why: string;
    readonly milliseconds: number;
    readonly left: boolean;
  };
  finished: boolean;
  files: CollectedFile[];
  skipped: SkippedFile[];
  sizes: { stdout: number; stderr: number };
}

/** Seconds for a host to begin once ssh has started; ssh's own limits are shorter, but not for a login that hangs. */
const beginLimit = 60;
/** Seconds beyond the script's own limit: for ending what it started. */
const endLimit = 60;
/** Seconds without a byte of a file that is being brought back. */
const silenceLimit = 120;
/** Seconds for a host to end everything once it was told to. */
const stopLimit = 30;

/** Runs the script on a host, over one connection, and writes its result into the host's folder. Throws nothing but bugs. */
export async function executeOn(target: SshTarget, execution: Execution): Promise<RunHost> {
  const { spec, folder, signal } = execution;
  const at = Date.now();
  const attempt = async (): Promise<readonly [Heard, unknown]> => {
    const heard: Heard = {
      ...{ begun: false, finished: false, files: [], skipped: [] },
      sizes: { stdout: 0, stderr: 0 },
    };
    try {
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await converse(target, execution, heard);
      return [heard, undefined];
    } catch (error) {
      return [heard, error];
    }
  };
  let attempts = 1;
  let [heard, error] = await attempt();
  while (error instanceof Fault && error.code === 'host.unreachable' && attempts <= spec.retries) {
    if (!(await pause(2 ** attempts * 500, signal))) break;
    attempts++;
    [heard, error] = await attempt();
  }
  const result: RunHost = {
    host: target.name,
    outcome: outcomeOf(target, heard, error, signal),
    begun: new Date(at).toISOString(),
    milliseconds: Date.now() - at,
    ...(heard.exit ? { scriptMilliseconds: heard.exit.milliseconds } : {}),
    attempts,
    ...heard.sizes,
    files: heard.files,
    skipped: heard.skipped,
    ...(heard.exit?.left ? { left: true } : {}),
  };
  await writeDurably(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`, 0o600).catch(
    () => undefined,
  );
  return result;
}

function outcomeOf(target: SshTarget, heard: Heard, error: unknown, signal: AbortSignal): RunOutcome {
  const { exit, finished, begun } = heard;
  if (exit?.why === 'stop') return { is: 'stopped' };
  if (exit && finished && error === undefined) {
    if (exit.why === 'limit') return { is: 'timed-out' };
    return exit.status === 0 ? { is: 'ok' } : { is: 'failed', exit: exit.status };
  }
  if (signal.aborted && !finished) return begun ? { is: 'stopped' } : { is: 'not-run' };
  const fault = error instanceof Fault ? error : localFault(target, error);
  const { code, params, next } = fault;
  return { is: begun ? 'lost' : 'unreachable', fault: message(code, params), ...(next ? { next } : {}) };
}

/** Something of this machine: its disk is full, say. */
function localFault({ name }: SshTarget, error: unknown): Fault {
  const params = { host: name, reason: error instanceof Error ? error.message : String(error) };
  return new Fault('run.unwritten', params, { cause: error, next: message('run.unwritten.next') });
}

async function converse(target: SshTarget, execution: Execution, heard: Heard): Promise<void> {
  const { spec, script, stdinLength, settings, folder, line, signal } = execution;
  const token = randomBytes(24).toString('hex');
  const parameters = parametersOf(spec, token, { script: script.length, stdin: stdinLength });
  const connection = await connect(target, settings, {
    script: runScript,
    words: wordsOf(parameters),
    apart: true,
  });
  const { child } = connection;
  const patience = patienceOf(connection);
  patience.atMost(beginLimit);
  const stop = () => {
    child.stdin.end();
    patience.last(stopLimit);
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const noise = { text: '' };
  const outputs: Output[] = [];
  try {
    const stdout = await outputTo(join(folder, 'stdout'), (text) => line('stdout', text));
    outputs.push(stdout);
    const stderr = await outputTo(join(folder, 'stderr'), (text) => line('stderr', text));
    outputs.push(stderr);
    // Neither stream waits for the other: what is full is read.
    const mark = Buffer.from(token);
    await Promise.all([
      send(connection, [parameters, script], stdinLength > 0 ? spec.stdin?.file : undefined, stdinLength),
      hearErrors(readerOf(child.stderr), mark, stderr, noise).catch(abandon(connection)),
      hear(readerOf(child.stdout), mark, stdout, { target, execution, heard, patience, noise, child }).catch(
        abandon(connection),
      ),
    ]);
    const status = await connection.ended;
    if (heard.finished) return;
    const said = patience.isOver() ? 'timed out' : noise.text;
    throw heard.begun ? lost(target, said, status) : sshFault(target, said, status);
  } finally {
    signal.removeEventListener('abort', stop);
    patience.end();
    child.kill();
    const [stdout, stderr] = outputs;
    heard.sizes = { stdout: stdout?.size() ?? 0, stderr: stderr?.size() ?? 0 };
    for (const output of outputs) await output.close();
  }
}

function lost({ name }: SshTarget, said: string, status: number | undefined): Fault {
  const params = { host: name, reason: said.trim().split('\n').at(-1) || `ssh ${status ?? 'SIGKILL'}` };
  return new Fault('run.lost', params, { next: message('run.lost.next', params) });
}

/** Whatever one side of a connection finds wrong ends the other side too. */
function abandon({ child }: Connection): (error: unknown) => never {
  return (error) => {
    child.kill('SIGKILL');
    throw error;
  };
}

/** Sends what goes in. Standard input stays open: that it closes is what tells the host to stop. */
async function send(
  { child: { stdin } }: Connection,
  pieces: readonly (string | Uint8Array)[],
  file: string | undefined,
  length: number,
): Promise<void> {
  for (const piece of pieces) stdin.write(piece);
  if (file === undefined) return;
  let sent = 0;
  try {
    for await (const bytes of createReadStream(file, { end: length - 1 })) {
      if (!stdin.writable) return;
      sent += bytes.length;
      if (!stdin.write(bytes)) await Promise.race([once(stdin, 'drain'), once(stdin, 'close')]);
    }
  } finally {
    // The file became shorter: the host must not wait for ever.
    if (sent < length) stdin.end();
  }
}

async function hearErrors(
  reader: Reader,
  mark: Buffer,
  output: Output,
  noise: { text: string },
): Promise<void> {
  const keep = (bytes: Buffer) => {
    noise.text = (noise.text + bytes.toString('utf8')).slice(-16_384);
  };
  const begin = Buffer.concat([mark, Buffer.from('\n')]);
  if (!(await reader.until(begin, keep))) return;
  noise.text = '';
  // What is said after the script's own words is ssh's.
  if (await reader.until(mark, output.add)) await reader.until(begin, keep);
}

interface Hearing {
  readonly target: SshTarget;
  readonly execution: Execution;
  readonly heard: Heard;
  readonly patience: Patience;
  readonly noise: { text: string };
  readonly child: Connection['child'];
}

async function hear(reader: Reader, mark: Buffer, output: Output, hearing: Hearing): Promise<void> {
  const { target, execution, heard, patience, child } = hearing;
  // What a login shell says of itself comes first.
  if (!(await reader.until(Buffer.concat([mark, Buffer.from('\n')]), () => undefined))) return;
  // From here on it may have begun, although the word of it was lost.
  heard.begun = true;
  const first = (await reader.line())?.split('\t');
  if (first?.[0] === 'broken') {
    heard.begun = false;
    throw broken(target, execution.spec, first);
  }
  if (first?.[0] !== 'begin') return;
  patience.atMost(execution.spec.limit + endLimit);
  if (!(await reader.until(mark, output.add))) return;
  patience.atMost(silenceLimit);
  for (let line = await reader.line(); line !== undefined; line = await reader.line()) {
    const fields = line.split('\t');
    const [verb, status, why = '', milliseconds, left] = fields;
    if (verb === 'end') {
      heard.finished = true;
      child.stdin.end();
    } else if (verb === 'exit')
      heard.exit = {
        ...{ status: Number(status), why, milliseconds: Number(milliseconds), left: left === 'left' },
      };
    else if (verb === 'broken') {
      heard.begun = false;
      throw broken(target, execution.spec, fields);
    } else if (!(await gather(reader, fields, { ...hearing, most: execution.spec.collectMost }))) return;
  }
}

/** Ends a connection that has been silent for too long. */
export interface Patience {
  atMost(seconds: number): void;
  /** From now on, whatever is asked for later. */
  last(seconds: number): void;
  isOver(): boolean;
  end(): void;
}

function patienceOf({ child }: Connection): Patience {
  let timer: NodeJS.Timeout | undefined;
  let [over, isLast] = [false, false];
  const atMost = (seconds: number) => {
    if (isLast) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      over = true;
      child.kill('SIGKILL');
    }, seconds * 1000);
  };
  return {
    atMost,
    last(seconds) {
      atMost(seconds);
      isLast = true;
    },
    isOver: () => over,
    end: () => clearTimeout(timer),
  };
}

/** Why nothing was run on a host. */
function broken(target: SshTarget, spec: RunSpec, [, what, said = '']: readonly string[]): Fault {
  const reason = Buffer.from(said, 'base64').toString('utf8').trim().split('\n').at(-1) ?? '';
  const params = { host: target.name, reason, account: spec.as ?? target.user ?? '' };
  const code =
    what === 'account'
      ? 'run.account.missing'
      : what === 'launch'
        ? 'run.unlaunched'
        : what === 'disk'
          ? /No space left on device/i.test(reason)
            ? 'run.host.full'
            : 'host.unwritable'
          : 'run.garbled';
  return new Fault(code, params, { next: message(`${code}.next`, params) });
}

/** Waits; `false` when the signal came first. */
function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const timer = setTimeout(() => done(true), milliseconds);
    const aborted = () => done(false);
    const done = (whole: boolean) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      resolve(whole);
    };
    signal.addEventListener('abort', aborted, { once: true });
  });
}
