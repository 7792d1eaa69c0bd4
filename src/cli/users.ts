import { type Command, Option } from 'commander';
import type { AuditEntry } from '../audit/entry.ts';
import { openAudit } from '../audit/log.ts';
import { forgetVerdicts } from '../daemon/entry/verdict-cache.ts';
import { personLetters } from '../daemon/portal/person-letters.ts';
import { withSiteStore } from '../daemon/state-store.ts';
import { type FactorNeeds, type Factors, openFactors } from '../identity/factors.ts';
import { type By, type LocalPeople, openPeople } from '../identity/people.ts';
import type { User } from '../identity/types.ts';
import { knownHint } from '../lib/hints.ts';
import { idParts, userIdOf } from '../lib/user-id.ts';
import type { Site } from '../model/site.ts';
import { machineKey } from '../pki/machine-key.ts';
import type { CredentialStore } from '../store/credentials.ts';
import type { Store } from '../store/store.ts';
import { type CommonOptions, command } from './command.ts';
import { type Context, stateFolder } from './context.ts';
import { descriptionFile, requireSite } from './description.ts';
import { endWith } from './errors.ts';
import { WrongRequest } from './exit.ts';
import { localAccount } from './local-account.ts';
import { becomeOwner } from './with-gateway.ts';

/** Options of the commands on people. */
export interface UserOptions extends CommonOptions {
  readonly site?: string;
}

/** What a command on people works with. */
export interface OnUsers {
  readonly site: Site;
  readonly state: string;
  readonly store: Store;
  readonly credentials: CredentialStore;
  readonly people: LocalPeople;
  readonly factors: Factors;
  readonly by: By;
  audit(entry: AuditEntry): Promise<unknown>;
  /** Ends all sessions of somebody; how many there were. */
  endSessions(person: string): Promise<number>;
}

/** A command on people, with the option that says where they are described. */
export function userCommand(
  context: Context,
  ...rest: readonly [name: string, about: Parameters<Context['t']>[0], examples: readonly string[]]
): Command {
  return command(context, ...rest).addOption(new Option('--site <file>', context.t('user.site')));
}

/** A command on one of them. */
export function userCommandOn(...args: Parameters<typeof userCommand>): Command {
  const { t } = args[0];
  return userCommand(...args)
    .usage(t('user.usage.name'))
    .argument('<name>', t('user.name'));
}

/**
 * Works with the people of this machine's gateway, whether it runs or not: it reads what is remembered each time. Root goes on as the
 * account that runs it. What goes wrong is said, and is the status.
 */
export async function onUsers(
  context: Context,
  options: UserOptions,
  work: (on: OnUsers) => Promise<void>,
): Promise<void> {
  try {
    const state = stateFolder(options.state, process.env);
    await becomeOwner(state);
    const { site } = await requireSite(context, descriptionFile(options.site), options.json);
    await withSiteStore(state, site, async (store) => {
      const audit = await openAudit(state);
      const credentials = store.credentials(site.name);
      const needs = {
        ...{ site: () => site, credentials: () => credentials, seal: () => machineKey(state) },
        ...{ audit: audit.append, now: () => new Date() },
      };
      const letter = personLetters(state, site);
      const tell: FactorNeeds['tell'] = async (user, text) => {
        const fault = await letter(user, text);
        if (fault) context.err(context.say(fault));
      };
      const by = { who: localAccount(), from: 'here' };
      await work({
        ...{ site, state, store, credentials, by, audit: audit.append },
        ...{ people: openPeople({ ...needs, tell }), factors: openFactors({ ...needs, tell }) },
        async endSessions(person) {
          const ended = await store.sessions.end(site.name, { user: userIdOf(person) }, 'administrator');
          await forgetVerdicts(state);
          return ended.length;
        },
      });
    });
  } catch (error) {
    process.exitCode = endWith(context, error, options.json === true);
  }
}

/**
 * Whom a name means: somebody local, also when their time is over, or those of a directory who have enrolled something under that id.
 * Throws `user.unknown`.
 */
export async function usersNamed(
  { site, people, credentials }: OnUsers,
  written: string,
): Promise<readonly [User, ...User[]]> {
  const name = userIdOf(written);
  const local = await people.known(name);
  if (local) return [local.user];
  const { login, source } = idParts(name);
  if (source && (site.directories ?? []).some((each) => each.name === source)) {
    const base = { id: name, source, login, groups: [] };
    const owners = (await credentials.factorCounts()).filter(({ person }) => person === name);
    const [first, ...rest] = owners.map(({ owner }) =>
      owner === name ? base : { ...base, stable: owner.slice(source.length + 1) },
    );
    return [first ?? base, ...rest];
  }
  const names = [...site.people.map((each) => each.name), ...(await credentials.guests()).map((g) => g.name)];
  throw new WrongRequest('user.unknown', { name }, { next: knownHint(name, names) });
}

/** The same for what only local people have. Throws `user.elsewhere` for one of a directory. */
export async function localUser(on: OnUsers, name: string): Promise<User> {
  const [user] = await usersNamed(on, name);
  if (user.source !== 'local') throw new WrongRequest('user.elsewhere', { name, source: user.source });
  const known = await on.people.known(name);
  if (known?.isOver) throw new WrongRequest('user.over', { name });
  return user;
}

/** Where an invitation leads. Throws `user.portal` where nobody can sign in. */
export function invitationUrl({ signIn, gateway }: Site, code: string): string {
  if (!signIn) throw new WrongRequest('user.portal', {});
  const port = gateway.publicPort === 443 ? '' : `:${gateway.publicPort}`;
  return `https://${signIn.at}${port}/invitation?code=${code}`;
}
