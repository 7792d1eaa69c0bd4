import type { Command } from 'commander';
import { applyRetention } from '../../fleet/retention.ts';
import { type CommonOptions, command } from '../command.ts';
import { type Context, controllerFolder } from '../context.ts';
import { requireSite } from '../description.ts';
import { endWith } from '../errors.ts';
import { onlySubcommand } from '../subcommand.ts';

interface PruneOptions extends CommonOptions {
  readonly site: string;
  readonly dryRun?: boolean;
}

/** `poterne run prune`: removes what is kept no longer, as is done after each run. */
export function runPrune(context: Context): Command {
  const { t, out } = context;
  return command(context, 'prune', 'run.prune.about', ['run prune --dry-run', 'run prune --json'])
    .option('--site <file>', t('run.site'), 'site.yaml')
    .option('--dry-run', t('run.prune.dry-run'))
    .action(async (options: PruneOptions, made: Command) => {
      try {
        onlySubcommand(made);
        const { site } = await requireSite(context, options.site, options.json);
        const dry = options.dryRun === true;
        const removed = await applyRetention(controllerFolder(options.state, process.env), site.keeping, {
          dry,
        });
        if (options.json) return out(JSON.stringify({ ...removed, dry }));
        for (const each of [...removed.runs, ...removed.archives]) out(each);
        context.err(t(dry ? 'run.prune.would' : 'run.prune.done', { count: removed.runs.length }));
      } catch (error) {
        process.exitCode = endWith(context, error, options.json === true);
      }
    });
}
