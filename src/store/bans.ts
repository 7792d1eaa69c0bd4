import type { Kysely } from 'kysely';
import { dbNow } from './leases.ts';
import type { Tables } from './schema.ts';

/** What gateways of a site tell each other of somebody who is, or was, banned. */
export interface SharedBan {
  /** A canonical CIDR block. */
  readonly network: string;
  /** When it was banned, by the store's clock. */
  readonly at: string;
  /** The ban, as JSON. */
  readonly detail: string;
  /** When it was removed before its end; `null` when it was not. */
  readonly removed: string | null;
}

/** The bans' part of a store. */
export interface BanStore {
  /** What the store's clock shows, in milliseconds since 1970. */
  now(): Promise<number>;
  list(site: string): Promise<readonly SharedBan[]>;
  /** Tells of a ban, unless a later one of the same network is told of. */
  tell(site: string, ban: Omit<SharedBan, 'removed'>): Promise<void>;
  /** Tells that it was removed; what was banned again later stays so. */
  remove(site: string, network: string, at: string): Promise<void>;
  /** Forgets one, unless the network was banned again since. */
  forget(site: string, network: string, at: string): Promise<void>;
}

/** The bans' part of a store. */
export function banStore(db: Kysely<Tables>): BanStore {
  return {
    now: () => dbNow(db),
    list: (site) =>
      db.selectFrom('ban').select(['network', 'at', 'detail', 'removed']).where('site', '=', site).execute(),
    async tell(site, { network, at, detail }) {
      const row = { at, detail, removed: null };
      await db
        .insertInto('ban')
        .values({ site, network, ...row })
        .onConflict((c) => c.columns(['site', 'network']).doUpdateSet(row).where('ban.at', '<=', at))
        .execute();
    },
    async remove(site, network, at) {
      await db
        .updateTable('ban')
        .set({ removed: at })
        .where('site', '=', site)
        .where('network', '=', network)
        .where('at', '<=', at)
        .execute();
    },
    async forget(site, network, at) {
      await db
        .deleteFrom('ban')
        .where('site', '=', site)
        .where('network', '=', network)
        .where('at', '=', at)
        .execute();
    },
  };
}
