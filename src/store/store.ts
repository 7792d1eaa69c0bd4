import { join } from 'node:path';
import { Kysely, SqliteDialect } from 'kysely';
import type { Evidence } from '../model/evidence.ts';
import { Fault } from '../model/fault.ts';
import type { HostFacts } from '../model/host-facts.ts';
import type { SharedStore } from '../model/store.ts';
import { type ApprovalStore, approvalStore } from './approvals.ts';
import { type BanStore, banStore } from './bans.ts';
import { type CertificateStore, certificateStore } from './certificates.ts';
import { type CredentialStore, credentialStore } from './credentials.ts';
import { type CutStore, cutStore } from './cuts.ts';
import { type JobStore, jobStore } from './jobs.ts';
import { migrate, type Tables } from './schema.ts';
import { type ServiceTokenStore, serviceTokenStore } from './service-tokens.ts';
import { type SessionStore, sessionStore } from './sessions.ts';
import { openDatabase } from './sqlite.ts';

/** How long evidence and runs are kept. */
const retentionDays = 90;
const day = 86_400_000;

export interface RunRecord {
  readonly at: string;
  readonly site: string;
  readonly hash: string;
  readonly outcome: Tables['run']['outcome'];
  readonly milliseconds: number;
  readonly detail: unknown;
}

/** How the last proof of a site went. */
export interface LastProof {
  readonly at: string;
  readonly held: number;
  readonly broken: readonly string[];
}

/** What Poterne remembers between two commands. */
export interface Store {
  recordRun(run: RunRecord): Promise<void>;
  lastRun(site: string): Promise<RunRecord | undefined>;
  /** Keeps one proof (all its evidence under one time), and forgets what is past retention. */
  recordEvidence(site: string, at: string, evidence: readonly Evidence[]): Promise<void>;
  lastProof(site: string): Promise<LastProof | undefined>;
  /** Remembers addresses that resolved; an empty list is not worth remembering. */
  rememberAddresses(at: string, addresses: Readonly<Record<string, readonly string[]>>): Promise<void>;
  addresses(): Promise<Record<string, readonly string[]>>;
  /** Remembers what hosts of a site told, in place of what they told before. */
  rememberFacts(site: string, facts: readonly HostFacts[]): Promise<void>;
  facts(site: string): Promise<readonly HostFacts[]>;
  readonly jobs: JobStore;
  readonly certificates: CertificateStore;
  /** What the people of a site sign in with. */
  credentials(site: string): CredentialStore;
  readonly sessions: SessionStore;
  readonly approvals: ApprovalStore;
  readonly serviceTokens: ServiceTokenStore;
  readonly cuts: CutStore;
  readonly bans: BanStore;
  close(): Promise<void>;
}

/**
 * The store in a folder: SQLite in `poterne.db`, mode 0600. Who waits for another process's lock stands still: for `patience`
 * milliseconds at most. Throws `store.unusable` when it cannot be opened.
 */
export async function openStore(folder: string, patience = 10_000): Promise<Store> {
  return storeOn(await openSqlite(folder, patience));
}

/** The store that several gateways share, in PostgreSQL. Throws `store.*` faults. */
export async function openSharedStore(
  shared: SharedStore,
  password: (() => Promise<string>) | undefined,
): Promise<Store> {
  // Most commands have no use for its driver.
  const { openPostgres } = await import('./postgres.ts');
  const db = await openPostgres(shared, password);
  try {
    await migrate(db);
    return storeOn(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

async function openSqlite(folder: string, timeout: number): Promise<Kysely<Tables>> {
  const file = join(folder, 'poterne.db');
  try {
    const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: openDatabase(file, timeout) }) });
    await migrate(db);
    return db;
  } catch (cause) {
    throw new Fault('store.unusable', { file, reason: String((cause as Error).message) }, { cause });
  }
}

function storeOn(db: Kysely<Tables>): Store {
  return {
    jobs: jobStore(db),
    certificates: certificateStore(db),
    credentials: (site) => credentialStore(db, site),
    sessions: sessionStore(db),
    approvals: approvalStore(db),
    serviceTokens: serviceTokenStore(db),
    cuts: cutStore(db),
    bans: banStore(db),
    async recordRun(run) {
      await db
        .insertInto('run')
        .values({ ...run, detail: JSON.stringify(run.detail) })
        .execute();
      await db.deleteFrom('run').where('at', '<', past(run.at)).execute();
    },
    async lastRun(site) {
      const row = await db
        .selectFrom('run')
        .selectAll()
        .where('site', '=', site)
        .orderBy('id', 'desc')
        .executeTakeFirst();
      if (!row) return undefined;
      const { id: _, ...run } = row;
      return { ...run, detail: JSON.parse(run.detail) };
    },
    async recordEvidence(site, at, evidence) {
      const rows = evidence.map((e) => ({
        at,
        site,
        expectation: e.expectation,
        about: e.about,
        vantage: e.vantage,
        held: e.held ? (1 as const) : (0 as const),
        detail: JSON.stringify(e),
      }));
      await db.transaction().execute(async (t) => {
        // SQLite takes some 32,000 values a statement; a row has seven.
        for (let i = 0; i < rows.length; i += 1000)
          await t
            .insertInto('evidence')
            .values(rows.slice(i, i + 1000))
            .execute();
        await t.deleteFrom('evidence').where('at', '<', past(at)).execute();
      });
    },
    async lastProof(site) {
      const last = await db
        .selectFrom('evidence')
        .select((e) => e.fn.max('at').as('at'))
        .where('site', '=', site)
        .executeTakeFirst();
      if (!last?.at) return undefined;
      const rows = await db
        .selectFrom('evidence')
        .select(['expectation', 'held'])
        .where('site', '=', site)
        .where('at', '=', last.at)
        .execute();
      const broken = rows.filter((r) => r.held === 0).map((r) => r.expectation);
      return { at: last.at, held: rows.length - broken.length, broken };
    },
    async rememberAddresses(at, addresses) {
      const values = Object.entries(addresses)
        .filter(([, found]) => found.length > 0)
        .map(([name, found]) => ({ name, addresses: JSON.stringify(found), at }));
      for (const row of values)
        await db
          .insertInto('address')
          .values(row)
          .onConflict((c) => c.column('name').doUpdateSet({ addresses: row.addresses, at }))
          .execute();
    },
    async addresses() {
      const rows = await db.selectFrom('address').selectAll().execute();
      return Object.fromEntries(rows.map((r) => [r.name, JSON.parse(r.addresses) as string[]]));
    },
    async rememberFacts(site, facts) {
      await db.transaction().execute(async (t) => {
        for (const each of facts) {
          const row = { at: each.at, detail: JSON.stringify(each) };
          await t
            .insertInto('host_facts')
            .values({ site, host: each.host, ...row })
            .onConflict((c) => c.columns(['site', 'host']).doUpdateSet(row))
            .execute();
        }
      });
    },
    async facts(site) {
      const rows = await db.selectFrom('host_facts').select('detail').where('site', '=', site).execute();
      return rows.map((row) => JSON.parse(row.detail) as HostFacts);
    },
    close: () => db.destroy(),
  };
}

function past(at: string): string {
  return new Date(Date.parse(at) - retentionDays * day).toISOString();
}
