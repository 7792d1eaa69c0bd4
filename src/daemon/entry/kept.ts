import { openSessions, type SessionRules, type Sessions } from '../../identity/sessions.ts';
import { openSigning, type Signing } from '../../identity/signing.ts';
import { openTokens, type ServiceTokens } from '../../identity/tokens.ts';
import { markKeyOf, markOf } from '../../lib/marks.ts';
import type { Fault } from '../../model/fault.ts';
import type { Site } from '../../model/site.ts';
import { machineKey } from '../../pki/machine-key.ts';
import type { Store } from '../../store/store.ts';
import { openSiteStore } from '../state-store.ts';

/** What goes on when a description is read again: the store, and what is remembered of it. */
export interface Kept {
  /** What it is kept by: another site, or another place, has another. */
  readonly place: string;
  readonly store: () => Promise<Store>;
  readonly rules: { current: SessionRules };
  readonly sessions: Sessions;
  readonly tokens: ServiceTokens;
  readonly signing: Signing;
  readonly mark: (session: string) => string | undefined;
  /** Ends what is idle or old, and takes the next key when it is time. Throws what is wrong with the store. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

/** How long a locked database may hold up the daemon. */
const patience = 250;
/** Keys are published as often, in milliseconds: the database forgets those that nobody publishes any more. */
const publishEvery = 3_600_000;

/** What is kept for a site: that of before, where it is kept in the same place. */
export async function keep(
  state: string,
  folder: string,
  site: Site,
  before: Kept | undefined,
  trouble: (fault: Fault) => void,
): Promise<Kept> {
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
  const key = await machineKey(state);
  const markKey = key === undefined ? undefined : markKeyOf(key);
  const signing = await openSigning(folder, key, trouble);
  const sessions = openSessions(
    async () => (await store()).sessions,
    () => rules.current,
  );
  let published = Number.NEGATIVE_INFINITY;
  const sweep = async () => {
    await sessions.sweep();
    const isNew = await signing.rotate();
    if (!isNew && performance.now() - published < publishEvery) return;
    await (await store()).serviceTokens.publishKeys(site.name, signing.published());
    published = performance.now();
  };
  return {
    ...{ place, store, rules, sessions, signing, sweep },
    mark: (session) => (markKey === undefined ? undefined : markOf(markKey, session)),
    tokens: openTokens(
      async () => (await store()).serviceTokens,
      () => rules.current.site,
    ),
    async close() {
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}
