import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { WrongRequest } from '../../exit.ts';
import { typedUnseen } from '../../passphrase.ts';
import { localUser, onUsers, type UserOptions, userCommandOn } from '../../users.ts';

/** `poterne user password`: sets somebody's password, typed unseen or from standard input, never from an argument. */
export function userPassword(context: Context): Command {
  const { t, out } = context;
  return userCommandOn(context, 'password', 'user.password.about', [
    'user password alice',
    'user password alice < /run/secrets/alice',
  ]).action((name: string, options: UserOptions) =>
    onUsers(context, options, async (on) => {
      const user = await localUser(on, name);
      const wrong = await on.people.setPassword(user, await given(context, name), on.by);
      if (wrong) throw new WrongRequest(wrong.code, wrong.params);
      const sessions = await on.endSessions(user.id);
      if (options.json) return out(JSON.stringify({ user: user.id, sessions }));
      out(t('user.password.done', { name, count: sessions }));
    }),
  );
}

async function given({ t }: Context, name: string): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).replace(/\r?\n$/, '');
  const password = await typedUnseen(t('user.password.ask', { name }));
  if (password !== (await typedUnseen(t('user.password.again'))))
    throw new WrongRequest('user.password.differ', {});
  return password;
}
