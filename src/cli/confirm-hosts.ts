import { confirmationNeeded } from '../fleet/confirmation.ts';
import { message } from '../model/message.ts';
import type { Site } from '../model/site.ts';
import type { Context } from './context.ts';
import { WrongRequest } from './exit.ts';
import { confirmed, typed } from './prompt.ts';

/**
 * Whether the person wants something done on these hosts: asked where it is more than one, or one of a group that the
 * description guards (with `asks`, for one too), and neither `--yes` nor a program says so. Throws `run.unconfirmed` where nobody can be asked.
 */
export async function hostsConfirmed(
  context: Context,
  hosts: readonly string[],
  site: Site,
  { yes, json, asks }: { readonly yes?: boolean; readonly json?: boolean; readonly asks?: boolean },
): Promise<boolean> {
  const { t, err } = context;
  const guarded = confirmationNeeded(hosts, site);
  if (yes || (!asks && hosts.length <= 1 && guarded.length === 0)) return true;
  if (!process.stdin.isTTY || json) {
    const params = { count: hosts.length };
    throw new WrongRequest('run.unconfirmed', params, { next: message('run.unconfirmed.next') });
  }
  // A group that the description guards is confirmed by its name: a yes is soon said.
  let isConfirmed = true;
  for (const { group, hosts: some } of guarded)
    isConfirmed &&= await typed(t('run.confirm.group', { group, hosts: some.join(', ') }), group);
  if (guarded.length === 0) isConfirmed = await confirmed(context, t('run.confirm'));
  if (!isConfirmed) err(t('run.declined'));
  return isConfirmed;
}
