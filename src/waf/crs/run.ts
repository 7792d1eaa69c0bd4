import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type CrsMistake, type CrsTest, parseCrsFile } from './format.ts';
import { type CrsFailure, judge } from './judge.ts';
import { type Earlier, requestsOf } from './request.ts';
import { endOf, readSeen, type SeenLog } from './seen.ts';
import { type CrsDoor, type RawAnswer, send } from './send.ts';

/** What stands in files of tests. */
export interface CrsSuite {
  readonly tests: readonly CrsTest[];
  readonly mistakes: readonly CrsMistake[];
  readonly disabled: number;
}

/** Reads a file, or all `.yaml` files below a folder, in the order of their names. */
export async function readSuite(path: string): Promise<CrsSuite> {
  const files = (await stat(path)).isDirectory()
    ? (await readdir(path, { recursive: true })).filter((name) => /\.ya?ml$/.test(name)).sort()
    : [''];
  const read = files.map(async (name) => {
    const file = join(path, name);
    return parseCrsFile(await readFile(file, 'utf8'), relative(process.cwd(), file) || file);
  });
  const all = await Promise.all(read);
  return {
    tests: all.flatMap(({ tests }) => tests),
    mistakes: all.flatMap(({ mistakes }) => mistakes),
    disabled: all.reduce((sum, { disabled }) => sum + disabled, 0),
  };
}

export interface CrsRun {
  readonly door: CrsDoor;
  /** What stands in the Host header where a test says `localhost`. */
  readonly host: string;
  /** The log of the firewall (ModSecurity's JSON). */
  readonly log: string;
  /** Milliseconds that an answer may be waited for. */
  readonly patience: number;
  /** Connections at the same time. */
  readonly width: number;
  readonly signal?: AbortSignal;
  readonly progress?: (done: number, total: number) => void;
}

export interface CrsResult {
  readonly test: CrsTest;
  readonly failure?: CrsFailure;
  /** Statuses of the answers; 0 where there was none. */
  readonly statuses: readonly number[];
}

interface Stage {
  readonly output: CrsTest['stages'][number]['output'];
  readonly answers: readonly RawAnswer[];
}

/**
 * Sends the tests through a published service, and judges by its answers and by what the firewall's log says of them. Stages of
 * one test go one after the other; what was asked to stop is left out.
 */
export async function runCrs(tests: readonly CrsTest[], run: CrsRun): Promise<readonly CrsResult[]> {
  const since = await endOf(run.log);
  const sent: (readonly Stage[] | undefined)[] = [];
  let next = 0;
  let done = 0;
  const worker = async () => {
    while (next < tests.length && !run.signal?.aborted) {
      const n = next++;
      sent[n] = await sendTest(tests[n] as CrsTest, run);
      run.progress?.(++done, tests.length);
    }
  };
  await Promise.all(Array.from({ length: run.width }, worker));
  const known = new Set(
    sent.flatMap(
      (stages) => stages?.flatMap(({ answers }) => answers.flatMap(({ requests }) => requests)) ?? [],
    ),
  );
  const judged = (log: SeenLog) =>
    tests.flatMap((test, n) => (sent[n] ? [judgeTest(test, sent[n], log)] : []));
  // The log is written a moment after the answer.
  for (let tries = 0; ; tries++) {
    const results = judged(await readSeen(run.log, since, known));
    const isLate = ({ failure }: CrsResult) =>
      failure?.reason === 'unmatched' || failure?.reason === 'refused-before';
    if (tries === 2 || !results.some(isLate)) return results;
    await delay(500);
  }
}

async function sendTest({ stages }: CrsTest, { door, host, patience }: CrsRun): Promise<readonly Stage[]> {
  const sent: Stage[] = [];
  let earlier: Earlier = { cookies: [] };
  for (const { input, output } of stages) {
    const answers: RawAnswer[] = [];
    for (const bytes of requestsOf(input, host, earlier)) answers.push(await send(door, bytes, patience));
    sent.push({ output, answers });
    earlier = left(answers.at(-1), earlier);
  }
  return sent;
}

/** Cookies and target that an answer leaves for the stages after it. */
function left(answer: RawAnswer | undefined, { cookies }: Earlier): Earlier {
  const head = answer?.bytes.toString('latin1').split('\r\n\r\n')[0] ?? '';
  const given = [...head.matchAll(/^set-cookie: *([^;\r\n]+)/gim)].map(([, cookie]) => cookie as string);
  const location = /^location: *(\S+)/im.exec(head)?.[1];
  const path = location && URL.canParse(location) ? new URL(location) : undefined;
  return {
    cookies: [...cookies, ...given],
    ...(location === undefined ? {} : { location: path ? path.pathname + path.search : location }),
  };
}

function judgeTest(test: CrsTest, stages: readonly Stage[], log: SeenLog): CrsResult {
  const statuses = stages.flatMap(({ answers }) => answers.map(({ status }) => status ?? 0));
  for (const { output, answers } of stages) {
    const failure = judge(
      output,
      answers.map((answer) => ({ answer, seen: log.of(answer) })),
    );
    if (failure) return { test, failure, statuses };
  }
  return { test, statuses };
}
