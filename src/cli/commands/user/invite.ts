import type { Command } from 'commander';
import { translate } from '../../../i18n/index.ts';
import type { User } from '../../../identity/types.ts';
import { deliver } from '../../../mail/deliver.ts';
import { message } from '../../../model/message.ts';
import type { Context } from '../../context.ts';
import { exit, WrongRequest } from '../../exit.ts';
import {
  invitationUrl,
  localUser,
  type OnUsers,
  onUsers,
  type UserOptions,
  userCommandOn,
} from '../../users.ts';
import { dayText } from './list.ts';

export interface InviteOptions extends UserOptions {
  readonly mail?: boolean;
}

/** `poterne user invite`: a link with which somebody sets their password, once. */
export function userInvite(context: Context): Command {
  return userCommandOn(context, 'invite', 'user.invite.about', [
    'user invite alice',
    'user invite alice --mail',
  ])
    .option('--mail', context.t('user.invite.mail'))
    .action((name: string, options: InviteOptions) =>
      onUsers(context, options, async (on) => {
        await invite(context, on, await localUser(on, name), options);
      }),
    );
}

/** Makes an invitation, and shows its link or sends it. Throws `user.portal`, `user.mail`. */
export async function invite(
  context: Context,
  { site, state, people, by }: OnUsers,
  user: User,
  { mail: byMail, json }: InviteOptions,
): Promise<void> {
  const { t, out, err, language } = context;
  invitationUrl(site, '');
  const { mail } = site;
  if (byMail && (!mail || user.email === undefined))
    throw new WrongRequest('user.mail', { name: user.id }, { next: message('user.mail.next') });
  const { code, expires } = await people.invite(user, by);
  const url = invitationUrl(site, code);
  const until = dayText(language, expires, site.timezone);
  if (!byMail || !mail || user.email === undefined) {
    if (json) return out(JSON.stringify({ user: user.id, url, expires }));
    out(url);
    return err(t('user.invite.done', { name: user.id, until }));
  }
  const name = site.signIn?.brand.name ?? site.name;
  // In the site's language: whoever runs this may have another.
  const params = {
    ...{ name, login: user.login, title: user.title ?? user.login, url },
    until: dayText(site.language, expires, site.timezone),
  };
  const delivery = await deliver(state, mail, {
    to: [user.email],
    subject: translate(site.language, 'user.invite.subject', params),
    text: `${translate(site.language, 'user.invite.text', params)}\n`,
  });
  if (delivery.is !== 'sent') process.exitCode = exit.failed;
  if (json) return out(JSON.stringify({ user: user.id, mail: delivery.is, expires }));
  out(
    t(delivery.is === 'sent' ? 'user.invite.sent' : 'user.invite.kept', { name: user.id, email: user.email }),
  );
}
