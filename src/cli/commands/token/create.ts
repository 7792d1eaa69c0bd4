import type { Command } from 'commander';
import { ownerOf } from '../../../identity/owner.ts';
import { type NewToken, openTokens } from '../../../identity/tokens.ts';
import { momentWords } from '../../../lib/audience-words.ts';
import { parseDuration } from '../../../lib/duration.ts';
import { knownHint } from '../../../lib/hints.ts';
import { markKeyOf, markOf } from '../../../lib/marks.ts';
import { message } from '../../../model/message.ts';
import { isGuarded, proxied } from '../../../model/site.ts';
import { machineKey } from '../../../pki/machine-key.ts';
import type { Context } from '../../context.ts';
import { WrongRequest } from '../../exit.ts';
import { type OnUsers, onUsers, type UserOptions, userCommand, usersNamed } from '../../users.ts';
import { tokenJson } from './list.ts';

interface CreateOptions extends UserOptions {
  readonly as?: string;
  readonly for?: readonly string[];
  readonly path?: readonly string[];
  readonly expires: string;
}

const day = 86_400_000;
/** Nobody remembers what they gave away longer ago. */
const longest = 731 * day;

/** `poterne token create`: shown once, on standard output alone. */
export function tokenCreate(context: Context): Command {
  const { t, out, err } = context;
  return userCommand(context, 'create', 'token.create.about', [
    'token create backup --as monitoring --for api.example.fr',
    'token create rfe --as edi --for erp.example.fr --path /rfe/ --expires 30d --json',
  ])
    .usage(t('token.create.usage'))
    .argument('<name>', t('token.name'))
    .option('--as <user>', t('token.as'))
    .option('--for <publications...>', t('token.for'))
    .option('--path <prefixes...>', t('token.path'))
    .option('--expires <time>', t('token.expires'), '90d')
    .action((name: string, options: CreateOptions) =>
      onUsers(context, options, async (on) => {
        const asked = await askedFor(on, name, options);
        const { site, state, store, by, audit } = on;
        const tokens = openTokens(
          async () => store.serviceTokens,
          () => site.name,
          async (id) => {
            const key = await machineKey(state);
            return key === undefined ? '' : markOf(markKeyOf(key), id);
          },
        );
        const made = await tokens.create(asked);
        if (!made)
          throw new WrongRequest('token.taken', { name }, { next: message('token.taken.next', { name }) });
        const { token, shown } = made;
        const detail = {
          ...{ name, as: token.user, publications: token.publications.join(' ') },
          ...{ paths: token.paths.join(' '), expires: token.expires.toISOString() },
        };
        await audit({ ...by, what: 'token.create', to: token.id, result: 'done', detail }).catch(
          async (error: unknown) => {
            // What is not in the log is not given away.
            await tokens.revoke(token.id);
            throw error;
          },
        );
        if (options.json) return out(JSON.stringify({ ...tokenJson(token), token: shown }));
        out(shown);
        const until = momentWords(token.expires, site.timezone);
        err(t('token.created', { name, user: token.user, until }));
        const { publicPort } = site.gateway;
        const publication = `${token.publications[0] ?? ''}${publicPort === 443 ? '' : `:${publicPort}`}`;
        const url = `https://${publication}${token.paths[0] ?? '/'}`;
        err(t('cli.next', { text: t('token.created.next', { url }) }));
      }),
    );
}

async function askedFor(on: OnUsers, name: string, options: CreateOptions): Promise<NewToken> {
  if (!/^[a-z0-9][a-z0-9_.-]{0,62}$/.test(name)) throw new WrongRequest('token.name.form', { name });
  if (options.as === undefined) throw new WrongRequest('token.as.missing', {});
  const [user] = await usersNamed(on, options.as);
  const guarded = proxied(on.site).filter(isGuarded);
  const names = guarded.map((each) => each.name);
  const publications = [...new Set(options.for ?? [])];
  if (publications.length === 0) throw new WrongRequest('token.for.missing', {});
  for (const publication of publications)
    if (!names.includes(publication))
      throw new WrongRequest('token.for.unknown', { publication }, { next: knownHint(publication, names) });
  const paths = [...new Set(options.path ?? [])];
  for (const path of paths)
    if (!/^\/(?:[A-Za-z0-9._~-]+\/)*$/.test(path) || /\/\.\.?\//.test(path))
      throw new WrongRequest('token.path.form', { path });
  const lasts = parseDuration(options.expires);
  if (lasts === undefined || lasts < 60_000 || lasts > longest)
    throw new WrongRequest('token.expires.form', { value: options.expires });
  // Of a directory only the directory knows who has a name.
  const owner = user.source === 'local' ? { owner: ownerOf(user) } : {};
  return { name, user: user.id, ...owner, publications, paths, lasts, by: on.by.who };
}
