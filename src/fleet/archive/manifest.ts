import { isFailed, type Placing, type PutFile, type RunHost, type RunOutcome } from '../../model/run.ts';
import type { Language } from '../../model/site.ts';
import type { Task } from '../../model/upkeep.ts';
import type { RecordedRun } from '../journal.ts';
import { pathBelow, plainName } from '../paths.ts';

/** What became of a host, or that nobody knows: the script was begun there, and its end was not written down. */
export type ArchivedOutcome = RunOutcome | { readonly is: 'unknown' };

/** A file of an archive. */
export interface ArchivedFile {
  /** Below the archive's own folder. */
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/** One host in an archive. */
export interface ArchivedHost extends Partial<Omit<RunHost, 'outcome' | 'host'>> {
  readonly host: string;
  /** Its folder. */
  readonly folder: string;
  readonly outcome: ArchivedOutcome;
}

/** What an archive says of itself: `manifest.json`. Nothing in it is secret but what arguments say. */
export interface Manifest {
  readonly format: 'poterne-run';
  readonly version: 1;
  readonly run: string;
  /** The run whose failed hosts these are. */
  readonly of?: string;
  readonly site: { readonly name: string; readonly language: Language; readonly timezone: string };
  readonly script: { readonly name: string; readonly file: string; readonly sha256: string };
  readonly on: string;
  readonly as?: string;
  readonly login: boolean;
  readonly arguments: readonly string[];
  /** Whether something was given on standard input; what, is kept nowhere. */
  readonly stdin: boolean;
  /** What was done besides running the script. */
  readonly task?: Task;
  /** Where the script was installed. */
  readonly install?: Placing;
  /** Files that were put there: where, and which; they are not in the archive. */
  readonly put?: readonly Omit<PutFile, 'file'>[];
  readonly collect: readonly string[];
  readonly limitSeconds: number;
  readonly retries: number;
  readonly batches: readonly string[];
  readonly stopAt: number;
  /** ISO 8601, UTC. */
  readonly begun: string;
  readonly ended: string;
  /** When it was taken up again after it had ended early. */
  readonly resumed: readonly string[];
  readonly stopped?: 'share' | 'signal';
  readonly state: RunState;
  readonly counts: Counts;
  readonly hosts: readonly ArchivedHost[];
  /** All but this one and the signed list of digests. */
  readonly files: readonly ArchivedFile[];
}

/** `interrupted`: it ended before every host had; it can be taken up again. */
export type RunState = 'complete' | 'interrupted';

export interface Counts {
  readonly hosts: number;
  readonly ok: number;
  readonly failed: number;
  /** Not begun, stopped, or not known. */
  readonly unfinished: number;
}

/** What became of each host of a run; `results` has what hosts' folders say. */
export function archivedHosts(
  run: RecordedRun,
  results: ReadonlyMap<string, RunHost>,
): readonly ArchivedHost[] {
  return run.hosts.map((host) => {
    const { outcome: _, host: __, ...result } = results.get(host) ?? {};
    const none = run.open.has(host) ? ({ is: 'unknown' } as const) : ({ is: 'not-run' } as const);
    // What the journal does not say did not happen, whatever an earlier attempt left in the folder.
    const outcome = run.outcomes.get(host);
    return {
      ...(outcome ? result : {}),
      ...{ host, folder: `hosts/${plainName(host)}`, outcome: outcome ?? none },
    };
  });
}

/** What of a manifest is told to people, once its bytes are known to be those that were sealed. */
export type Told = Pick<Manifest, 'run' | 'site' | 'script' | 'begun' | 'ended' | 'state' | 'counts'>;

/** The manifest that a text is, and its sizes by path; `undefined` when it is none of this version. */
export function manifestIn(
  text: string,
): { readonly told: Told; readonly sizes: ReadonlyMap<string, number> } | undefined {
  try {
    const { format, version, run, site, script, begun, ended, state, counts, files } = JSON.parse(
      text,
    ) as Manifest;
    if (format !== 'poterne-run' || version !== 1) return undefined;
    const sizes = new Map(files.map(({ path, size }) => [path, size]));
    if (![...sizes.values()].every((size) => Number.isSafeInteger(size) && size >= 0)) return undefined;
    return { told: { run, site, script, begun, ended, state, counts }, sizes };
  } catch {
    return undefined;
  }
}

/** How many hosts ended how. */
export function countsOf(hosts: readonly ArchivedHost[]): Counts {
  const count = (is: (outcome: ArchivedOutcome) => boolean) =>
    hosts.filter((host) => is(host.outcome)).length;
  const ok = count((outcome) => outcome.is === 'ok');
  const failed = count((outcome) => outcome.is !== 'unknown' && isFailed(outcome));
  return { hosts: hosts.length, ok, failed, unfinished: hosts.length - ok - failed };
}

/** What an archive of this run says of it, but for its files. */
export function manifestOf(
  run: RecordedRun,
  site: Manifest['site'],
  hosts: readonly ArchivedHost[],
  files: readonly ArchivedFile[],
): Manifest {
  const { id, of, spec, begun, last, resumed, stopped } = run;
  const counts = countsOf(hosts);
  return {
    ...{ format: 'poterne-run', version: 1, run: id },
    ...(of === undefined ? {} : { of }),
    site,
    script: { name: spec.script, file: scriptPath(spec.script), sha256: spec.sha256 },
    on: spec.on,
    ...(spec.as === undefined ? {} : { as: spec.as }),
    ...{ login: spec.login, arguments: spec.args, stdin: spec.stdin !== undefined },
    ...(spec.task ? { task: spec.task } : {}),
    ...(spec.install ? { install: spec.install } : {}),
    ...(spec.put ? { put: spec.put.map(({ file: _, ...rest }) => rest) } : {}),
    ...{ collect: spec.collect, limitSeconds: spec.limit, retries: spec.retries },
    ...{ batches: spec.batches, stopAt: spec.stopAt },
    ...{ begun, ended: last, resumed },
    ...(stopped === undefined ? {} : { stopped }),
    state: counts.unfinished > 0 ? 'interrupted' : 'complete',
    ...{ counts, hosts, files },
  };
}

/** Where an archive has the script. */
export function scriptPath(name: string): string {
  return `script/${pathBelow(Buffer.from(name))}`;
}
