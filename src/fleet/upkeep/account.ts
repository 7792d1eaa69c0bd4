import type { SshTarget } from '../../hosts/target.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import type { RunHost } from '../../model/run.ts';
import { type AccountChange, accountChanges } from '../../model/upkeep.ts';
import { type Execution, keepResult } from '../execute.ts';
import { faultOutcome, unplaced } from '../execute-faults.ts';
import { type Rows, textIn } from '../rows.ts';
import { toldOn } from './told.ts';

/** Changes something about an account of a host. Throws nothing but bugs. */
export async function accountOn(target: SshTarget, execution: Execution): Promise<RunHost> {
  const { result, rows } = await toldOn(target, execution);
  const fault = result.outcome.is === 'failed' ? accountFault(target.name, rows) : undefined;
  const outcome = fault ? { outcome: faultOutcome(fault) } : {};
  return keepResult(execution.folder, { ...result, ...outcome, changes: changesOf(rows) });
}

/** What `accounts.sh` changes, or changed. */
export function changesOf(rows: Rows): readonly AccountChange[] {
  return rows.of('change').flatMap(([what, from = '', to = '']) => {
    const known = accountChanges.find((each) => each === what);
    return known ? [{ what: known, from, to }] : [];
  });
}

const faults = {
  absent: 'account.absent',
  busy: 'account.busy',
  failed: 'account.failed',
  group: 'account.group',
  home: 'account.home',
  'keys-none': 'account.keys-none',
  own: 'account.own',
  shell: 'account.shell',
  uid: 'account.uid',
} as const;

/** What went wrong there, if something did. */
export function accountFault(host: string, rows: Rows): Fault | undefined {
  const [row] = rows.of('fault');
  if (!row) return undefined;
  const [what = '', said] = row;
  const about = textIn(said);
  if (what === 'place') return unplaced({ host, reason: about, account: '' });
  const code = Object.hasOwn(faults, what) ? faults[what as keyof typeof faults] : 'account.failed';
  const params = { host, about: about.split('\n').at(-1) ?? '' };
  return new Fault(code, params, { next: message(`${code}.next`, params) });
}
