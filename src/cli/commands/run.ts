import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { targetOf } from '../../daemon/reach.ts';
import { withStore } from '../../daemon/state-store.ts';
import { confirmationNeeded } from '../../fleet/confirmation.ts';
import { newRun, openJournal, type RecordedRun, readRun, scriptFile } from '../../fleet/journal.ts';
import { runAll } from '../../fleet/runner.ts';
import { describedHosts } from '../../fleet/selector.ts';
import { writeSynced } from '../../hosts/files.ts';
import type { SshTarget } from '../../hosts/target.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { isFailed, isUnfinished, type RunHost, type RunSpec } from '../../model/run.ts';
import type { Site } from '../../model/site.ts';
import { withLock } from '../../store/lock.ts';
import { command } from '../command.ts';
import { type Context, stateFolder } from '../context.ts';
import { requireSite } from '../description.ts';
import { endWith } from '../errors.ts';
import { exit, WrongRequest } from '../exit.ts';
import { liveLine, progressText } from '../live.ts';
import { confirmed, typed } from '../prompt.ts';
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
      process.exitCode = await carryOut(context, request, options, site, state);
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

async function carryOut(
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
  const guarded = confirmationNeeded(hosts, site);
  if ((hosts.length > 1 || guarded.length > 0) && !options.yes) {
    if (!process.stdin.isTTY || options.json) {
      const params = { count: hosts.length };
      throw new WrongRequest('run.unconfirmed', params, { next: message('run.unconfirmed.next') });
    }
    // A group that the description guards is confirmed by its name: a yes is soon said.
    for (const { group, hosts: some } of guarded)
      if (!(await typed(t('run.confirm.group', { group, hosts: some.join(', ') }), group))) {
        err(t('run.declined'));
        return exit.wrong;
      }
    if (guarded.length === 0 && !(await confirmed(context, t('run.confirm')))) {
      err(t('run.declined'));
      return exit.wrong;
    }
  }
  const { id, folder } = resumed ?? (await newRun(state, new Date()));
  return withLock(folder, 0, async () => {
    if (!resumed) await writeSynced(scriptFile(folder), script, 0o600);
    const journal = await openJournal(folder);
    if (!resumed)
      await journal.add(
        { event: 'run', at: new Date().toISOString(), spec, hosts, ...(of === undefined ? {} : { of }) },
        true,
      );
    const account = spec.as ?? t('run.account.login');
    if (!options.json) err(t('run.what', { script: spec.script, account, id }));
    const silent = options.json === true;
    const progress = { done: 0, failed: 0, running: 0, of: hosts.length, since: performance.now() };
    const live = silent ? undefined : liveLine(context, () => progressText(context, progress));
    const show = live?.context ?? { ...context, out: () => {}, err: () => {} };
    const interrupted = interruption(() => show.err(t('run.stopped.signal')));
    try {
      const tell = tellerOf(show, hosts, options.quiet === true || silent, progress);
      const results = await runAll(targets, {
        ...{ spec, script, stdinLength: length, folder, settings: reach.settings, journal, tell },
        ...(parallel === undefined ? {} : { parallel }),
        signal: interrupted.signal,
      });
      live?.end();
      if (silent) out(JSON.stringify({ ...resultJson(context, id, folder, results), unreached }));
      else report(context, id, folder, results);
      return results.every(({ outcome }) => outcome.is === 'ok') ? exit.done : exit.failed;
    } finally {
      live?.end();
      interrupted.end();
      await journal.close();
    }
  });
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

/** The first signal stops the run in order; a second one leaves at once: the hosts notice, and end what runs. */
function interruption(told: () => void): { readonly signal: AbortSignal; end(): void } {
  const stopping = new AbortController();
  const onSignal = () => {
    if (stopping.signal.aborted) process.exit(exit.failed);
    stopping.abort();
    told();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return {
    signal: stopping.signal,
    end: () => {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, onSignal);
    },
  };
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
