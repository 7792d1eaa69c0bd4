import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { readRun, scriptFile } from '../../fleet/journal.ts';
import { isFailed, isUnfinished } from '../../model/run.ts';
import type { Site } from '../../model/site.ts';
import { chosenHosts } from '../chosen.ts';
import { command } from '../command.ts';
import { type Context, controllerFolder } from '../context.ts';
import { type Described, requireSite } from '../description.ts';
import { endWith } from '../errors.ts';
import { wrongRun } from '../past-runs.ts';
import { present, type Request } from '../present.ts';
import { reaching } from '../reach.ts';
import { type RunOptions, specOf } from '../run-request.ts';
import { sendingOf } from '../run-send.ts';
import { runArchive, runKey, sendingOptions } from './run-archive.ts';
import { runList, runShow } from './run-list.ts';
import { runPrune } from './run-prune.ts';
import { runVerify } from './run-verify.ts';

/** `poterne run`: an operator's script on many machines, as another account. */
export function run(context: Context): Command {
  const { t } = context;
  const many = (value: string, before: readonly string[]) => [...before, value];
  const made = command(context, 'run', 'run.about', [
    "run Fichier_fourni.sh --on group:A --as User_DollarU --arg SOC_PRODUCTION --collect '/tmp/fichier_*log.txt'",
    'run check.sh --on all --batches 1,10% --stop-at 20% --limit 10m --yes',
    'run --resume 20260102-030405-a1b2',
    'run --failed-of 20260102-030405-a1b2',
    "run Fichier_fourni.sh --on group:A --mail equipe@example.fr --message 'The results of the month.'",
    'run ./verify --on all',
  ])
    .usage(t('run.usage'))
    .argument('[script]', t('run.script'))
    .option('--on <selector>', t('run.on'))
    .option('--site <file>', t('run.site'), 'site.yaml')
    .option('--as <account>', t('run.as'))
    .option('--login', t('run.login'))
    .option('--arg <text>', t('run.arg'), many, [])
    .option('--stdin <file>', t('run.stdin'))
    .option('--install <path>', t('run.install'))
    .option('--install-mode <mode>', t('run.install-mode'))
    .option('--install-owner <owner>', t('run.install-owner'))
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
    .option('--failed-of <run>', t('run.failed-of'))
    .option('--archive <path>', t('run.archive'));
  return reaching(sendingOptions(made, context), context)
    .enablePositionalOptions()
    .addCommand(runList(context))
    .addCommand(runShow(context))
    .addCommand(runArchive(context))
    .addCommand(runVerify(context))
    .addCommand(runKey(context))
    .addCommand(runPrune(context))
    .action(async (script: string | undefined, options: RunOptions) => {
      let described: Described | undefined;
      try {
        const whole = await requireSite(context, options.site, options.json);
        described = whole;
        const { site } = whole;
        const state = controllerFolder(options.state, process.env);
        // What can be known to be wrong is, before anything is run.
        const sending = await sendingOf(options, site);
        const request = await requestOf(context, script, options, site, state);
        process.exitCode = await present(
          context,
          { ...request, ...(sending ? { sending } : {}) },
          options,
          site,
        );
      } catch (error) {
        process.exitCode = endWith(context, error, options.json === true, described);
      }
    });
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
    return { ...asked, ...(await chosenHosts(context, asked.spec.on, site, options)) };
  }
  const recorded = await readRun(state, id).catch(wrongRun);
  const { spec, outcomes } = recorded;
  const isWanted = resume === undefined ? isFailed : isUnfinished;
  return {
    ...{ spec, script: await readFile(scriptFile(recorded.folder)) },
    hosts: recorded.hosts.filter((host) => isWanted(outcomes.get(host))),
    ...(resume === undefined ? { of: id } : { resumed: recorded }),
  };
}
