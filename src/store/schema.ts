import { type Generated, type Kysely, Migrator } from 'kysely';

/** The tables, shared by every database the store runs on. Times are ISO 8601 UTC, values JSON. */
export interface Tables {
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
}

/** Brings the database to this version's tables. */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}

const migrations = {
  '2026-11-22-first': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('run')
        .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
        .addColumn('at', 'text', (c) => c.notNull())
        .addColumn('site', 'text', (c) => c.notNull())
        .addColumn('hash', 'text', (c) => c.notNull())
        .addColumn('outcome', 'text', (c) => c.notNull())
        .addColumn('milliseconds', 'integer', (c) => c.notNull())
        .addColumn('detail', 'text', (c) => c.notNull())
        .execute();
      await db.schema
        .createTable('evidence')
        .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
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
};
