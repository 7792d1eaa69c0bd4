import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../hosts/files.ts';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import type { RunEvent, RunOutcome, RunSpec } from '../model/run.ts';
import { plainName } from './paths.ts';

/** A run as its folder remembers it. */
export interface RecordedRun {
  readonly id: string;
  readonly folder: string;
  readonly spec: RunSpec;
  readonly hosts: readonly string[];
  /** By host; one that is not in it has not come to an end. */
  readonly outcomes: ReadonlyMap<string, RunOutcome>;
  /** Hosts where the script was begun, and whose end nobody wrote down. */
  readonly open: ReadonlySet<string>;
  /** The run whose failed hosts these are. */
  readonly of?: string;
  /** ISO 8601, UTC: its first event, and its last. */
  readonly begun: string;
  readonly last: string;
  /** When it was taken up again. */
  readonly resumed: readonly string[];
  /** Why it ended before all hosts had, the last time that it did. */
  readonly stopped?: 'share' | 'signal';
}

/** What happened in a run, in its order: lines that are only ever added. */
export interface Journal {
  /** With `sync`, it is on the disk when this returns. */
  add(event: RunEvent, sync?: boolean): Promise<void>;
  close(): Promise<void>;
}

/** Where runs are, in the state folder; only their owner reads there. */
export function runsFolder(state: string): string {
  return join(state, 'runs');
}

/** Where a host's results are. */
export function hostFolder(run: string, host: string): string {
  return join(run, 'hosts', plainName(host));
}

/** The script's own bytes, for the run to be taken up again with what it began with. */
export function scriptFile(run: string): string {
  return join(run, 'script');
}

/** A new run's folder, named after its time. */
export async function newRun(
  state: string,
  now: Date,
): Promise<{ readonly id: string; readonly folder: string }> {
  const runs = runsFolder(state);
  await mkdir(runs, { recursive: true, mode: 0o700 });
  const time = now
    .toISOString()
    .slice(0, 19)
    .replace('T', '-')
    .replaceAll(':', '')
    .replace(/-(?=\d\d-)/g, '');
  const id = `${time}-${randomBytes(2).toString('hex')}`;
  const folder = join(runs, id);
  await mkdir(folder, { mode: 0o700 });
  await mkdir(join(folder, 'hosts'), { mode: 0o700 });
  await syncFolder(runs);
  return { id, folder };
}

/** The runs of a state folder, the oldest first. */
export async function runIds(state: string): Promise<readonly string[]> {
  const names = await readdir(runsFolder(state)).catch(() => []);
  return names.filter((name) => /^\d{8}-\d{6}-[0-9a-f]{4}$/.test(name)).sort();
}

/** Opens a run's journal to add to it. */
export async function openJournal(folder: string): Promise<Journal> {
  const path = join(folder, 'journal.jsonl');
  const file = await open(path, 'a', 0o600);
  // A line that a crash cut short ends here; it is passed over by whoever reads.
  const { size } = await file.stat();
  if (size > 0 && !(await readFile(path, 'utf8')).endsWith('\n')) await file.write('\n');
  await syncFolder(folder);
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  // Begins after what was written, and is for all that wait meanwhile: hosts end in crowds.
  const synced = () => {
    next ??= last
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        last = file.datasync();
        return last;
      });
    return next;
  };
  return {
    async add(event, sync = false) {
      await file.write(`${JSON.stringify(event)}\n`);
      if (sync) await synced();
    },
    close: () => file.close(),
  };
}

/** A run by its identifier, as far as it got. Throws `run.unknown`. */
export async function readRun(state: string, id: string): Promise<RecordedRun> {
  const folder = join(runsFolder(state), plainName(id));
  const text = await readFile(join(folder, 'journal.jsonl'), 'utf8').catch(() => '');
  const events = text.split('\n').flatMap(parsed);
  const first = events.find((event) => event.event === 'run');
  if (id.includes('/') || first?.event !== 'run') {
    const params = { id, last: (await runIds(state)).at(-1) ?? '—' };
    throw new Fault('run.unknown', params, { next: message('run.unknown.next', params) });
  }
  return recorded(id, folder, first, events);
}

function recorded(
  id: string,
  folder: string,
  first: Extract<RunEvent, { event: 'run' }>,
  events: readonly RunEvent[],
): RecordedRun {
  const outcomes = new Map<string, RunOutcome>();
  const open = new Set<string>();
  const resumed: string[] = [];
  let stopped: 'share' | 'signal' | undefined;
  for (const event of events) {
    if (event.event === 'begin') {
      // Begun anew: how it ended before counts no more.
      outcomes.delete(event.host);
      open.add(event.host);
    } else if (event.event === 'end') {
      outcomes.set(event.host, event.outcome);
      open.delete(event.host);
    } else if (event.event === 'resume') {
      resumed.push(event.at);
      stopped = undefined;
    } else if (event.event === 'stop') stopped = event.why;
  }
  return {
    ...{ id, folder, spec: first.spec, hosts: first.hosts, outcomes, open, resumed },
    ...(first.of === undefined ? {} : { of: first.of }),
    begun: first.at,
    last: events.at(-1)?.at ?? first.at,
    ...(stopped === undefined ? {} : { stopped }),
  };
}

function parsed(line: string): RunEvent[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as RunEvent];
  } catch {
    return [];
  }
}
