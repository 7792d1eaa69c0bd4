import { resolve } from 'node:path';
import type { Command } from 'commander';
import { sha256 } from '../../lib/digest.ts';
import { parseSize } from '../../lib/size.ts';
import type { RunSpec } from '../../model/run.ts';
import { chosenHosts } from '../chosen.ts';
import type { Context } from '../context.ts';
import { requireSite } from '../description.ts';
import { endWith } from '../errors.ts';
import { present } from '../present.ts';
import { accountOf, missing, paceOf, wrong } from '../run-request.ts';
import { emptyScript, type UpkeepOptions, upkeepCommand } from '../upkeep.ts';

interface GetOptions extends UpkeepOptions {
  readonly as?: string;
  readonly to?: string;
  readonly most: string;
}

/** `poterne get`: files of many hosts, in a folder for each. */
export function get(context: Context): Command {
  const { t } = context;
  return upkeepCommand(context, 'get', 'get.about', [
    "get '/var/log/app/*.log' --on group:A --as app --to logs",
    "get /etc/hostname '/etc/apt/sources.list.d/*' --on all --to inventory --yes",
  ])
    .usage(t('get.usage'))
    .argument('[patterns...]', t('get.patterns'))
    .option('--to <folder>', t('get.to'))
    .option('--as <account>', t('get.as'))
    .option('--most <size>', t('run.collect-most'), '1GB')
    .action(async (patterns: readonly string[], options: GetOptions) => {
      try {
        const { on, to, as } = options;
        if (patterns.length === 0) throw missing('PATTERN');
        if (to === undefined) throw missing('--to');
        if (on === undefined) throw missing('--on');
        const most = parseSize(options.most);
        if (most === undefined) throw wrong('--most', options.most, '--most 200MB');
        const { site } = await requireSite(context, options.site, options.json);
        const spec: RunSpec = {
          ...{ script: 'get', sha256: sha256(emptyScript), on, login: false, args: [] },
          ...(as === undefined ? {} : { as: accountOf(as) }),
          ...{ collect: patterns, collectMost: most },
          ...paceOf(options),
          task: { kind: 'get', to: resolve(to) },
        };
        const chosen = await chosenHosts(context, on, site, options);
        process.exitCode = await present(context, { spec, script: emptyScript, ...chosen }, options, site);
      } catch (error) {
        process.exitCode = endWith(context, error, options.json === true);
      }
    });
}
