import { type Kysely, sql } from 'kysely';
import type { CredentialTables } from './credential-tables.ts';
import { type FactorStore, factorStore } from './factors.ts';
import type { Tables } from './schema.ts';

/** A password as it is kept. */
export interface KeptPassword {
  /** Says how it was made. */
  readonly hash: string;
  readonly changed: Date;
}

/** Somebody who is not described, and may sign in until a day. */
export interface Guest {
  readonly name: string;
  /** Whose credentials theirs are: another guest of the same name, later, has others. */
  readonly owner: string;
  readonly title?: string;
  readonly email?: string;
  readonly groups: readonly string[];
  readonly ends: Date;
  readonly madeBy: string;
  readonly made: Date;
}

/** Whose something is: for good, and by the id that people read. */
export interface Whose {
  readonly owner: string;
  readonly person: string;
}

export const attemptKinds = ['password', 'factor'] as const;
export type AttemptKind = (typeof attemptKinds)[number];

/** After how many failures in a row how long nothing is looked at, in milliseconds. */
export type Patience = readonly { readonly failures: number; readonly pause: number }[];

/** What the people of one site sign in with. */
export interface CredentialStore extends FactorStore {
  password(owner: string): Promise<KeptPassword | undefined>;
  setPassword(whose: Whose, hash: string, at: Date): Promise<void>;
  /** The same password, kept otherwise; nothing when it was changed meanwhile. */
  rehash(owner: string, from: string, to: string): Promise<void>;
  guests(): Promise<readonly Guest[]>;
  guest(name: string): Promise<Guest | undefined>;
  /** Takes the place of a guest of that name. */
  putGuest(guest: Guest): Promise<void>;
  endGuest(name: string, at: Date): Promise<void>;
  /** Keeps what can be used once, by the hash of what is shown; those of the same owner and kind are void when `alone`. */
  offer(kind: string, one: OneTime, alone?: boolean): Promise<void>;
  /** What was offered, when it was not used or over by `at`; it is used up then. */
  take(kind: string, hash: string, at: Date): Promise<OneTime | undefined>;
  /** The same, and it stays. */
  peek(kind: string, hash: string, at: Date): Promise<OneTime | undefined>;
  /** All of a kind that hold at that time. */
  offered(kind: string, at: Date): Promise<readonly OneTime[]>;
  /**
   * Counts an attempt before it is looked at, so that many at once are as many: false when none is looked at now. Failures are
   * forgotten a day after the last, or by `succeeded`.
   */
  attempt(owner: string, kind: AttemptKind, at: Date, patience: Patience): Promise<boolean>;
  succeeded(owner: string, kind: AttemptKind): Promise<void>;
  /** Until when nothing is looked at; absent when it is. */
  pausedUntil(owner: string, at: Date): Promise<Date | undefined>;
  /** Forgets failures; false when there was none. */
  unlock(owner: string): Promise<boolean>;
  /** Forgets all that somebody signs in with. */
  forgetOwner(owner: string): Promise<void>;
}

export interface OneTime {
  readonly hash: string;
  readonly owner: string;
  readonly detail: string;
  readonly expires: Date;
}

const day = 86_400_000;

/** The credentials' part of a store, for one site. */
export function credentialStore(db: Kysely<Tables>, site: string): CredentialStore {
  const live = (kind: string, at: Date) =>
    db
      .selectFrom('one_time')
      .selectAll()
      .where('site', '=', site)
      .where('kind', '=', kind)
      .where('expires', '>', at.toISOString());
  return {
    ...factorStore(db, site),
    async password(owner) {
      const row = await db
        .selectFrom('credential_password')
        .select(['hash', 'changed'])
        .where('site', '=', site)
        .where('owner', '=', owner)
        .executeTakeFirst();
      return row && { hash: row.hash, changed: new Date(row.changed) };
    },
    async setPassword({ owner, person }, hash, at) {
      const row = { person, hash, changed: at.toISOString() };
      await db
        .insertInto('credential_password')
        .values({ site, owner, ...row })
        .onConflict((c) => c.columns(['site', 'owner']).doUpdateSet(row))
        .execute();
    },
    async rehash(owner, from, to) {
      await db
        .updateTable('credential_password')
        .set({ hash: to })
        .where('site', '=', site)
        .where('owner', '=', owner)
        .where('hash', '=', from)
        .execute();
    },
    async guests() {
      const rows = await db
        .selectFrom('guest')
        .selectAll()
        .where('site', '=', site)
        .orderBy('name')
        .execute();
      return rows.map(guestOf);
    },
    async guest(name) {
      const row = await db
        .selectFrom('guest')
        .selectAll()
        .where('site', '=', site)
        .where('name', '=', name)
        .executeTakeFirst();
      return row && guestOf(row);
    },
    async putGuest({ name, owner, title, email, groups, ends, madeBy, made }) {
      const row = {
        ...{ owner, title: title ?? null, email: email ?? null, groups: JSON.stringify(groups) },
        ...{ ends: ends.toISOString(), made_by: madeBy, made: made.toISOString() },
      };
      await db
        .insertInto('guest')
        .values({ site, name, ...row })
        .onConflict((c) => c.columns(['site', 'name']).doUpdateSet(row))
        .execute();
    },
    async endGuest(name, at) {
      await db
        .updateTable('guest')
        .set({ ends: at.toISOString() })
        .where('site', '=', site)
        .where('name', '=', name)
        .execute();
    },
    async offer(kind, { hash, owner, detail, expires }, alone = false) {
      await db.transaction().execute(async (t) => {
        const old = t.deleteFrom('one_time').where('site', '=', site);
        await old.where('expires', '<', new Date().toISOString()).execute();
        if (alone) await old.where('kind', '=', kind).where('owner', '=', owner).execute();
        await t
          .insertInto('one_time')
          .values({ site, kind, hash, owner, detail, expires: expires.toISOString() })
          .execute();
      });
    },
    async take(kind, hash, at) {
      // One of two that come at once has it.
      const row = await db
        .deleteFrom('one_time')
        .where('site', '=', site)
        .where('kind', '=', kind)
        .where('hash', '=', hash)
        .returningAll()
        .executeTakeFirst();
      return row && new Date(row.expires) > at ? oneTimeOf(row) : undefined;
    },
    async peek(kind, hash, at) {
      const row = await live(kind, at).where('hash', '=', hash).executeTakeFirst();
      return row && oneTimeOf(row);
    },
    async offered(kind, at) {
      return (await live(kind, at).execute()).map(oneTimeOf);
    },
    async attempt(owner, kind, at, patience) {
      const now = at.toISOString();
      const dayBefore = new Date(at.getTime() - day).toISOString();
      const failures = sql<number>`case when credential_attempt.last < ${dayBefore} then 1 else credential_attempt.failures + 1 end`;
      const until = [...patience]
        .sort((a, b) => a.failures - b.failures)
        .reduce(
          (others, { failures: many, pause }) =>
            sql<string>`case when ${failures} >= ${many} then ${new Date(at.getTime() + pause).toISOString()} else ${others} end`,
          sql<string>`${now}`,
        );
      const row = await db
        .insertInto('credential_attempt')
        .values({ site, owner, kind, failures: 1, last: now, until: now })
        .onConflict((c) =>
          c
            .columns(['site', 'owner', 'kind'])
            .doUpdateSet({ failures, last: now, until })
            .where('credential_attempt.until', '<=', now),
        )
        .returning('failures')
        .executeTakeFirst();
      return row !== undefined;
    },
    async succeeded(owner, kind) {
      await db
        .deleteFrom('credential_attempt')
        .where('site', '=', site)
        .where('owner', '=', owner)
        .where('kind', '=', kind)
        .execute();
    },
    async pausedUntil(owner, at) {
      const row = await db
        .selectFrom('credential_attempt')
        .select((e) => e.fn.max('until').as('until'))
        .where('site', '=', site)
        .where('owner', '=', owner)
        .executeTakeFirst();
      return row?.until && new Date(row.until) > at ? new Date(row.until) : undefined;
    },
    async unlock(owner) {
      const { numDeletedRows } = await db
        .deleteFrom('credential_attempt')
        .where('site', '=', site)
        .where('owner', '=', owner)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },
    async forgetOwner(owner) {
      await db.transaction().execute(async (t) => {
        for (const table of [
          ...(['credential_password', 'factor', 'recovery_code'] as const),
          ...(['remembered_device', 'one_time', 'credential_attempt'] as const),
        ])
          await t.deleteFrom(table).where('site', '=', site).where('owner', '=', owner).execute();
      });
    },
  };
}

function guestOf(row: CredentialTables['guest']): Guest {
  return {
    ...{ name: row.name, owner: row.owner },
    ...(row.title === null ? {} : { title: row.title }),
    ...(row.email === null ? {} : { email: row.email }),
    groups: JSON.parse(row.groups),
    ...{ ends: new Date(row.ends), madeBy: row.made_by, made: new Date(row.made) },
  };
}

function oneTimeOf({ hash, owner, detail, expires }: CredentialTables['one_time']): OneTime {
  return { hash, owner, detail, expires: new Date(expires) };
}
