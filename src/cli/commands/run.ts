import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { targetOf } from '../../daemon/reach.ts';
import { withStore } from '../../daemon/state-store.ts';
import { carryOut } from '../../fleet/carry-out.ts';
import { type RecordedRun, readRun, scriptFile } from '../../fleet/journal.ts';
import type { SshTarget } from '../../hosts/target.ts';
import { describedHosts } from '../../lib/selector.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { isFailed, isUnfinished, type RunHost, type RunSpec } from '../../model/run.ts';
import type { Site } from '../../model/site.ts';
import { command } from '../command.ts';
import { hostsConfirmed } from '../confirm-hosts.ts';
import { type Context, stateFolder } from '../context.ts';
import { requireSite } from '../description.ts';
import { endWith } from '../errors.ts';
import { exit, WrongRequest } from '../exit.ts';
import { interruption } from '../interruption.ts';
import { liveLine, progressText } from '../live.ts';
import { reaching, reachOf } from '../reach.ts';
import { parallelOf, type RunOptions, specOf, stdinLength } from '../run-request.ts';
import { nextOf, showResults, tellerOf } from '../run-view.ts';
import { selectHosts } from '../selection.ts';

/** `poterne run`: an operator's script on many machines, as another account. */
export function run(context: Context): Command {
  const { t } = context;
  const many = (value: string, before: readonly string[]) => [...before, value];
  const made = command(context, 'run', 'run.about', [
    "run Fichier_fourni.sh --on group:A --as User_DollarU --arg SOC_PRODUCTION --collect '/tmp/fichier_*log.txt'",
    'run check.sh --on all --batches 1,10% --stop-at 20% --limit 10m --yes',
    'run --resume 20260102-030405-a1b2',
    'run --failed-of 20260102-030405-a1b2',
  ])
    .usage(t('run.usage'))
    .argument('[script]', t('run.script'))
    .option('--on <selector>', t('run.on'))
    .option('--site <file>', t('run.site'), 'site.yaml')
    .option('--as <account>', t('run.as'))
    .option('--login', t('run.login'))
    .option('--arg <text>', t('run.arg'), many, [])
    .option('--stdin <file>', t('run.stdin'))
    .option('--collect <pattern>', t('run.collect'), many, [])
    .option('--collect-most <size>', t('run.collect-most'), '1GB')
    .option('--limit <duration>', t('run.limit'), '1h')
    .option('--batches <sizes>', t('run.batches'))
    .option('--stop-at <share>', t('run.stop-at'))
    .option('--retries <number>', t('run.retries'), '2')
    .option('--parallel <number>', t('run.parallel'))
    .option('--yes', t('run.yes'))
    .option('--quiet', t('run.quiet'))
    .option('--resume <run>', t('run.resume'))
    .option('--failed-of <run>', t('run.failed-of'));
  return reaching(made, context).action(async (script: string | undefined, options: RunOptions) => {
    try {
      const { site } = await requireSite(context, options.site, options.json);
      const state = stateFolder(options.state, process.env);
      const request = await requestOf(context, script, options, site, state);
      process.exitCode = await present(context, request, options, site, state);
    } catch (error) {
      process.exitCode = endWith(context, error, options.json === true);
    }
  });
}

/** What is to be run where. */
interface Request {
  readonly spec: RunSpec;
  readonly script: Uint8Array;
  readonly hosts: readonly string[];
  /** Selected, and left out: nothing says how they are reached. */
  readonly unreached?: readonly string[];
  /** The run that is taken up again. */
  readonly resumed?: RecordedRun;
  /** The run whose failed hosts these are. */
  readonly of?: string;
}

async function requestOf(
  context: Context,
  script: string | undefined,
  options: RunOptions,
  site: Site,
  state: string,
): Promise<Request> {
  const { resume, failedOf } = options;
  const id = resume ?? failedOf;
  if (id === undefined) {
    const asked = await specOf(script, options);
    const described = describedHosts(site);
    const chosen = await withStore(state, async (store) =>
      selectHosts(context, asked.spec.on, { site, facts: await store.facts(site.name) }, options.json),
    );
    if (chosen.length === 0)
      throw new WrongRequest('run.none', { on: asked.spec.on }, { next: message('run.none.next') });
    const { here } = reachOf(site, options);
    const isReached = (name: string) =>
      name === here || described.some((host) => host.name === name && host.ssh);
    const hosts = chosen.filter(isReached);
    const unreached = chosen.filter((name) => !isReached(name));
    if (hosts.length > 0) return { ...asked, hosts, unreached };
    const params = { hosts: unreached.join(', ') };
    throw new WrongRequest('run.unreached', params, { next: message('run.unreached.next') });
  }
  const recorded = await readRun(state, id).catch((error: unknown) => {
    if (!(error instanceof Fault)) throw error;
    const { code, params, next } = error;
    throw new WrongRequest(code, params, next ? { next } : {});
  });
  const { spec, outcomes } = recorded;
  const isWanted = resume === undefined ? isFailed : isUnfinished;
  return {
    ...{ spec, script: await readFile(scriptFile(recorded.folder)) },
    hosts: recorded.hosts.filter((host) => isWanted(outcomes.get(host))),
    ...(resume === undefined ? { of: id } : { resumed: recorded }),
  };
}

async function present(
  context: Context,
  request: Request,
  options: RunOptions,
  site: Site,
  state: string,
): Promise<number> {
  const { t, err, out } = context;
  const { spec, script, hosts, unreached = [], resumed, of } = request;
  if (hosts.length === 0) {
    const params = { id: of ?? resumed?.id ?? '' };
    if (options.json) out(JSON.stringify({ run: params.id, hosts: [] }));
    else out(t('run.nothing', params));
    return exit.done;
  }
  const reach = reachOf(site, options);
  const targets = targetsOf(site, hosts, reach.here);
  const parallel = parallelOf(options);
  const length = await stdinLength(spec);
  if (!options.json) err(t('run.selected', { count: hosts.length, hosts: hosts.join(', ') }));
  if (!options.json && unreached.length > 0) err(t('run.left-out', { hosts: unreached.join(', ') }));
  if (!(await hostsConfirmed(context, hosts, site, options))) return exit.wrong;
  const silent = options.json === true;
  const progress = { done: 0, failed: 0, running: 0, of: hosts.length, since: performance.now() };
  const live = silent ? undefined : liveLine(context, () => progressText(context, progress));
  const show = live?.context ?? { ...context, out: () => {}, err: () => {} };
  const interrupted = interruption(() => show.err(t('run.stopped.signal')));
  try {
    const { id, folder, results } = await carryOut({
      ...{ spec, script, stdinLength: length, targets, state, settings: reach.settings },
      ...(resumed === undefined ? {} : { resumed }),
      ...(of === undefined ? {} : { of }),
      ...(parallel === undefined ? {} : { parallel }),
      tell: tellerOf(show, hosts, options.quiet === true || silent, progress),
      signal: interrupted.signal,
      begun: ({ id }) => {
        const account = spec.as ?? t('run.account.login');
        show.err(t('run.what', { script: spec.script, account, id }));
      },
    });
    live?.end();
    if (silent) out(JSON.stringify({ ...resultJson(context, id, folder, results), unreached }));
    else report(context, id, folder, results);
    return results.every(({ outcome }) => outcome.is === 'ok') ? exit.done : exit.failed;
  } finally {
    live?.end();
    interrupted.end();
  }
}

/** How the hosts are reached. Throws `run.host.gone`. */
function targetsOf(site: Site, names: readonly string[], here: string | undefined): readonly SshTarget[] {
  const hosts = names.map((name) => site.hosts.find((host) => host.name === name));
  const gone = names.filter((_, index) => hosts[index] === undefined);
  if (gone.length > 0) {
    const params = { hosts: gone.join(', ') };
    throw new WrongRequest('run.host.gone', params, { next: message('run.host.gone.next') });
  }
  return hosts.flatMap((host) => (host ? [targetOf(site, host, here)] : []));
}

function report(context: Context, id: string, folder: string, results: readonly RunHost[]): void {
  const { t, out, err } = context;
  showResults(context, results);
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
