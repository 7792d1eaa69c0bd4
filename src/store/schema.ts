import { type CreateTableBuilder, type Generated, type Kysely, Migrator, PostgresAdapter, sql } from 'kysely';
import type { OccurrenceState } from '../schedule/memory.ts';
import { type CredentialTables, createCredentialTables } from './credential-tables.ts';

import { type SessionTables, sessionMigrations } from './session-tables.ts';

export type { SessionTables } from './session-tables.ts';

/** The tables, shared by every database the store runs on. Times are ISO 8601 UTC, values JSON. */
export interface Tables extends CredentialTables, SessionTables {
  /** One execution of apply. */
  run: {
    id: Generated<number>;
    at: string;
    site: string;
    hash: string;
    outcome: 'applied' | 'unchanged' | 'partial' | 'failed';
    milliseconds: number;
    detail: string;
  };
  /** What was observed of each promise, every time. */
  evidence: {
    id: Generated<number>;
    at: string;
    site: string;
    expectation: string;
    about: string;
    vantage: string;
    held: 0 | 1;
    detail: string;
  };
  /** The last good addresses of upstream names, for when their resolver is away. */
  address: { name: string; addresses: string; at: string };
  /** What each host of a site told of itself, the last time it was asked. */
  host_facts: { site: string; host: string; at: string; detail: string };
  /** How far each job's schedule has been followed. */
  job_state: {
    site: string;
    job: string;
    looked: string;
    last_due: string | null;
    paused_at: string | null;
    paused_by: string | null;
    /** Digest of its schedule: another one is followed from when it was seen. */
    shape: string;
  };
  /** Every occurrence of a job. */
  job_run: {
    site: string;
    job: string;
    due: string;
    by_hand: 0 | 1;
    state: OccurrenceState;
    started: string | null;
    ended: string | null;
    /** The run's identifier, and the gateway that has its folder. */
    run: string | null;
    gateway: string | null;
    /** What may write here: the lease's fence when it was claimed. */
    fence: number;
    attempts: number;
    late: 0 | 1;
    detail: string;
  };
  /** Who has what, until when by the database's clock. The fence grows whenever it changes hands. */
  lease: { name: string; holder: string; fence: number; expires: string };
  /** What gateways share of certificates over ACME: the account's key too. Keys in `pem` are encrypted. */
  certificate: { site: string; id: string; wish: string; pem: string; until: string; at: string };
  /** Access that somebody asked for, for a time, and what was decided. */
  approval: {
    id: string;
    site: string;
    person: string;
    /** Whose it is for good. */
    owner: string | null;
    publication: string;
    /** The id of the rule of its audience. */
    rule: string;
    reason: string;
    asked: string;
    state: 'asked' | 'accepted' | 'refused';
    by: string | null;
    decided: string | null;
    until: string | null;
  };
  /** What is cut off, and what was: gateways of a site tell each other. */
  cut: { site: string; kind: string; name: string; at: string; detail: string; restored: string | null };
  /** Who is banned, and who was: the same. */
  ban: { site: string; network: string; at: string; detail: string; removed: string | null };
  /** What people are told of an occurrence, once. */
  job_alert: {
    site: string;
    job: string;
    due: string;
    kind: AlertKind;
    at: string;
    detail: string;
    told: string | null;
  };
}

/** What people are told. */
export const alertKinds = ['failed', 'late', 'never-started', 'lost', 'recovered'] as const;
export type AlertKind = (typeof alertKinds)[number];

/** The last of this process that makes tables in SQLite: a transaction there is waited for standing still. */
let making: Promise<void> = Promise.resolve();

/** Brings the database to this version's tables. */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  if (isPostgres(db)) return toLatest(db);
  if (await isLatest(db)) return;
  // Kysely locks only where the database has locks for it: here, two first commands at once would make the same tables.
  const made = making.then(() =>
    db.connection().execute(async (connection) => {
      await sql`begin immediate`.execute(connection);
      try {
        await toLatest(connection);
        await sql`commit`.execute(connection);
      } catch (error) {
        await sql`rollback`.execute(connection);
        throw error;
      }
    }),
  );
  making = made.catch(() => undefined);
  return made;
}

async function toLatest(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    // Those of one day were written by several people.
    allowUnorderedMigrations: true,
  });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}

/** Whether an SQLite database has this version's tables and no other version's. */
async function isLatest(db: Kysely<Tables>): Promise<boolean> {
  const log = 'kysely_migration';
  const found = await sql`select 1 from sqlite_master where name = ${log}`.execute(db);
  if (found.rows.length === 0) return false;
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(log)}`.execute(db);
  const had = new Set(rows.map(({ name }) => name));
  const wanted = Object.keys(migrations);
  return had.size === wanted.length && wanted.every((name) => had.has(name));
}

/** A first column that counts by itself. */
function numbered<T extends string>(
  db: Kysely<unknown>,
  table: CreateTableBuilder<T>,
): CreateTableBuilder<T, 'id'> {
  if (isPostgres(db)) return table.addColumn('id', 'serial', (c) => c.primaryKey());
  return table.addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement());
}

/** Whether this is a PostgreSQL database: else it is SQLite. */
export function isPostgres(db: Kysely<never> | Kysely<Tables> | Kysely<unknown>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}

const migrations = {
  '2026-11-22-first': {
    async up(db: Kysely<unknown>): Promise<void> {
      await numbered(db, db.schema.createTable('run'))
        .addColumn('at', 'text', (c) => c.notNull())
        .addColumn('site', 'text', (c) => c.notNull())
        .addColumn('hash', 'text', (c) => c.notNull())
        .addColumn('outcome', 'text', (c) => c.notNull())
        .addColumn('milliseconds', 'integer', (c) => c.notNull())
        .addColumn('detail', 'text', (c) => c.notNull())
        .execute();
      await numbered(db, db.schema.createTable('evidence'))
        .addColumn('at', 'text', (c) => c.notNull())
        .addColumn('site', 'text', (c) => c.notNull())
        .addColumn('expectation', 'text', (c) => c.notNull())
        .addColumn('about', 'text', (c) => c.notNull())
        .addColumn('vantage', 'text', (c) => c.notNull())
        .addColumn('held', 'integer', (c) => c.notNull())
        .addColumn('detail', 'text', (c) => c.notNull())
        .execute();
      await db.schema.createIndex('evidence_at').on('evidence').columns(['site', 'at']).execute();
      await db.schema
        .createTable('address')
        .addColumn('name', 'text', (c) => c.primaryKey())
        .addColumn('addresses', 'text', (c) => c.notNull())
        .addColumn('at', 'text', (c) => c.notNull())
        .execute();
    },
  },
  '2026-11-25-host-facts': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('host_facts')
        .addColumn('site', 'text', (c) => c.notNull())
        .addColumn('host', 'text', (c) => c.notNull())
        .addColumn('at', 'text', (c) => c.notNull())
        .addColumn('detail', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('host_facts_key', ['site', 'host'])
        .execute();
    },
  },
  '2026-11-25-jobs': {
    async up(db: Kysely<unknown>): Promise<void> {
      const table = (
        name: string,
        texts: readonly string[],
        empty: readonly string[],
        numbers: readonly string[],
      ) => {
        let made = db.schema.createTable(name) as CreateTableBuilder<string, string>;
        for (const column of texts) made = made.addColumn(column, 'text', (c) => c.notNull());
        for (const column of empty) made = made.addColumn(column, 'text');
        for (const column of numbers) made = made.addColumn(column, 'integer', (c) => c.notNull());
        return made;
      };
      await table('job_state', ['site', 'job', 'looked', 'shape'], ['last_due', 'paused_at', 'paused_by'], [])
        .addPrimaryKeyConstraint('job_state_key', ['site', 'job'])
        .execute();
      await table(
        'job_run',
        ['site', 'job', 'due', 'state', 'detail'],
        ['started', 'ended', 'run', 'gateway'],
        ['by_hand', 'fence', 'attempts', 'late'],
      )
        .addPrimaryKeyConstraint('job_run_key', ['site', 'job', 'due'])
        .execute();
      await db.schema.createIndex('job_run_state').on('job_run').columns(['site', 'state']).execute();
      await table('lease', ['holder', 'expires'], [], ['fence'])
        .addColumn('name', 'text', (c) => c.primaryKey())
        .execute();
      await table('job_alert', ['site', 'job', 'due', 'kind', 'at', 'detail'], ['told'], [])
        .addPrimaryKeyConstraint('job_alert_key', ['site', 'job', 'due', 'kind'])
        .execute();
    },
  },
  '2026-11-25-shared-certificates': {
    async up(db: Kysely<unknown>): Promise<void> {
      let made = db.schema.createTable('certificate') as CreateTableBuilder<string, string>;
      for (const column of ['site', 'id', 'wish', 'pem', 'until', 'at'])
        made = made.addColumn(column, 'text', (c) => c.notNull());
      await made.addPrimaryKeyConstraint('certificate_key', ['site', 'id']).execute();
    },
  },
  '2026-11-26-credentials': { up: createCredentialTables },
  ...sessionMigrations,
  '2026-11-26-approvals': {
    async up(db: Kysely<unknown>): Promise<void> {
      let made = db.schema.createTable('approval') as CreateTableBuilder<string, string>;
      for (const column of ['site', 'person', 'publication', 'rule', 'reason', 'asked', 'state'])
        made = made.addColumn(column, 'text', (c) => c.notNull());
      for (const column of ['by', 'decided', 'until']) made = made.addColumn(column, 'text');
      await made.addColumn('id', 'text', (c) => c.primaryKey()).execute();
      await db.schema.createIndex('approval_state').on('approval').columns(['site', 'state']).execute();
    },
  },
  '2026-11-26-cuts': {
    async up(db: Kysely<unknown>): Promise<void> {
      let made = db.schema.createTable('cut') as CreateTableBuilder<string, string>;
      for (const column of ['site', 'kind', 'name', 'at', 'detail'])
        made = made.addColumn(column, 'text', (c) => c.notNull());
      made = made.addColumn('restored', 'text');
      await made.addPrimaryKeyConstraint('cut_key', ['site', 'kind', 'name']).execute();
    },
  },
  '2026-11-26-wall-bans': {
    async up(db: Kysely<unknown>): Promise<void> {
      let made = db.schema.createTable('ban') as CreateTableBuilder<string, string>;
      for (const column of ['site', 'network', 'at', 'detail'])
        made = made.addColumn(column, 'text', (c) => c.notNull());
      made = made.addColumn('removed', 'text');
      await made.addPrimaryKeyConstraint('ban_key', ['site', 'network']).execute();
    },
  },
  '2026-11-26-whose-approvals': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema.alterTable('approval').addColumn('owner', 'text').execute();
    },
  },
};
