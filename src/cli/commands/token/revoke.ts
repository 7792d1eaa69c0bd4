import type { Command } from 'commander';
import { forgetVerdicts } from '../../../daemon/entry/verdict-cache.ts';
import { openTokens } from '../../../identity/tokens.ts';
import { knownHint } from '../../../lib/hints.ts';
import type { Context } from '../../context.ts';
import { WrongRequest } from '../../exit.ts';
import { onUsers, type UserOptions, userCommand } from '../../users.ts';

/** `poterne token revoke`: by its name or its id; refused everywhere within five seconds. */
export function tokenRevoke(context: Context): Command {
  const { t, out } = context;
  return userCommand(context, 'revoke', 'token.revoke.about', ['token revoke backup'])
    .usage(t('token.revoke.usage'))
    .argument('<name>', t('token.which'))
    .action((which: string, options: UserOptions) =>
      onUsers(context, options, async ({ site, state, store, by, audit }) => {
        const tokens = openTokens(
          async () => store.serviceTokens,
          () => site.name,
        );
        const revoked = await tokens.revoke(which);
        if (revoked.length === 0) {
          const valid = (await tokens.list()).filter((each) => each.state === 'valid');
          const next = knownHint(
            which,
            valid.map(({ name }) => name),
          );
          throw new WrongRequest('token.unknown', { name: which }, { next });
        }
        await forgetVerdicts(state);
        for (const { id, name } of revoked)
          await audit({ ...by, what: 'token.revoke', to: id, result: 'done', detail: { name } });
        if (options.json) return out(JSON.stringify({ revoked }));
        out(t('token.revoked', { name: revoked.map(({ name }) => name).join(', ') }));
      }),
    );
}
