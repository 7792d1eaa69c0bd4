import type { Command } from 'commander';
import { command } from '../command.ts';
import type { Context } from '../context.ts';
import { userGuest } from './user/guest.ts';
import { userInvite } from './user/invite.ts';
import { userList } from './user/list.ts';
import { userPassword } from './user/password.ts';
import { userEndSessions, userResetFactors, userUnlock } from './user/reset.ts';
import { userShow } from './user/show.ts';

/** `poterne user`: the people who sign in here, and what they sign in with. */
export function user(context: Context): Command {
  const made = command(context, 'user', 'user.about', [
    'user list',
    'user invite alice',
    'user guest zoe --groups contractors --until 2026-12-31',
    'user reset-factors alice',
  ])
    .usage(context.t('cli.usage.commands'))
    .helpCommand(false)
    .enablePositionalOptions();
  for (const make of [
    ...[userList, userShow, userInvite, userGuest, userPassword],
    ...[userResetFactors, userEndSessions, userUnlock],
  ])
    made.addCommand(make(context));
  return made;
}
