import type { Command } from 'commander';
import { ownerOf } from '../../../identity/owner.ts';
import type { User } from '../../../identity/types.ts';
import { idParts } from '../../../lib/user-id.ts';
import type { Context } from '../../context.ts';
import { table } from '../../table.ts';
import { type OnUsers, onUsers, type UserOptions, userCommand } from '../../users.ts';

/** Somebody in the list. */
interface Row {
  readonly user: User;
  readonly kind: 'described' | 'guest' | 'directory';
  readonly isOver: boolean;
  readonly password: boolean | undefined;
  readonly totp: number;
  readonly passkeys: number;
  readonly pausedUntil: Date | undefined;
}

/** `poterne user list`: everybody who is described here or a guest, and those of directories who have enrolled something. */
export function userList(context: Context): Command {
  const { t } = context;
  return userCommand(context, 'list', 'user.list.about', ['user list', 'user list --json']).action(
    (options: UserOptions) =>
      onUsers(context, options, async (on) => {
        const rows = await rowsOf(on);
        if (options.json)
          return context.out(
            JSON.stringify(
              rows.map(({ user, kind, isOver, password, totp, passkeys, pausedUntil }) => ({
                ...{ id: user.id, kind, title: user.title ?? null, email: user.email ?? null },
                ...{ groups: user.groups, ends: user.ends ?? null, over: isOver },
                ...{ password: password ?? null, totp, passkeys, pausedUntil: pausedUntil ?? null },
              })),
            ),
          );
        if (rows.length === 0) return context.out(t('user.none'));
        const head = ['name', 'kind', 'groups', 'until', 'password', 'factors'] as const;
        context.out(
          table(
            head.map((column) => t(`user.head.${column}`)),
            rows.map((row) => textOf(context, on, row)),
          ),
        );
      }),
  );
}

async function rowsOf({ site, people, credentials }: OnUsers): Promise<readonly Row[]> {
  const counts = await credentials.factorCounts();
  const now = new Date();
  const names = [
    ...new Set([
      ...site.people.map(({ name }) => name),
      ...(await credentials.guests()).map(({ name }) => name),
    ]),
  ];
  const rows: Row[] = [];
  for (const name of names) {
    const found = await people.known(name);
    if (!found) continue;
    const owner = ownerOf(found.user);
    const count = counts.find((each) => each.owner === owner);
    rows.push({
      ...found,
      kind: found.user.stable === undefined ? 'described' : 'guest',
      password: (await credentials.password(owner)) !== undefined,
      ...{ totp: count?.totp ?? 0, passkeys: count?.passkey ?? 0 },
      pausedUntil: await credentials.pausedUntil(owner, now),
    });
  }
  for (const { owner, person, totp, passkey } of counts.filter(({ person: id }) => id.includes('@')))
    rows.push({
      user: { id: person, source: '', ...idParts(person), groups: [] },
      ...{ kind: 'directory', isOver: false, password: undefined, totp, passkeys: passkey },
      pausedUntil: await credentials.pausedUntil(owner, now),
    });
  return rows;
}

function textOf({ t, language }: Context, { site }: OnUsers, row: Row): readonly string[] {
  const { user, kind, isOver, password, totp, passkeys, pausedUntil } = row;
  // The last day, not the first moment after it.
  const until = user.ends && dayText(language, new Date(user.ends.getTime() - 1), site.timezone);
  const word =
    password === undefined
      ? '–'
      : t(pausedUntil ? 'user.password.paused' : password ? 'user.password.set' : 'user.password.none');
  const factors = [
    totp > 0 ? t('user.factors.totp', { count: totp }) : '',
    passkeys > 0 ? t('user.factors.passkey', { count: passkeys }) : '',
  ].filter(Boolean);
  return [
    user.title === undefined ? user.id : `${user.id} (${user.title})`,
    t(`user.kind.${kind}`),
    user.groups.join(', ') || '–',
    until === undefined ? '–' : isOver ? t('user.over.since', { until }) : until,
    word,
    factors.join(', ') || '–',
  ];
}

/** A day and an hour as people write them, in the site's time zone. */
export function dayText(language: string, at: Date, timeZone: string): string {
  const locale = language === 'fr' ? 'fr-FR' : 'en-GB';
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(at);
}
