import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { digestOf } from '../../fleet/request.ts';
import { sha256 } from '../../lib/digest.ts';
import type { PutFile, RunSpec } from '../../model/run.ts';
import { chosenHosts } from '../chosen.ts';
import type { Context } from '../context.ts';
import { requireSite } from '../description.ts';
import { endWith } from '../errors.ts';
import { present } from '../present.ts';
import { accountOf, asked, missing, paceOf, placingOf, unreadable, wrong } from '../run-request.ts';
import { emptyScript, type UpkeepOptions, upkeepCommand } from '../upkeep.ts';

interface PutOptions extends UpkeepOptions {
  readonly to?: string;
  readonly as: string;
  readonly mode?: string;
  readonly owner?: string;
}

/** `poterne put`: files of this machine on many hosts. */
export function put(context: Context): Command {
  const { t } = context;
  return upkeepCommand(context, 'put', 'put.about', [
    'put report.conf --to /etc/app/ --on group:A --mode 640 --owner root:app',
    'put tables.bin codes.bin --to /srv/batch/ --on group:A --as User_DollarU --batches 1,10%',
  ])
    .usage(t('put.usage'))
    .argument('[files...]', t('put.files'))
    .option('--to <path>', t('put.to'))
    .option('--as <account>', t('put.as'), 'root')
    .option('--mode <mode>', t('put.mode'))
    .option('--owner <owner>', t('put.owner'))
    .action(async (files: readonly string[], options: PutOptions) => {
      try {
        const { on, to } = options;
        if (files.length === 0) throw missing('FILE');
        if (to === undefined) throw missing('--to');
        if (on === undefined) throw missing('--on');
        if (files.length > 1 && !to.endsWith('/')) throw wrong('--to', to, `--to ${to}/`);
        const { site } = await requireSite(context, options.site, options.json);
        const spec: RunSpec = {
          ...{ script: 'put', sha256: sha256(emptyScript), on, as: accountOf(options.as), login: false },
          ...{ args: [], collect: [], collectMost: 0 },
          ...paceOf(options),
          put: await Promise.all(files.map((file) => putFile(file, to, options))),
        };
        const chosen = await chosenHosts(context, on, site, options);
        process.exitCode = await present(context, { spec, script: emptyScript, ...chosen }, options, site);
      } catch (error) {
        process.exitCode = endWith(context, error, options.json === true);
      }
    });
}

async function putFile(file: string, to: string, { mode, owner }: PutOptions): Promise<PutFile> {
  const found = await stat(file).catch((error: Error) => {
    throw unreadable(file, error);
  });
  if (!found.isFile()) throw unreadable(file, new Error('EISDIR'));
  const place = to.endsWith('/') ? `${to}${basename(file)}` : to;
  return {
    ...placingOf('--to', place, mode, owner),
    ...{ file: resolve(file), size: found.size, sha256: await asked(digestOf(file)) },
  };
}
