import { getRequestListener } from '@hono/node-server';
import { isUserCut } from '../../identity/cuts.ts';
import type { Factors } from '../../identity/factors.ts';
import type { LocalPeople } from '../../identity/people.ts';
import { steadyStore } from '../../identity/steady-store.ts';
import type { User } from '../../identity/types.ts';
import { pardons } from '../../identity/unlock.ts';
import { classOf } from '../../lib/path-class.ts';
import { deliver, retryQueue } from '../../mail/deliver.ts';
import { Fault } from '../../model/fault.ts';
import { authorityFolder } from '../../pki/authority/folder.ts';
import { readLedger } from '../../pki/authority/ledger.ts';
import type { CredentialStore } from '../../store/credentials.ts';
import type { Store } from '../../store/store.ts';
import { isPublicationCut } from '../cut/records.ts';
import { portalFactors } from '../portal/factors.ts';
import type { PortalNeeds, PortalSessions, SignInSite, Source } from '../portal/needs.ts';
import { factorPages } from '../portal/pages/factor-pages.ts';
import { makePortal } from '../portal/portal.ts';
import type { Entry, Handler } from './types.ts';

/** Has the portal answer at its name; nothing does where the description has none. */
export function mountPortal(entry: Entry, people: LocalPeople, factors: Factors): Handler | undefined {
  const { site } = entry;
  if (!site.signIn) return undefined;
  const listen = getRequestListener(
    makePortal(needsOf(entry, site as SignInSite, people, factors), [factorPages(factors, people)]).fetch,
    {
      overrideGlobalObjects: false,
    },
  );
  return async (asked, answer) => {
    await listen(asked, answer);
  };
}

function needsOf(entry: Entry, site: SignInSite, people: LocalPeople, factors: Factors): PortalNeeds {
  const { state, audit, admit, country, forgetVerdicts } = entry;
  const { mail } = site;
  const fail = (error: unknown) =>
    entry.fail(
      error instanceof Fault ? error : new Fault('entry.defect', { reason: String(error) }, { cause: error }),
    );
  return {
    ...{ site: () => site, sessions: sessionsOf(entry), forgetVerdicts, fail, now: () => new Date() },
    sources: () =>
      site.signIn.sources.flatMap(
        (name) => entry.sources.find((each) => each.name === name) ?? [],
      ) as Source[],
    factors: portalFactors(factors, () => site),
    approvals: later(entry.store, ({ approvals }) => approvals),
    async admit({ user, strength }, { id, audience }, address, place) {
      if (isPublicationCut(state, id)) return { admitted: false, why: 'cut', because: [] };
      const from = country(address);
      return admit({
        ...{ publication: id, at: new Date(), address, user: { id: user.id, groups: user.groups } },
        pathClass: 'path' in place ? classOf(audience.rules ?? [], place.path) : place.pathClass,
        secondFactor: strength !== undefined,
        approvals: await entry.approvals(user, id),
        ...(from === undefined ? {} : { country: from }),
      });
    },
    isCut: ({ id }) => isUserCut(state, id),
    certificates: (user) => certificatesOf(state, user),
    changePassword: (user, password, from) => people.setPassword(user, password, { who: user.id, from }),
    pardons: () => pardons(credentialsOf(entry.store, site.name), new Date()),
    audit: (one) => audit.append(one),
    refused: entry.refused,
    ...(mail
      ? {
          async mail(letter) {
            const delivery = await deliver(state, mail, letter);
            if (delivery.is === 'kept') fail(delivery.fault);
            // One that left may be followed by those that wait.
            else await retryQueue(state, mail);
          },
        }
      : {}),
  };
}

function sessionsOf({ sessions, standing, forgetVerdicts }: Entry): PortalSessions {
  const { begin, strengthen, list } = sessions;
  return {
    ...{ begin, strengthen, list },
    async find(cookie) {
      const session = await sessions.find(cookie);
      const user = session && (await standing.of(session));
      if (session && !user) await sessions.end({ id: session.id }, 'gone');
      return session && user && { ...session, user };
    },
    async end({ id }, why) {
      await sessions.end({ id }, why);
      await forgetVerdicts();
    },
  };
}

/** Client certificates that carry somebody's name or address. */
async function certificatesOf(state: string, { id, email }: User) {
  // Not by what they type to sign in: the "alice" of a directory is another one.
  const own = [id, email].flatMap((name) => name?.toLowerCase() ?? []);
  return (await readLedger(authorityFolder(state))).filter(
    ({ purpose, name, names }) =>
      purpose !== 'server' && [name, ...names].some((each) => own.includes(each.toLowerCase())),
  );
}

/** A part of a store that may be away: each call opens it, and all that is wrong with it is one fault, on which the portal refuses. */
function later<T extends object>(store: () => Promise<Store>, part: (store: Store) => T): T {
  const steady = steadyStore(store);
  return new Proxy({} as T, {
    get:
      (_, name) =>
      (...args: readonly unknown[]) =>
        steady(async (opened) => {
          const it = part(opened) as Record<PropertyKey, (...args: readonly unknown[]) => unknown>;
          return it[name]?.(...args);
        }),
  });
}

/** What people sign in with, of a store that may be away. */
export const credentialsOf = (store: () => Promise<Store>, site: string): CredentialStore =>
  later(store, (opened) => opened.credentials(site));
