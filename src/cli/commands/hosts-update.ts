import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { updateScript } from '../../fleet/script.ts';
import { updateWords } from '../../fleet/upkeep/update.ts';
import { reportOf, updateFault } from '../../fleet/upkeep/update-report.ts';
import { sha256 } from '../../lib/digest.ts';
import { parseDuration } from '../../lib/duration.ts';
import type { RunSpec } from '../../model/run.ts';
import type { UpdateReport, UpdateTask } from '../../model/upkeep.ts';
import { chosenHosts } from '../chosen.ts';
import type { Context } from '../context.ts';
import { requireSite } from '../description.ts';
import { endWith, faultJson, showFault } from '../errors.ts';
import { exit } from '../exit.ts';
import { present, targetsOf } from '../present.ts';
import { reachOf } from '../reach.ts';
import { missing, paceOf, unreadable, wrong } from '../run-request.ts';
import { showUpdates } from '../update-view.ts';
import { type UpkeepOptions, upkeepCommand } from '../upkeep.ts';
import { type Looked, lookAt } from '../upkeep-look.ts';

interface UpdateOptions extends UpkeepOptions {
  readonly security?: boolean;
  readonly dryRun?: boolean;
  readonly allowRemovals?: boolean;
  readonly reboot: UpdateTask['reboot'];
  readonly health?: string;
  readonly wait: string;
}

/** The most that a script of --health may hold: it is kept with the run. */
const mostHealth = 64 * 1024;

/** `poterne hosts update`: Debian packages, shown first, then in batches, with a reboot and health checks between. */
export function hostsUpdate(context: Context): Command {
  const { t } = context;
  const made = upkeepCommand(
    context,
    'update',
    'update.about',
    [
      'hosts update --on group:web --dry-run',
      'hosts update --on all --security --reboot never',
      'hosts update --on group:web --batches 1,10% --health check.sh --yes',
    ],
    { batches: '1,10%' },
  );
  return made
    .option('--security', t('update.security'))
    .option('--dry-run', t('update.dry-run'))
    .option('--allow-removals', t('update.allow-removals'))
    .addOption(
      new Option('--reboot <when>', t('update.reboot'))
        .choices(['when-needed', 'never'])
        .default('when-needed'),
    )
    .option('--health <script>', t('update.health-script'))
    .option('--wait <duration>', t('update.wait'), '10m')
    .option('--quiet', t('run.quiet'))
    .action(async (options: UpdateOptions) => {
      try {
        process.exitCode = await update(context, options);
      } catch (error) {
        process.exitCode = endWith(context, error, options.json === true);
      }
    });
}

async function update(context: Context, options: UpdateOptions): Promise<number> {
  const { on, json = false } = options;
  const { t, out, err } = context;
  if (on === undefined) throw missing('--on');
  const task = await taskOf(options);
  const pace = paceOf(options);
  const { site } = await requireSite(context, options.site, json);
  const { hosts, unreached } = await chosenHosts(context, on, site, options);
  const { settings, here } = reachOf(site, options);
  const looked = await lookAt(context, targetsOf(site, hosts, here), {
    ...{ script: updateScript, words: () => updateWords('look', task), settings },
    ...{ limit: pace.limit, fault: updateFault, quiet: json },
  });
  const reports = new Map(
    hosts.flatMap((host) => {
      const rows = looked.rows.get(host);
      return rows ? [[host, reportOf(rows)]] : [];
    }),
  );
  if (!json) {
    showUpdates(context, reports);
    for (const fault of looked.faults.values()) showFault(context, fault);
  }
  const wanted = hosts.filter((host) => isWanted(reports.get(host), task));
  if (options.dryRun || wanted.length === 0) {
    if (json) out(JSON.stringify({ ...lookedJson(context, reports, looked), unreached }));
    else if (wanted.length === 0 && looked.faults.size === 0) err(t('update.nothing'));
    return looked.faults.size > 0 ? exit.failed : exit.done;
  }
  const spec: RunSpec = {
    ...{ script: 'update', sha256: sha256(updateScript), on, as: 'root', login: false },
    ...{ args: updateWords('do', task), collect: [], collectMost: 0 },
    ...pace,
    task,
  };
  const script = Buffer.from(updateScript);
  const status = await present(
    context,
    { spec, script, hosts: wanted, unreached, asks: true },
    options,
    site,
  );
  return status === exit.done && looked.faults.size > 0 ? exit.failed : status;
}

async function taskOf(options: UpdateOptions): Promise<UpdateTask> {
  const { security = false, allowRemovals: removals = false, reboot, health, wait } = options;
  const patience = parseDuration(wait);
  if (!patience || patience < 1000) throw wrong('--wait', wait, '--wait 10m');
  const text =
    health === undefined
      ? undefined
      : await readFile(health, 'utf8').catch((error: Error) => {
          throw unreadable(health, error);
        });
  if (text !== undefined && text.length > mostHealth) throw unreadable(health as string, new Error('EFBIG'));
  return {
    ...{ kind: 'update', security, removals, reboot, patience: Math.ceil(patience / 1000) },
    ...(text === undefined ? {} : { health: { name: basename(health as string), text } }),
  };
}

/** Whether there is anything to do on a host. */
function isWanted(report: UpdateReport | undefined, { reboot }: UpdateTask): boolean {
  if (!report) return false;
  const { packages, unfinished, interrupted, reboot: reasons } = report;
  if (packages.length > 0 || unfinished.length > 0 || interrupted) return true;
  return reboot === 'when-needed' && reasons.length > 0;
}

function lookedJson(
  context: Context,
  reports: ReadonlyMap<string, UpdateReport>,
  { faults }: Looked,
): { readonly hosts: readonly object[] } {
  return {
    hosts: [
      ...[...reports].map(([host, report]) => ({ host, update: report })),
      ...[...faults].map(([host, fault]) => ({ host, fault: faultJson(context, fault) })),
    ],
  };
}
