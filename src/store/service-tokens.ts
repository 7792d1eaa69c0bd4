import type { Kysely } from 'kysely';
import { dbTime } from './leases.ts';
import type { SessionTables, Tables } from './schema.ts';

/** A token as it is kept; `now` is the database's time. */
export type StoredToken = Omit<SessionTables['service_token'], 'site'> & { readonly now: string };

/** The public half of a key that a gateway signs identities with. */
export interface PublishedKey {
  readonly kid: string;
  /** JSON (RFC 7517). */
  readonly jwk: string;
  /** Until when it is published, ISO 8601. */
  readonly until: string;
}

/** What machines show in a person's place, and what applications check identities with. */
export interface ServiceTokenStore {
  /** False when a living token has that name. */
  create(
    site: string,
    token: Omit<StoredToken, 'made' | 'expires' | 'used' | 'used_from' | 'revoked' | 'now'>,
    milliseconds: number,
  ): Promise<boolean>;
  find(site: string, id: string): Promise<StoredToken | undefined>;
  used(site: string, id: string, from: string): Promise<void>;
  /** All, with those that have ended, the newest first. */
  list(site: string): Promise<readonly StoredToken[]>;
  /** Revokes by id, or by the name of a living one; gives what it revoked. */
  revoke(site: string, which: string): Promise<readonly { id: string; name: string }[]>;
  /** Publishes keys, and forgets those whose time is over. */
  publishKeys(site: string, keys: readonly PublishedKey[]): Promise<void>;
  publishedKeys(site: string): Promise<readonly PublishedKey[]>;
}

/** The tokens' part of a store. */
export function serviceTokenStore(db: Kysely<Tables>): ServiceTokenStore {
  const tokens = (site: string) =>
    db.selectFrom('service_token').selectAll().select(dbTime(db).as('now')).where('site', '=', site);
  return {
    create: (site, token, milliseconds) =>
      db.transaction().execute(async (t) => {
        // A write comes first: SQLite then has the only right to write from here on.
        const ends = { made: dbTime(t), expires: dbTime(t, milliseconds) };
        await t
          .insertInto('service_token')
          .values({ ...token, ...ends, site, used: null, used_from: null, revoked: null })
          .execute();
        const others = await t
          .selectFrom('service_token')
          .select('id')
          .where('site', '=', site)
          .where('name', '=', token.name)
          .where('id', '!=', token.id)
          .where('revoked', 'is', null)
          .where('expires', '>', dbTime(t))
          .execute();
        if (others.length === 0) return true;
        await t.deleteFrom('service_token').where('site', '=', site).where('id', '=', token.id).execute();
        return false;
      }),
    find: (site, id) => tokens(site).where('id', '=', id).executeTakeFirst(),
    async used(site, id, from) {
      await db
        .updateTable('service_token')
        .set({ used: dbTime(db), used_from: from })
        .where('site', '=', site)
        .where('id', '=', id)
        .execute();
    },
    list: (site) => tokens(site).orderBy('made', 'desc').execute(),
    revoke: (site, which) =>
      db
        .updateTable('service_token')
        .set({ revoked: dbTime(db) })
        .where('site', '=', site)
        .where('revoked', 'is', null)
        .where((e) => e.or([e('id', '=', which), e('name', '=', which)]))
        .returning(['id', 'name'])
        .execute(),
    publishKeys: (site, keys) =>
      db.transaction().execute(async (t) => {
        for (const { kid, ...rest } of keys)
          await t
            .insertInto('signing_key')
            .values({ site, kid, ...rest })
            .onConflict((c) => c.columns(['site', 'kid']).doUpdateSet(rest))
            .execute();
        await t.deleteFrom('signing_key').where('site', '=', site).where('until', '<', dbTime(t)).execute();
      }),
    publishedKeys: (site) =>
      db
        .selectFrom('signing_key')
        .select(['kid', 'jwk', 'until'])
        .where('site', '=', site)
        .where('until', '>', dbTime(db))
        .orderBy('kid')
        .execute(),
  };
}
