import { offenceKinds } from '../model/bans.ts';
import { pointer } from '../model/pointer.ts';
import { checkParty } from './check-assertions.ts';
import type { Checking } from './checking.ts';

/** The times of bans, and whom they leave alone. */
export function checkBans(checking: Checking): void {
  const { parsed, report } = checking;
  const bans = parsed.site?.bans;
  if (!bans) return;
  for (const kind of offenceKinds) {
    const one = bans[kind];
    if (one === false) continue;
    const at = `/bans/${kind}`;
    if (one.for > one.longest)
      report('error', { code: 'bans.longest', params: { kind }, pointer: at, onKey: true });
    if (one.within === 0 || one.for === 0)
      report('error', { code: 'bans.zero', params: { kind }, pointer: at, onKey: true });
  }
  for (const [i, name] of bans.never.entries())
    checkParty(checking, name, 'machine', pointer('bans', 'never', i));
}
