import type { Command } from 'commander';
import { endOfAccess } from '../../../lib/access.ts';
import { parseDuration } from '../../../lib/duration.ts';
import { knownHint } from '../../../lib/hints.ts';
import { isMailAddress } from '../../../lib/mailbox.ts';
import type { Person } from '../../../model/access.ts';
import { message } from '../../../model/message.ts';
import { proxied, type Site } from '../../../model/site.ts';
import type { Context } from '../../context.ts';
import { exit, WrongRequest } from '../../exit.ts';
import { type OnUsers, onUsers, userCommandOn } from '../../users.ts';
import { type InviteOptions, invite } from './invite.ts';

interface GuestOptions extends InviteOptions {
  readonly groups?: string;
  readonly until?: string;
  readonly title?: string;
  readonly email?: string;
  readonly end?: boolean;
}

/** `poterne user guest`: somebody who is not described comes in until a day, and gets an invitation. */
export function userGuest(context: Context): Command {
  const { t, out } = context;
  return userCommandOn(context, 'guest', 'user.guest.about', [
    'user guest zoe --groups contractors --until 2026-12-31 --email zoe@example.com --mail',
    'user guest zoe --groups contractors --until 8h',
    'user guest zoe --end',
  ])
    .option('--groups <names>', t('user.guest.groups'))
    .option('--until <day>', t('user.guest.until'))
    .option('--title <text>', t('user.guest.title'))
    .option('--email <address>', t('user.guest.email'))
    .option('--mail', t('user.invite.mail'))
    .option('--end', t('user.guest.end'))
    .action((name: string, options: GuestOptions) =>
      onUsers(context, options, async (on) => {
        if (options.end) {
          const isEnded = await on.people.endGuest(name, on.by);
          if (isEnded) await endApprovals(on, name);
          const sessions = await on.endSessions(name);
          if (!isEnded) process.exitCode = exit.failed;
          if (options.json) return out(JSON.stringify({ user: name, ended: isEnded, sessions }));
          return out(t(isEnded ? 'user.guest.ended' : 'user.guest.none', { name, count: sessions }));
        }
        const guest = await guestOf(on, name, options);
        const before = await on.people.known(name);
        if (!before || before.isOver) await endApprovals(on, name);
        await invite(context, on, await on.people.addGuest(guest, on.by), options);
      }),
    );
}

/** What was granted to one guest is not another's who has the name later. */
async function endApprovals({ site, store }: OnUsers, name: string): Promise<void> {
  const now = new Date();
  for (const { id } of await store.approvals.holding(site.name, now, name))
    await store.approvals.end(site.name, id, now);
}

async function guestOf({ site }: OnUsers, name: string, { groups, until, title, email }: GuestOptions) {
  // As the description has names of people: they are accounts elsewhere.
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(name)) throw new WrongRequest('user.guest.name', { name });
  if (site.people.some((person) => person.name === name))
    throw new WrongRequest('user.guest.described', { name }, { next: message('user.guest.described.next') });
  if (until === undefined) throw new WrongRequest('user.guest.endless', { name });
  if (email !== undefined && !isMailAddress(email))
    throw new WrongRequest('mail.address', { address: email });
  const wanted = [
    ...new Set(
      (groups ?? '')
        .split(',')
        .map((group) => group.trim())
        .filter(Boolean),
    ),
  ];
  const known = groupsOf(site);
  const unknown = wanted.find((group) => !known.includes(group));
  if (unknown !== undefined)
    throw new WrongRequest('user.guest.group', { group: unknown }, { next: knownHint(unknown, known) });
  return {
    ...{ name, groups: wanted, ends: endOf(site, until) },
    ...(title === undefined ? {} : { title }),
    ...(email === undefined ? {} : { email }),
  };
}

/** The groups that mean something in the description. */
function groupsOf(site: Site): readonly string[] {
  const { people, directories, signIn } = site;
  const rules = proxied(site).flatMap(({ audience }) => audience.rules ?? []);
  return [
    ...new Set([
      ...people.flatMap(({ groups }) => groups),
      ...(directories ?? []).flatMap(({ groups }) => Object.keys(groups)),
      ...rules.flatMap((rule) => rule.subject?.groups ?? []),
      ...(signIn?.secondFactor.required ?? []).flatMap(({ groups }) => groups ?? []),
    ]),
  ];
}

/** The end of a day, or of a time from now. Throws `user.guest.until`. */
function endOf(site: Site, written: string): Date {
  const ago = parseDuration(written);
  if (ago !== undefined && ago > 0) return new Date(Date.now() + ago);
  const isDay =
    /^\d{4}-\d\d-\d\d$/.test(written) && new Date(`${written}T00:00:00Z`).toJSON()?.startsWith(written);
  const end = isDay ? endOfAccess(site, { until: written } as Person) : undefined;
  if (!end || end <= new Date()) throw new WrongRequest('user.guest.day', { value: written });
  return end;
}
