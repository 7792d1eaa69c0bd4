import type { CompiledQuery, Kysely } from 'kysely';
import { dbTime } from './leases.ts';
import type { SessionTables, Tables } from './schema.ts';

/** A session as it is kept, and by the database's clock how old that is: clocks of gateways need not agree. */
export interface StoredSession extends Omit<SessionTables['session'], 'site'> {
  /** The database's time, ISO 8601. */
  readonly now: string;
}
export type StoredPass = Omit<SessionTables['session_pass'], 'site'>;
export type StoredCode = Omit<SessionTables['session_code'], 'site' | 'expires'>;

export type SessionOwner = Pick<StoredSession, 'id' | 'user_id' | 'made' | 'ended'>;

/** Which sessions: one, or all of a user, maybe but one. */
export type Which = { readonly id: string } | { readonly user: string; readonly except?: string };

/** What is remembered of those who have signed in. Times are the database's. */
export interface SessionStore {
  begin(
    site: string,
    session: Pick<StoredSession, 'id' | 'hash' | 'user_id' | 'who' | 'strength' | 'address' | 'agent'>,
  ): Promise<void>;
  find(site: string, id: string): Promise<StoredSession | undefined>;
  findPass(
    site: string,
    id: string,
  ): Promise<{ readonly pass: StoredPass; readonly session: StoredSession } | undefined>;
  /** It was used now; with `who`, its source was asked now too. */
  touch(site: string, id: string, who?: string): Promise<void>;
  /** Another secret and another strength; false when it has ended. */
  strengthen(site: string, id: string, hash: string, strength: string): Promise<boolean>;
  /** Ends sessions; gives those that it ended. */
  end(site: string, which: Which, why: string): Promise<readonly { id: string; user_id: string }[]>;
  /** Those that have not ended, of one user or of all, the last used first. */
  list(site: string, user?: string): Promise<readonly StoredSession[]>;
  /** The user of a session, also for some time after its end. */
  userOf(site: string, id: string): Promise<string | undefined>;
  /** Whose these sessions were and from when until when, also for some time after their end. */
  whose(site: string, ids: readonly string[]): Promise<readonly SessionOwner[]>;
  addCode(site: string, code: StoredCode, milliseconds: number): Promise<void>;
  /** The code of a hash, once. */
  takeCode(site: string, hash: string): Promise<StoredCode | undefined>;
  /** In the place of those that the session had there. */
  addPass(site: string, pass: Omit<StoredPass, 'made'>): Promise<void>;
  removePass(site: string, id: string): Promise<void>;
  /** Ends sessions that are idle or old, and forgets what is long past; gives those that it ended. */
  sweep(site: string, idle: number, longest: number): Promise<readonly string[]>;
}

/** How long ended sessions are kept: lines of logs name them. */
const retention = 30 * 86_400_000;

/** How many are asked for in one query. */
const together = 500;

/** A pass with its session, whose site and id are the last two parameters. */
const passes = (db: Kysely<Tables>) =>
  db
    .selectFrom('session_pass as p')
    .innerJoin('session as s', (j) => j.onRef('s.site', '=', 'p.site').onRef('s.id', '=', 'p.session'))
    .selectAll('s')
    .select(['p.hash as p_hash', 'p.strength as p_strength', 'p.made as p_made'])
    .select(['p.publication', 'p.host'])
    .select(dbTime(db).as('now'))
    .where('p.site', '=', '')
    .where('p.id', '=', '');

type PassRow = StoredSession & {
  readonly p_hash: string;
  readonly p_strength: string | null;
  readonly p_made: string;
  readonly publication: string;
  readonly host: string;
};

/** The sessions' part of a store. */
export function sessionStore(db: Kysely<Tables>): SessionStore {
  const one = (site: string, id: string) =>
    db.updateTable('session').where('site', '=', site).where('id', '=', id).where('ended', 'is', null);
  let passQuery: CompiledQuery<PassRow> | undefined;
  return {
    async begin(site, session) {
      const now = dbTime(db);
      await db
        .insertInto('session')
        .values({ ...session, site, made: now, seen: now, checked: now, ended: null, why: null })
        .execute();
    },
    find: (site, id) =>
      db
        .selectFrom('session')
        .selectAll()
        .select(dbTime(db).as('now'))
        .where('site', '=', site)
        .where('id', '=', id)
        .executeTakeFirst(),
    async findPass(site, id) {
      // It is asked for at every verdict: written once, since writing it costs more than the answer.
      passQuery ??= passes(db).compile() as CompiledQuery<PassRow>;
      const parameters = [...passQuery.parameters.slice(0, -2), site, id];
      const { rows } = await db.executeQuery<PassRow>({ ...passQuery, parameters });
      const [row] = rows;
      if (!row) return undefined;
      const { p_hash, p_strength, p_made, publication, host, ...session } = row;
      const pass = { id, hash: p_hash, session: session.id, publication, host };
      return { session, pass: { ...pass, strength: p_strength, made: p_made } };
    },
    async touch(site, id, who) {
      const now = dbTime(db);
      await one(site, id)
        .set({ seen: now, ...(who === undefined ? {} : { who, checked: now }) })
        .execute();
    },
    async strengthen(site, id, hash, strength) {
      const { numUpdatedRows } = await one(site, id)
        .set({ hash, strength, seen: dbTime(db) })
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    end: (site, which, why) =>
      db.transaction().execute(async (t) => {
        let query = t
          .updateTable('session')
          .set({ ended: dbTime(t), why })
          .where('site', '=', site)
          .where('ended', 'is', null);
        query = 'id' in which ? query.where('id', '=', which.id) : query.where('user_id', '=', which.user);
        if ('except' in which && which.except !== undefined) query = query.where('id', '!=', which.except);
        const ended = await query.returning(['id', 'user_id']).execute();
        for (const { id } of ended)
          await t.deleteFrom('session_pass').where('site', '=', site).where('session', '=', id).execute();
        return ended;
      }),
    async list(site, user) {
      let query = db
        .selectFrom('session')
        .selectAll()
        .select(dbTime(db).as('now'))
        .where('site', '=', site)
        .where('ended', 'is', null);
      if (user !== undefined) query = query.where('user_id', '=', user);
      return query.orderBy('seen', 'desc').execute();
    },
    async userOf(site, id) {
      const query = db.selectFrom('session').select('user_id').where('site', '=', site).where('id', '=', id);
      return (await query.executeTakeFirst())?.user_id;
    },
    async whose(site, ids) {
      const found: SessionOwner[] = [];
      for (let n = 0; n < ids.length; n += together)
        found.push(
          ...(await db
            .selectFrom('session')
            .select(['id', 'user_id', 'made', 'ended'])
            .where('site', '=', site)
            .where('id', 'in', ids.slice(n, n + together))
            .execute()),
        );
      return found;
    },
    async addCode(site, code, milliseconds) {
      await db
        .insertInto('session_code')
        .values({ ...code, site, expires: dbTime(db, milliseconds) })
        .execute();
    },
    async takeCode(site, hash) {
      const taken = await db
        .deleteFrom('session_code')
        .where('site', '=', site)
        .where('hash', '=', hash)
        .returningAll()
        .returning((e) => e('expires', '>', dbTime(db)).as('fresh'))
        .executeTakeFirst();
      if (!taken?.fresh) return undefined;
      const { site: _, expires: __, fresh: ___, ...code } = taken;
      return code;
    },
    async addPass(site, pass) {
      await db.transaction().execute(async (t) => {
        await t
          .deleteFrom('session_pass')
          .where('site', '=', site)
          .where('session', '=', pass.session)
          .where('publication', '=', pass.publication)
          .where('host', '=', pass.host)
          .execute();
        await t
          .insertInto('session_pass')
          .values({ ...pass, site, made: dbTime(t) })
          .execute();
      });
    },
    async removePass(site, id) {
      await db.deleteFrom('session_pass').where('site', '=', site).where('id', '=', id).execute();
    },
    sweep: (site, idle, longest) =>
      db.transaction().execute(async (t) => {
        const ended: string[] = [];
        for (const [why, column, age] of [
          ['idle', 'seen', idle],
          ['longest', 'made', longest],
        ] as const) {
          const rows = await t
            .updateTable('session')
            .set({ ended: dbTime(t), why })
            .where('site', '=', site)
            .where('ended', 'is', null)
            .where(column, '<', dbTime(t, -age))
            .returning('id')
            .execute();
          ended.push(...rows.map(({ id }) => id));
        }
        for (const id of ended)
          await t.deleteFrom('session_pass').where('site', '=', site).where('session', '=', id).execute();
        await t
          .deleteFrom('session')
          .where('site', '=', site)
          .where('ended', '<', dbTime(t, -retention))
          .execute();
        await t
          .deleteFrom('session_code')
          .where('site', '=', site)
          .where('expires', '<', dbTime(t))
          .execute();
        return ended;
      }),
  };
}
