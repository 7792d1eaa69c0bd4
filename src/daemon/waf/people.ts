import { join } from 'node:path';
import { Fault } from '../../model/fault.ts';
import { type Message, message } from '../../model/message.ts';
import { isGuarded, type Site } from '../../model/site.ts';
import type { Store } from '../../store/store.ts';
import { blocksOf, withRotated } from '../../waf/events.ts';
import { maskName } from '../../waf/mask.ts';
import type { WafPerson } from '../../waf/report.ts';
import { RequestTable } from '../../waf/request-table.ts';
import { withSiteStore } from '../state-store.ts';
import type { Walled } from './log.ts';

/** Who was signed in when requests were made that the firewall's log tells of. */
export interface Visitors {
  readonly personOf: (event: { readonly request: string; readonly at: Date }) => WafPerson | undefined;
  /** Why some of them are not known. */
  readonly trouble?: Message;
}

/** The most sessions and tokens that are told apart. */
const mostSessions = 1 << 16;

/** Clocks of a database and of a gateway may differ by this, in milliseconds. */
const skew = 30_000;

/**
 * Who made these requests: the access log has, beside the number of each, the session that it showed; the store knows whose that was. Nothing where
 * nobody signs in to the publication.
 */
export async function visitorsOf(
  state: string,
  site: Site,
  publication: Walled,
  requests: (table: RequestTable) => Promise<void>,
  since?: Date,
): Promise<Visitors | undefined> {
  if (!isGuarded(publication)) return undefined;
  const table = new RequestTable();
  await requests(table);
  if (table.size === 0) return { personOf: () => undefined };
  const { shown, isAll } = await sessionsOf(state, publication.name, table, since);
  try {
    const owners = await withSiteStore(state, site, (store) => ownersOf(store, site.name, shown));
    return {
      personOf: ({ request, at }) => owners.get(shown[table.get(request) - 1] ?? '')?.(at),
      ...(table.isFull || !isAll ? { trouble: message('waf.people.many') } : {}),
    };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const { code, params } = error;
    return { personOf: () => undefined, trouble: { code, params } as Message };
  }
}

/** Has each request in the table lead to the session that it showed: one more than its place in what is given. */
async function sessionsOf(
  state: string,
  name: string,
  table: RequestTable,
  since?: Date,
): Promise<{ readonly shown: readonly string[]; readonly isAll: boolean }> {
  const places = new Map<string, number>();
  const [field, mark] = ['"session":"', `"publication":${JSON.stringify(name)}`];
  let isAll = true;
  // JSON of the engine's own writing: a client's quotes are escaped.
  for (const file of await withRotated(accessLogOf(state), since).catch(unlessMissing))
    for await (const block of blocksOf(file))
      for (let at = block.indexOf(field); at >= 0; at = block.indexOf(field, at + 1)) {
        const session = block.slice(at + field.length, at + field.length + 17);
        if (!/^[st][A-Za-z0-9_-]{16}$/.test(session)) continue;
        const line = block.slice(block.lastIndexOf('\n', at) + 1, at);
        if (!line.includes(mark)) continue;
        const request = /"request":"([0-9a-f]{32})"/.exec(line)?.[1] ?? '';
        const place = places.get(session) ?? places.size + 1;
        if (place > mostSessions) isAll = false;
        // A text of its own: one that is cut out keeps the whole block.
        else if (table.set(request, place)) places.set(Buffer.from(session).toString(), place);
      }
  return { shown: [...places.keys()], isAll };
}

const accessLogOf = (state: string): string => join(state, 'nginx', 'log', 'access.log');

/** Nothing, where a log was never written. */
export const unlessMissing = (error: NodeJS.ErrnoException): [] => {
  if (error.code === 'ENOENT') return [];
  throw error;
};

type Owner = (at: Date) => WafPerson | undefined;

/** Whose sessions and tokens these are, at a time. */
async function ownersOf(
  { sessions, serviceTokens }: Pick<Store, 'sessions' | 'serviceTokens'>,
  site: string,
  shown: readonly string[],
): Promise<ReadonlyMap<string, Owner>> {
  const owners = new Map<string, Owner>();
  const during = (made: string, ended: string | null, person: WafPerson): Owner => {
    const [from, until] = [Date.parse(made) - skew, ended === null ? Infinity : Date.parse(ended) + skew];
    return (at) => (at.getTime() >= from && at.getTime() <= until ? person : undefined);
  };
  const people = await sessions.whose(
    site,
    shown.filter((id) => id.startsWith('s')),
  );
  for (const { id, user_id, made, ended } of people)
    owners.set(id, during(made, ended, { who: maskName(user_id) }));
  const tokens = new Set(shown.filter((id) => id.startsWith('t')));
  if (tokens.size > 0)
    for (const { id, user_id, name, made, expires, revoked } of await serviceTokens.list(site)) {
      const ended = revoked !== null && revoked < expires ? revoked : expires;
      if (tokens.has(id))
        owners.set(id, during(made, ended, { who: maskName(user_id), token: maskName(name) }));
    }
  return owners;
}
