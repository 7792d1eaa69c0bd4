import type { Command } from 'commander';
import { ownerOf } from '../../../identity/owner.ts';
import type { Context } from '../../context.ts';
import { onUsers, type UserOptions, userCommandOn, usersNamed } from '../../users.ts';
import { dayText } from './list.ts';

/** `poterne user show`: one person, what they have enrolled, and where they are signed in. */
export function userShow(context: Context): Command {
  const { t, out, language } = context;
  return userCommandOn(context, 'show', 'user.show.about', [
    'user show alice',
    'user show carol@ad --json',
  ]).action((name: string, options: UserOptions) =>
    onUsers(context, options, async (on) => {
      const { site, store, credentials, factors } = on;
      const users = await usersNamed(on, name);
      const [user] = users;
      const own = (await Promise.all(users.map((each) => factors.of(each)))).flatMap((each) => each.factors);
      const recoveryCodes = (await factors.of(user)).recoveryCodes;
      const devices = await factors.devices(user);
      const password = await credentials.password(ownerOf(user));
      const pausedUntil = await credentials.pausedUntil(ownerOf(user), new Date());
      const sessions = (await store.sessions.list(site.name, user.id)).map(
        ({ id, made, seen, address, agent }) => ({
          ...{ id, made, seen, address, agent },
        }),
      );
      if (options.json)
        return out(
          JSON.stringify({
            ...{ id: user.id, source: user.source, title: user.title ?? null, email: user.email ?? null },
            ...{ groups: user.groups, ends: user.ends ?? null, passwordChanged: password?.changed ?? null },
            ...{ pausedUntil: pausedUntil ?? null, factors: own, recoveryCodes, devices, sessions },
          }),
        );
      const when = (at: Date) => dayText(language, at, site.timezone);
      const line = (label: Parameters<Context['t']>[0], text: string) => out(`${t(label)}: ${text}`);
      out(user.title === undefined ? user.id : `${user.id} (${user.title})`);
      if (user.email !== undefined) line('user.show.email', user.email);
      line('user.head.groups', user.groups.join(', ') || '–');
      if (user.ends) line('user.head.until', when(new Date(user.ends.getTime() - 1)));
      if (user.source === 'local')
        line(
          'user.head.password',
          password ? t('user.show.changed', { at: when(password.changed) }) : t('user.password.none'),
        );
      if (pausedUntil) line('user.show.paused', when(pausedUntil));
      for (const { kind, name: called, made, used } of own)
        line(
          `factors.kind.${kind}`,
          [called, t('factors.row', { made: when(made), used: used ? when(used) : t('factors.never') })]
            .filter(Boolean)
            .join(': '),
        );
      if (own.length > 0) line('factors.recovery', String(recoveryCodes));
      for (const { agent, used, expires } of devices)
        line(
          'user.show.device',
          `${agent}: ${t('factors.devices.row', { used: when(used), expires: when(expires) })}`,
        );
      for (const { made, seen, address, agent } of sessions)
        line(
          'user.show.session',
          t('user.show.session.row', {
            address,
            agent,
            made: when(new Date(made)),
            seen: when(new Date(seen)),
          }),
        );
    }),
  );
}
