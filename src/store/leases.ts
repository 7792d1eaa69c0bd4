import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import { isPostgres, type Tables } from './schema.ts';

type Db = Kysely<Tables> | Transaction<Tables>;

/** Something that one holder alone has, until its lease ends or it gives it back. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  /** Grows each time that it changes hands: what an earlier holder still writes is refused by it. */
  readonly fence: number;
}

/** The database's own time, so many milliseconds from now, as ISO 8601: clocks of gateways need not agree. */
export function dbTime(db: Db, milliseconds = 0): RawBuilder<string> {
  const seconds = milliseconds / 1000;
  if (isPostgres(db))
    return sql<string>`to_char((clock_timestamp() + make_interval(secs => ${seconds})) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  return sql<string>`strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ${`${seconds >= 0 ? '+' : ''}${seconds} seconds`})`;
}

/** What the database's clock shows, in milliseconds since 1970. */
export async function dbNow(db: Db): Promise<number> {
  const { rows } = await sql<{ at: string }>`select ${dbTime(db)} as at`.execute(db);
  return Date.parse(rows[0]?.at ?? '');
}

/** Takes a lease, alone until `milliseconds` from now; `undefined` when another has it. To be called first in a transaction. */
export async function takeLease(
  t: Transaction<Tables>,
  name: string,
  holder: string,
  milliseconds: number,
): Promise<Lease | undefined> {
  // A write comes first: SQLite then has the only right to write from here on.
  await t
    .insertInto('lease')
    .values({ name, holder: '', fence: 0, expires: new Date(0).toISOString() })
    .onConflict((c) => c.column('name').doNothing())
    .execute();
  const known = await lockedLease(t, name);
  if (known.holder !== '' && Date.parse(known.expires) > (await dbNow(t))) return undefined;
  const lease = { name, holder, fence: known.fence + 1 };
  await t
    .updateTable('lease')
    .set({ holder, fence: lease.fence, expires: dbTime(t, milliseconds) })
    .where('name', '=', name)
    .execute();
  return lease;
}

/** Keeps a lease, also one that ran out and that nobody has taken; false when another has it. */
export async function renewLease(
  db: Db,
  { name, holder, fence }: Lease,
  milliseconds: number,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('lease')
    .set({ expires: dbTime(db, milliseconds) })
    .where('name', '=', name)
    .where('holder', '=', holder)
    .where('fence', '=', fence)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Gives a lease back. */
export async function endLease(db: Db, lease: Lease): Promise<boolean> {
  return renewLease(db, lease, 0);
}

/** Whether a lease is still the holder's, for the rest of a transaction. */
export async function holdsLease(t: Transaction<Tables>, { name, holder, fence }: Lease): Promise<boolean> {
  // A write comes first, as above.
  await t.updateTable('lease').set({ name }).where('name', '=', name).execute();
  const known = await lockedLease(t, name);
  return known.holder === holder && known.fence === fence;
}

/** Ends all leases of holders whose names begin so: processes that are known to be dead. */
export async function endLeasesOf(db: Db, prefix: string): Promise<void> {
  await db
    .updateTable('lease')
    .set({ expires: dbTime(db) })
    .where(sql<boolean>`substr(holder, 1, ${prefix.length}) = ${prefix}`)
    .where('expires', '>', dbTime(db))
    .execute();
}

async function lockedLease(t: Transaction<Tables>, name: string): Promise<Tables['lease']> {
  const query = t.selectFrom('lease').selectAll().where('name', '=', name);
  return (isPostgres(t) ? query.forUpdate() : query).executeTakeFirstOrThrow();
}
