import type { Kysely } from 'kysely';
import { dbNow } from './leases.ts';
import type { Tables } from './schema.ts';

/** What gateways of a site tell each other of something that is, or was, cut off. */
export interface SharedCut {
  /** The target's kind and name. */
  readonly kind: string;
  readonly name: string;
  /** When it was cut off, by the store's clock. */
  readonly at: string;
  /** The cut, as JSON; its times by the store's clock. */
  readonly detail: string;
  /** When it was restored; `null` as long as it is cut off. */
  readonly restored: string | null;
}

/** The cuts' part of a store. */
export interface CutStore {
  /** What the store's clock shows, in milliseconds since 1970. */
  now(): Promise<number>;
  list(site: string): Promise<readonly SharedCut[]>;
  /** Tells of a cut, unless a later one of the same is told of. */
  tell(site: string, cut: Omit<SharedCut, 'restored'>): Promise<void>;
  /** Tells that it was restored; what was cut off again later stays so. */
  restore(site: string, target: Pick<SharedCut, 'kind' | 'name'>, at: string): Promise<void>;
}

/** The cuts' part of a store. */
export function cutStore(db: Kysely<Tables>): CutStore {
  return {
    now: () => dbNow(db),
    list: (site) =>
      db
        .selectFrom('cut')
        .select(['kind', 'name', 'at', 'detail', 'restored'])
        .where('site', '=', site)
        .execute(),
    async tell(site, { kind, name, at, detail }) {
      const row = { at, detail, restored: null };
      await db
        .insertInto('cut')
        .values({ site, kind, name, ...row })
        .onConflict((c) => c.columns(['site', 'kind', 'name']).doUpdateSet(row).where('cut.at', '<=', at))
        .execute();
    },
    async restore(site, { kind, name }, at) {
      await db
        .updateTable('cut')
        .set({ restored: at })
        .where('site', '=', site)
        .where('kind', '=', kind)
        .where('name', '=', name)
        .where('at', '<=', at)
        .execute();
    },
  };
}
