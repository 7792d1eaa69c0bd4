import { accountsScript } from '../fleet/script.ts';
import { accountFault, changesOf } from '../fleet/upkeep/account.ts';
import { sha256 } from '../lib/digest.ts';
import type { RunSpec } from '../model/run.ts';
import type { AccountChange, Task } from '../model/upkeep.ts';
import { showChanges } from './account-view.ts';
import { chosenHosts } from './chosen.ts';
import type { Context } from './context.ts';
import { requireSite } from './description.ts';
import { faultJson, showFault } from './errors.ts';
import { exit } from './exit.ts';
import { present, targetsOf } from './present.ts';
import { reachOf } from './reach.ts';
import { missing, paceOf } from './run-request.ts';
import type { UpkeepOptions } from './upkeep.ts';
import { type Looked, lookAt } from './upkeep-look.ts';

export interface AccountOptions extends UpkeepOptions {
  readonly dryRun?: boolean;
}

/** Something about accounts: how a host is looked at, and what is then run. */
export interface AccountWork {
  /** The name of the run. */
  readonly script: string;
  /** The account, as tables name it. */
  readonly name: string;
  /** The words of `accounts.sh`, one list for each look. */
  readonly looks: readonly (readonly string[])[];
  readonly args: readonly string[];
  readonly task: Task;
}

/** Looks at the hosts, shows what would change, asks, and has it changed where it is not as wanted. Gives the exit status. */
export async function changeAccounts(
  context: Context,
  work: AccountWork,
  options: AccountOptions,
): Promise<number> {
  const { on, json = false } = options;
  const { task } = work;
  if (on === undefined) throw missing('--on');
  const pace = paceOf(options);
  const { site } = await requireSite(context, options.site, json);
  const { hosts, unreached } = await chosenHosts(context, on, site, options);
  const { settings, here } = reachOf(site, options);
  const found = new Map<string, AccountChange[]>();
  const looked: { -readonly [K in keyof Looked]: Looked[K] } = { rows: new Map(), faults: new Map() };
  for (const words of work.looks) {
    const targets = targetsOf(
      site,
      hosts.filter((host) => !looked.faults.has(host)),
      here,
    );
    const { rows, faults } = await lookAt(context, targets, {
      ...{ script: accountsScript, words: () => words, settings, limit: 60 },
      ...{ fault: accountFault, quiet: json },
      // Where the key was rotated already.
      ...(task.kind === 'rotate' ? { otherwise: { ...settings, key: task.next.file } } : {}),
    });
    looked.rows = rows;
    looked.faults = new Map([...looked.faults, ...faults]);
    for (const [host, each] of rows) found.set(host, [...(found.get(host) ?? []), ...changesOf(each)]);
  }
  const changes = new Map(
    hosts.flatMap((host) => (looked.faults.has(host) ? [] : [[host, found.get(host) ?? []] as const])),
  );
  const wanted = hosts.filter((host) => (changes.get(host) ?? []).length > 0);
  if (!json) show(context, work, changes, looked);
  if (options.dryRun || wanted.length === 0) {
    if (json) context.out(JSON.stringify({ ...lookedJson(context, changes, looked), unreached }));
    return looked.faults.size > 0 ? exit.failed : exit.done;
  }
  const spec: RunSpec = {
    ...{ script: work.script, sha256: sha256(accountsScript), on, as: 'root', login: false },
    ...{ args: work.args, collect: [], collectMost: 0, task: work.task },
    ...pace,
  };
  const request = { spec, script: Buffer.from(accountsScript), hosts: wanted, unreached, asks: true };
  const status = await present(context, request, options, site);
  return status === exit.done && looked.faults.size > 0 ? exit.failed : status;
}

function show(
  context: Context,
  { name }: AccountWork,
  changes: ReadonlyMap<string, readonly AccountChange[]>,
  { rows, faults }: Looked,
): void {
  const { t, err } = context;
  showChanges(context, name, changes);
  for (const [host, each] of rows) {
    const [[count] = []] = each.of('running');
    if (count !== undefined) err(t('account.running', { host, count }));
    if (each.of('not-there').length > 0) err(t('keys.not-there', { host }));
  }
  for (const fault of faults.values()) showFault(context, fault);
  const same = [...changes.values()].filter((each) => each.length === 0).length;
  if (same > 0) err(t('account.same', { count: same }));
}

function lookedJson(
  context: Context,
  changes: ReadonlyMap<string, readonly AccountChange[]>,
  { faults }: Looked,
): object {
  return {
    hosts: [
      ...[...changes].map(([host, each]) => ({ host, changes: each })),
      ...[...faults].map(([host, fault]) => ({ host, fault: faultJson(context, fault) })),
    ],
  };
}
