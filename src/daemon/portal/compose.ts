import type { IncomingMessage, ServerResponse } from 'node:http';
import { openAudit } from '../../audit/log.ts';
import { openFactors } from '../../identity/factors.ts';
import { openPeople } from '../../identity/people.ts';
import { openSessions, type SessionRules } from '../../identity/sessions.ts';
import type { PeopleSource } from '../../identity/types.ts';
import type { Verdict } from '../../model/audience.ts';
import type { Fault } from '../../model/fault.ts';
import type { Site } from '../../model/site.ts';
import { machineKey } from '../../pki/machine-key.ts';
import type { Store } from '../../store/store.ts';
import { openSiteStore } from '../state-store.ts';
import type { EntryOn } from './entry.ts';
import { credentialsOf, mountPortal } from './mount.ts';
import { enterPath, leavePath, passages, passGiver, passPath } from './passage.ts';
import { followStanding } from './standing.ts';
import type { Entry, Handler } from './types.ts';
import { verdicts } from './verdict.ts';
import { forgetVerdicts } from './verdict-cache.ts';

/** An entry that answers for one site. */
export interface Composed {
  readonly entry: Entry;
  handle: Handler;
  /** Ends what is idle or old. */
  sweep(): Promise<void>;
  /** Says a fault, but not at each request. */
  trouble(fault: Fault): void;
  /** Closes what the one that comes next has not taken over. */
  end(next: Composed | undefined): Promise<void>;
  readonly kept: Kept;
}

/** What goes on when a description is read again. */
interface Kept {
  readonly place: string;
  readonly store: () => Promise<Store>;
  close(): Promise<void>;
  readonly rules: { current: SessionRules };
  readonly sessions: Entry['sessions'];
}

/** How long a locked database may hold up the daemon. */
const patience = 250;
/** The same fault is said so often, in milliseconds. */
const saidEvery = 60_000;

/** Puts together what answers for a site; sessions go on from `before` when they are kept in the same place. */
export async function composeEntry(
  state: string,
  site: Site,
  on: EntryOn,
  before: Composed | undefined,
): Promise<Composed> {
  const kept = keep(state, site, before?.kept);
  const said = new Map<string, number>();
  const trouble = (fault: Fault) => {
    const last = said.get(fault.code);
    if (last !== undefined && performance.now() - last < saidEvery) return;
    said.set(fault.code, performance.now());
    on.fail(fault);
  };
  const audit = await openAudit(state);
  const needs = {
    ...{ site: () => site, credentials: () => credentials, seal: () => machineKey(state) },
    ...{ audit: audit.append, now: () => new Date() },
  };
  const credentials = credentialsOf(kept.store, site.name);
  const people = openPeople(needs);
  const sources: readonly PeopleSource[] = [people];
  const entry: Entry = {
    ...{ state, site, store: kept.store, sessions: kept.sessions, sources },
    standing: followStanding(sources, (session, user) => kept.sessions.renew(session, user)),
    admit: refuseAll,
    country: () => undefined,
    approvals: async (user, publication) =>
      (await (await kept.store()).approvals.holding(site.name, new Date(), user)).flatMap((each) =>
        each.publication === publication && each.until ? { rule: each.rule, until: each.until } : [],
      ),
    audit,
    forgetVerdicts: () => forgetVerdicts(state),
    ...{ tell: on.tell, fail: on.fail },
  };
  const [verdict, passage, giver] = [verdicts(entry), passages(entry), passGiver(entry)];
  const portal = mountPortal(entry, people, openFactors(needs)) ?? missing;
  await forgetVerdicts(state);
  return {
    ...{ entry, kept, trouble },
    handle: (asked, answer) => {
      const path = pathOf(asked);
      if (path === '/verdict') return verdict(asked, answer);
      if (path === enterPath || path === leavePath) return passage(asked, answer);
      if (path === passPath) return giver(asked, answer);
      return portal(asked, answer);
    },
    sweep: () => kept.sessions.sweep().catch(trouble),
    async end(next) {
      if (next?.kept !== kept) await kept.close();
    },
  };
}

function keep(state: string, site: Site, before: Kept | undefined): Kept {
  const current = {
    site: site.name,
    idle: site.signIn?.session.idle ?? 3_600_000,
    longest: site.signIn?.session.longest ?? 43_200_000,
  };
  const place = JSON.stringify([site.name, site.store]);
  if (before?.place === place) {
    before.rules.current = current;
    return before;
  }
  const rules = { current };
  let opened: Promise<Store> | undefined;
  const store = (): Promise<Store> => {
    opened ??= openSiteStore(state, site, patience).catch((error: unknown) => {
      // Whoever comes next tries again.
      opened = undefined;
      throw error;
    });
    return opened;
  };
  const sessions = openSessions(
    async () => (await store()).sessions,
    () => rules.current,
  );
  return {
    ...{ place, store, rules, sessions },
    async close() {
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}

/** Until there is a decision, there is none in anybody's favour. */
const refuseAll = (): Verdict => ({ admitted: false, why: 'denied', because: [] });

const pathOf = ({ url = '/' }: IncomingMessage): string => url.split('?', 1)[0] as string;

async function missing(_: IncomingMessage, answer: ServerResponse): Promise<void> {
  answer.writeHead(404, { 'content-length': '0' }).end();
}
