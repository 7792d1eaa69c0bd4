import type { Command } from 'commander';
import { unlock } from '../../../identity/unlock.ts';
import { userIdOf } from '../../../lib/user-id.ts';
import type { Context } from '../../context.ts';
import { onUsers, type UserOptions, userCommandOn, usersNamed } from '../../users.ts';

/** `poterne user reset-factors`: somebody lost their telephone. They enrol anew when they sign in next. */
export function userResetFactors(context: Context): Command {
  const { t, out } = context;
  return userCommandOn(context, 'reset-factors', 'user.reset.about', [
    'user reset-factors alice',
    'user reset-factors carol@ad',
  ]).action((name: string, options: UserOptions) =>
    onUsers(context, options, async (on) => {
      let count = 0;
      for (const user of await usersNamed(on, name)) count += await on.factors.reset(user, on.by);
      const sessions = await on.endSessions(name);
      if (options.json) return out(JSON.stringify({ user: name, factors: count, sessions }));
      out(t('user.reset.done', { name, count, sessions }));
    }),
  );
}

/** `poterne user end-sessions`: somebody is signed out everywhere, and may sign in again. */
export function userEndSessions(context: Context): Command {
  const { t, out } = context;
  return userCommandOn(context, 'end-sessions', 'user.sessions.about', ['user end-sessions alice']).action(
    (name: string, options: UserOptions) =>
      onUsers(context, options, async (on) => {
        const users = await usersNamed(on, name);
        const { who, from } = on.by;
        await on.audit({ who, what: 'session.end', to: name, from, result: 'done' });
        let devices = 0;
        for (const user of users) devices += await on.factors.forgetDevices(user);
        const sessions = await on.endSessions(name);
        if (options.json) return out(JSON.stringify({ user: name, sessions, devices }));
        out(t('user.sessions.done', { name, count: sessions, devices }));
      }),
  );
}

/** `poterne user unlock`: what somebody failed at is forgotten, also by the running portal, so that they can try again now. */
export function userUnlock(context: Context): Command {
  const { t, out } = context;
  return userCommandOn(context, 'unlock', 'user.unlock.about', ['user unlock alice']).action(
    (name: string, options: UserOptions) =>
      onUsers(context, options, async (on) => {
        const { who, from } = on.by;
        const users = await usersNamed(on, name);
        await on.audit({ who, what: 'user.unlock', to: name, from, result: 'done' });
        const person = userIdOf(name);
        const unlocked = await unlock(on.credentials, person, users, new Date());
        if (options.json) return out(JSON.stringify({ user: name, unlocked }));
        out(t('user.unlock.done', { name }));
      }),
  );
}
