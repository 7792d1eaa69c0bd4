import type { Site } from '../../model/site.ts';
import { entrySocket } from '../entry/place.ts';
import { withSiteStore } from '../state-store.ts';
import { reachable } from '../status.ts';

/** Where people sign in, and whether anybody can. JSON-safe. */
export interface PortalStatus {
  readonly name: string;
  /** Whether the daemon answers for who is let in. */
  readonly answering: boolean;
  /** How many sessions there are, and of how many people; absent when the store cannot be read. */
  readonly sessions?: { readonly count: number; readonly people: number };
}

/** How it stands with the portal of what was last applied here; `undefined` where nobody signs in. */
export async function portalStatus(state: string, site: Site): Promise<PortalStatus | undefined> {
  if (!site.signIn) return undefined;
  const sessions = await withSiteStore(state, site, (store) => store.sessions.list(site.name)).catch(
    () => undefined,
  );
  return {
    name: site.signIn.at,
    answering: await reachable({ kind: 'unix', path: entrySocket(state) }),
    ...(sessions
      ? { sessions: { count: sessions.length, people: new Set(sessions.map((each) => each.user_id)).size } }
      : {}),
  };
}
