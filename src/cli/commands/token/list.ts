import type { Command } from 'commander';
import { openTokens, type ServiceToken } from '../../../identity/tokens.ts';
import { momentWords } from '../../../lib/audience-words.ts';
import type { Context } from '../../context.ts';
import { table } from '../../table.ts';
import { onUsers, type UserOptions, userCommand } from '../../users.ts';

interface ListOptions extends UserOptions {
  readonly all?: boolean;
}

/** `poterne token list`: those that are valid, or all. */
export function tokenList(context: Context): Command {
  const { t, out } = context;
  return userCommand(context, 'list', 'token.list.about', ['token list', 'token list --all --json'])
    .option('--all', t('token.list.all'))
    .action((options: ListOptions) =>
      onUsers(context, options, async ({ site, store }) => {
        const tokens = openTokens(
          async () => store.serviceTokens,
          () => site.name,
        );
        const found = (await tokens.list()).filter(({ state }) => options.all || state === 'valid');
        if (options.json) return out(JSON.stringify(found.map(tokenJson)));
        if (found.length === 0) return out(t('token.none'));
        const head = ['name', 'as', 'for', 'expires', 'used', 'by', 'state'] as const;
        out(
          table(
            head.map((column) => t(`token.head.${column}`)),
            found.map((each) => [
              ...[each.name, each.user, [...each.publications, ...each.paths].join(' ')],
              ...[
                momentWords(each.expires, site.timezone),
                usedOf(each, site.timezone),
                each.by,
                t(`token.state.${each.state}`),
              ],
            ]),
          ),
        );
      }),
    );
}

const usedOf = ({ used, usedFrom }: ServiceToken, timezone: string): string =>
  used ? `${momentWords(used, timezone)} ${usedFrom ?? ''}`.trim() : '';

/** A token for programs; never what it is shown as. */
export const tokenJson = (token: ServiceToken) => ({
  ...{ id: token.id, name: token.name, as: token.user, publications: token.publications },
  ...{ paths: token.paths, made: token.made, by: token.by, expires: token.expires, state: token.state },
  ...{ used: token.used ?? null, usedFrom: token.usedFrom ?? null, revoked: token.revoked ?? null },
});
