import type { RunHost } from '../model/run.ts';
import type { AccountChange } from '../model/upkeep.ts';
import type { Context } from './context.ts';
import { table } from './table.ts';

/** What changes about an account, or was changed: the same changes once, with their hosts. */
export function showChanges(
  { t, out }: Context,
  name: string,
  changes: ReadonlyMap<string, readonly AccountChange[]>,
): void {
  const hostsOf = new Map<string, string[]>();
  for (const [host, each] of changes) {
    const text = each.map(({ what, from, to }) => t(`account.change.${what}`, { name, from, to })).join('\n');
    if (text !== '') hostsOf.set(text, [...(hostsOf.get(text) ?? []), host]);
  }
  if (hostsOf.size > 0)
    out(
      table(
        [t('account.head.change'), t('update.head.hosts')],
        [...hostsOf].map(([text, hosts]) => [text, hosts.join(', ')]),
      ),
    );
}

/** What results say was changed. */
export function changesIn(results: readonly RunHost[]): ReadonlyMap<string, readonly AccountChange[]> {
  return new Map(results.flatMap(({ host, changes }) => (changes ? [[host, changes] as const] : [])));
}
