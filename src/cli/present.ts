import { targetOf } from '../daemon/reach.ts';
import { carryOut, type RunPlace } from '../fleet/carry-out.ts';
import type { RecordedRun } from '../fleet/journal.ts';
import { stdinLength } from '../fleet/request.ts';
import type { SshTarget } from '../hosts/target.ts';
import { message } from '../model/message.ts';
import type { RunHost, RunSpec } from '../model/run.ts';
import type { Site } from '../model/site.ts';
import { changesIn, showChanges } from './account-view.ts';
import { hostsConfirmed } from './confirm-hosts.ts';
import { type Context, controllerFolder } from './context.ts';
import { exit, WrongRequest } from './exit.ts';
import { interruption } from './interruption.ts';
import { liveView, type Progress, progressLines } from './live.ts';
import { localAccount } from './local-account.ts';
import { type ReachOptions, reachOf } from './reach.ts';
import { asked, parallelOf, requireUnchanged } from './run-request.ts';
import { finish, type Sending, tidy } from './run-send.ts';
import { nextOf, showResults, tellerOf } from './run-view.ts';
import { showUpdates } from './update-view.ts';

/** What is to be run where. */
export interface Request {
  readonly spec: RunSpec;
  readonly script: Uint8Array;
  readonly hosts: readonly string[];
  /** Selected, and left out: nothing says how they are reached. */
  readonly unreached?: readonly string[];
  /** The run that is taken up again. */
  readonly resumed?: RecordedRun;
  /** The run whose failed hosts these are. */
  readonly of?: string;
  /** What would change was shown: it is asked even for one host. */
  readonly asks?: boolean;
  /** What is done with the results. */
  readonly sending?: Sending;
}

/** Options of the commands that run something on hosts. */
export interface PresentOptions extends ReachOptions {
  readonly yes?: boolean;
  readonly quiet?: boolean;
  readonly parallel?: string;
}

/** Carries a run out in front of whoever asked for it, once it is confirmed; gives the status to leave with. */
export async function present(
  context: Context,
  request: Request,
  options: PresentOptions,
  site: Site,
): Promise<number> {
  const { t, err, out } = context;
  const { spec, script, hosts, unreached = [], resumed, of, sending } = request;
  const state = controllerFolder(options.state, process.env);
  if (hosts.length === 0) {
    const params = { id: of ?? resumed?.id ?? '' };
    if (options.json) out(JSON.stringify({ run: params.id, hosts: [] }));
    else out(t('run.nothing', params));
    return exit.done;
  }
  const reach = reachOf(site, options);
  const targets = targetsOf(site, hosts, reach.here);
  const parallel = parallelOf(options);
  const length = await asked(stdinLength(spec));
  if (resumed || of !== undefined) await requireUnchanged(spec);
  if (!options.json) err(t('run.selected', { count: hosts.length, hosts: hosts.join(', ') }));
  if (!options.json && unreached.length > 0) err(t('run.left-out', { hosts: unreached.join(', ') }));
  if (!(await hostsConfirmed(context, hosts, site, { ...options, asks: request.asks === true })))
    return exit.wrong;
  const silent = options.json === true;
  const progress: Progress = {
    ...{ done: 0, failed: 0, running: new Map(), of: hosts.length, since: performance.now() },
  };
  const live = silent ? undefined : liveView(context, (size) => progressLines(context, progress, size));
  const show = live?.context ?? { ...context, out: () => {}, err: () => {} };
  const interrupted = interruption(() => show.err(t('run.stopped.signal')));
  try {
    const { id, folder, results } = await carryOut({
      ...{ spec, script, stdinLength: length, targets, state, settings: reach.settings },
      by: localAccount(),
      ...(resumed === undefined ? {} : { resumed }),
      ...(of === undefined ? {} : { of }),
      ...(parallel === undefined ? {} : { parallel }),
      tell: tellerOf(show, hosts, options.quiet === true || silent, progress),
      signal: interrupted.signal,
      // Only updates ask, and what looks over the network is much to load.
      services: async (host) => (await import('../daemon/services.ts')).servicesOf(site, reach)(host),
      begun: ({ id }) => {
        const account = spec.as ?? t('run.account.login');
        show.err(t('run.what', { script: spec.script, account, id }));
      },
    });
    live?.end();
    if (!silent) report(context, spec, { id, folder }, results);
    const finished = sending && (await finish(context, sending, site, state, id, silent));
    const removed = await tidy(context, site, state, silent);
    const result = { ...resultJson(context, id, folder, results), unreached, ...finished?.json, removed };
    if (silent) out(JSON.stringify(result));
    const isGood = results.every(({ outcome }) => outcome.is === 'ok');
    return isGood ? (finished?.status ?? exit.done) : exit.failed;
  } finally {
    live?.end();
    interrupted.end();
  }
}

/** How the hosts are reached. Throws `run.host.gone`. */
export function targetsOf(
  site: Site,
  names: readonly string[],
  here: string | undefined,
): readonly SshTarget[] {
  const hosts = names.map((name) => site.hosts.find((host) => host.name === name));
  const gone = names.filter((_, index) => hosts[index] === undefined);
  if (gone.length > 0) {
    const params = { hosts: gone.join(', ') };
    throw new WrongRequest('run.host.gone', params, { next: message('run.host.gone.next') });
  }
  return hosts.flatMap((host) => (host ? [targetOf(site, host, here)] : []));
}

function report(
  context: Context,
  { task }: RunSpec,
  { id, folder }: RunPlace,
  results: readonly RunHost[],
): void {
  const { t, out, err } = context;
  showResults(context, results);
  showUpdates(context, new Map(results.flatMap(({ host, update }) => (update ? [[host, update]] : []))));
  showChanges(context, task?.kind === 'account' ? task.name : '', changesIn(results));
  const ok = results.filter(({ outcome }) => outcome.is === 'ok').length;
  out(t('run.result', { ok, count: results.length, folder }));
  const next = nextOf(context, id, results);
  if (next !== undefined) err(t('cli.next', { text: next }));
}

/** The results as programs read them: faults with their words. */
function resultJson(context: Context, run: string, folder: string, results: readonly RunHost[]): object {
  const hosts = results.map((result) =>
    'fault' in result.outcome
      ? { ...result, outcome: { ...result.outcome, text: context.say(result.outcome.fault) } }
      : result,
  );
  return { run, folder, hosts };
}
