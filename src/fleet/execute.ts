import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../hosts/files.ts';
import type { Program } from '../hosts/launcher.ts';
import { connect } from '../hosts/session.ts';
import type { SshSettings } from '../hosts/ssh.ts';
import { sshFault } from '../hosts/ssh-faults.ts';
import type { SshTarget } from '../hosts/target.ts';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import type { CollectedFile, RunHost, RunOutcome, RunSpec, SkippedFile } from '../model/run.ts';
import { gather } from './collect.ts';
import { broken, localFault, lost } from './execute-faults.ts';
import { type Output, outputTo } from './output.ts';
import { type Patience, patienceOf, pause } from './patience.ts';
import { type Reader, readerOf } from './reader.ts';
import { parametersOf, runScript } from './script.ts';
import { putFiles, send } from './send.ts';

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
  /** Told how far the host is. */
  readonly state?: (is: HostState) => void;
  /** Aborted: the script is ended there. */
  readonly signal: AbortSignal;
  /** What is wrong with the described services of a host, if something is; of those that say how one knows. */
  readonly services?: (host: string) => Promise<Fault | undefined>;
}

/** How far a host is: `waiting` to be tried again, `collecting` what was left there. */
export type HostState = 'connecting' | 'running' | 'collecting' | 'waiting';

/** What was learned of a host while its connection stood. */
interface Heard {
  begun: boolean;
  /** It would not have what was to be put there. */
  refused: boolean;
  put: NonNullable<RunHost['put']>[number][];
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
  const { spec, folder, signal, state } = execution;
  const at = Date.now();
  const attempt = async (): Promise<readonly [Heard, unknown]> => {
    const heard: Heard = {
      ...{ begun: false, refused: false, finished: false, files: [], skipped: [], put: [] },
      sizes: { stdout: 0, stderr: 0 },
    };
    state?.('connecting');
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
    state?.('waiting');
    if (!(await pause(2 ** attempts * 500, signal))) break;
    attempts++;
    [heard, error] = await attempt();
  }
  const result: RunHost = {
    host: target.name,
    outcome: outcomeOf(target, heard, error, signal),
    begun: new Date(at).toISOString(),
    milliseconds: Date.now() - at,
    // Where files are the matter, the script is nothing.
    ...(heard.exit && !spec.put && !spec.task ? { scriptMilliseconds: heard.exit.milliseconds } : {}),
    attempts,
    ...heard.sizes,
    files: heard.files,
    skipped: heard.skipped,
    ...(spec.put ? { put: heard.put } : {}),
    ...(heard.exit?.left ? { left: true } : {}),
  };
  return keepResult(folder, result);
}

/** Writes a host's result into its folder. */
export async function keepResult(folder: string, result: RunHost): Promise<RunHost> {
  const text = `${JSON.stringify(result, null, 2)}\n`;
  await writeDurably(join(folder, 'result.json'), text, 0o600).catch(() => undefined);
  return result;
}

function outcomeOf(target: SshTarget, heard: Heard, error: unknown, signal: AbortSignal): RunOutcome {
  const { exit, finished, begun, refused } = heard;
  if (exit?.why === 'stop') return { is: 'stopped' };
  if (exit && finished && error === undefined) {
    if (exit.why === 'limit') return { is: 'timed-out' };
    return exit.status === 0 ? { is: 'ok' } : { is: 'failed', exit: exit.status };
  }
  if (signal.aborted && !finished) return begun ? { is: 'stopped' } : { is: 'not-run' };
  const fault = error instanceof Fault ? error : localFault(target, error);
  const { code, params, next } = fault;
  const is = begun ? 'lost' : refused ? 'fault' : 'unreachable';
  return { is, fault: message(code, params), ...(next ? { next } : {}) };
}

async function converse(target: SshTarget, execution: Execution, heard: Heard): Promise<void> {
  const { spec, script, stdinLength, settings, folder, line, signal } = execution;
  const token = randomBytes(24).toString('hex');
  const parameters = parametersOf(spec, token, { script: script.length, stdin: stdinLength });
  const connection = await connect(target, settings, {
    script: runScript.text,
    reader: runScript.reader,
    apart: true,
  });
  const patience = patienceOf(connection);
  patience.atMost(beginLimit);
  const stop = () => {
    connection.stdin.end();
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
      hearErrors(readerOf(connection.stderr), mark, stderr, noise).catch(abandon(connection)),
      hear(readerOf(connection.stdout), mark, stdout, {
        target,
        execution,
        heard,
        patience,
        noise,
        connection,
      }).catch(abandon(connection)),
    ]);
    const status = await connection.ended;
    if (heard.finished) return;
    const said = patience.isOver() ? 'timed out' : noise.text;
    throw heard.begun ? lost(target, said, status) : sshFault(target, said, status);
  } finally {
    signal.removeEventListener('abort', stop);
    patience.end();
    connection.kill();
    const [stdout, stderr] = outputs;
    heard.sizes = { stdout: stdout?.size() ?? 0, stderr: stderr?.size() ?? 0 };
    for (const output of outputs) await output.close();
  }
}

/** Whatever one side of a connection finds wrong ends the other side too. */
function abandon(connection: Program): (error: unknown) => never {
  return (error) => {
    connection.kill('SIGKILL');
    throw error;
  };
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
  readonly connection: Program;
}

async function hear(reader: Reader, mark: Buffer, output: Output, hearing: Hearing): Promise<void> {
  const { target, execution, heard, patience, connection } = hearing;
  const { spec, line: tell } = execution;
  // What a login shell says of itself comes first.
  if (!(await reader.until(Buffer.concat([mark, Buffer.from('\n')]), () => undefined))) return;
  // From here on it may have begun, although the word of it was lost.
  heard.begun = true;
  const first = await putFiles(reader, {
    ...{ connection, files: spec.put ?? [], patience, put: heard.put },
    told: ({ to }, percent) => tell('stderr', `${to} ${percent} %`),
  });
  if (first?.[0] === 'broken') {
    heard.begun = false;
    heard.refused = first[1] === 'place';
    throw broken(target, spec, first);
  }
  if (first?.[0] !== 'begin') return;
  execution.state?.('running');
  patience.atMost(spec.limit + endLimit);
  if (!(await reader.until(mark, output.add))) return;
  patience.atMost(silenceLimit);
  execution.state?.('collecting');
  for (let line = await reader.line(); line !== undefined; line = await reader.line()) {
    const fields = line.split('\t');
    const [verb, status, why = '', milliseconds, left] = fields;
    if (verb === 'end') {
      heard.finished = true;
      connection.stdin.end();
    } else if (verb === 'exit')
      heard.exit = {
        ...{ status: Number(status), why, milliseconds: Number(milliseconds), left: left === 'left' },
      };
    else if (verb === 'broken') {
      heard.begun = false;
      throw broken(target, spec, fields);
    } else if (!(await gather(reader, fields, { ...hearing, most: spec.collectMost }))) return;
  }
}
