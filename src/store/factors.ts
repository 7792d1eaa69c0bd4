import type { Kysely } from 'kysely';
import type { CredentialTables } from './credential-tables.ts';
import type { Whose } from './credentials.ts';
import type { Tables } from './schema.ts';

/** A second factor of somebody. */
export interface KeptFactor extends Whose {
  /** A passkey's credential id, else a random name. */
  readonly id: string;
  readonly kind: 'totp' | 'passkey';
  /** As the person calls it. */
  readonly name: string;
  /** A sealed seed, or a public key. */
  readonly secret: string;
  /** The last step that was used, or the passkey's own count. */
  readonly counter: number;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly made: Date;
  readonly used?: Date;
  /** It serves only once it is confirmed, which it can be until then. */
  readonly pending?: Date;
}

/** A device that is not asked for a second factor again until it expires. */
export interface KeptDevice {
  readonly id: string;
  readonly owner: string;
  readonly hash: string;
  readonly agent: string;
  readonly made: Date;
  readonly used: Date;
  readonly expires: Date;
}

export interface FactorCounts {
  readonly totp: number;
  readonly passkey: number;
}

/** Second factors of the people of one site. */
export interface FactorStore {
  factors(owner: string): Promise<readonly KeptFactor[]>;
  /** How many factors that serve each person has. */
  factorCounts(): Promise<readonly (Whose & FactorCounts)[]>;
  /** A passkey by its credential id. */
  factor(id: string): Promise<KeptFactor | undefined>;
  /** Those that wait to be confirmed give way to it when it waits too. */
  addFactor(factor: KeptFactor): Promise<void>;
  /** False when somebody confirmed it before, or it is forgotten. */
  confirmFactor(id: string, counter: number, name: string, at: Date): Promise<boolean>;
  /** Remembers that a step was used; false when it, or a later one, was already. */
  advanceStep(id: string, step: number, at: Date): Promise<boolean>;
  /** Remembers a passkey's count as it was told after `from`; false when another came between. */
  advanceCount(id: string, from: number, to: number, at: Date): Promise<boolean>;
  removeFactor(owner: string, id: string): Promise<boolean>;
  /** Takes the place of those that were there. */
  setRecoveryCodes(owner: string, hashes: readonly string[]): Promise<void>;
  /** True once for each. */
  useRecoveryCode(owner: string, hash: string, at: Date): Promise<boolean>;
  recoveryCodesLeft(owner: string): Promise<number>;
  addDevice(device: KeptDevice): Promise<void>;
  device(id: string): Promise<KeptDevice | undefined>;
  devices(owner: string, at: Date): Promise<readonly KeptDevice[]>;
  noteDevice(id: string, at: Date): Promise<void>;
  /** All of somebody's devices, or one. How many there were. */
  forgetDevices(owner: string, id?: string): Promise<number>;
  /** Forgets all second factors, recovery codes and devices of somebody. How many factors there were. */
  resetFactors(owner: string): Promise<number>;
}

/** The factors' part of a store. */
export function factorStore(db: Kysely<Tables>, site: string): FactorStore {
  const codes = (owner: string) =>
    db.selectFrom('recovery_code').where('site', '=', site).where('owner', '=', owner);
  const change = (id: string) => db.updateTable('factor').where('site', '=', site).where('id', '=', id);
  return {
    async factors(owner) {
      const rows = await db
        .selectFrom('factor')
        .selectAll()
        .where('site', '=', site)
        .where('owner', '=', owner)
        .orderBy('made')
        .execute();
      return rows.map(factorOf);
    },
    async factorCounts() {
      const rows = await db
        .selectFrom('factor')
        .select(['owner', 'person', 'kind'])
        .where('site', '=', site)
        .where('pending', 'is', null)
        .execute();
      const counts = new Map<string, Whose & { totp: number; passkey: number }>();
      for (const { owner, person, kind } of rows) {
        const count = counts.get(owner) ?? { owner, person, totp: 0, passkey: 0 };
        count[kind] += 1;
        counts.set(owner, count);
      }
      return [...counts.values()];
    },
    async factor(id) {
      const row = await db
        .selectFrom('factor')
        .selectAll()
        .where('site', '=', site)
        .where('id', '=', id)
        .executeTakeFirst();
      return row && factorOf(row);
    },
    async addFactor({ detail, made, used, pending, ...rest }) {
      await db.transaction().execute(async (t) => {
        if (pending)
          await t
            .deleteFrom('factor')
            .where('site', '=', site)
            .where('owner', '=', rest.owner)
            .where('pending', 'is not', null)
            .execute();
        await t
          .insertInto('factor')
          .values({
            ...{ site, ...rest, detail: JSON.stringify(detail), made: made.toISOString() },
            ...{ used: used?.toISOString() ?? null, pending: pending?.toISOString() ?? null },
          })
          .execute();
      });
    },
    async confirmFactor(id, counter, name, at) {
      const used = at.toISOString();
      const { numUpdatedRows } = await change(id)
        .set({ pending: null, counter, name, used })
        .where('pending', '>', used)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async advanceStep(id, step, at) {
      const { numUpdatedRows } = await change(id)
        .set({ counter: step, used: at.toISOString() })
        .where('counter', '<', step)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async advanceCount(id, from, to, at) {
      const { numUpdatedRows } = await change(id)
        .set({ counter: to, used: at.toISOString() })
        .where('counter', '=', from)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async removeFactor(owner, id) {
      const { numDeletedRows } = await db
        .deleteFrom('factor')
        .where('site', '=', site)
        .where('owner', '=', owner)
        .where('id', '=', id)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },
    async setRecoveryCodes(owner, hashes) {
      await db.transaction().execute(async (t) => {
        await t.deleteFrom('recovery_code').where('site', '=', site).where('owner', '=', owner).execute();
        if (hashes.length > 0)
          await t
            .insertInto('recovery_code')
            .values(hashes.map((hash) => ({ site, owner, hash, used: null })))
            .execute();
      });
    },
    async useRecoveryCode(owner, hash, at) {
      const { numUpdatedRows } = await db
        .updateTable('recovery_code')
        .set({ used: at.toISOString() })
        .where('site', '=', site)
        .where('owner', '=', owner)
        .where('hash', '=', hash)
        .where('used', 'is', null)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    async recoveryCodesLeft(owner) {
      const { count } = await codes(owner)
        .select((e) => e.fn.countAll().as('count'))
        .where('used', 'is', null)
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    async addDevice({ made, used, expires, ...rest }) {
      await db
        .insertInto('remembered_device')
        .values({
          ...{ site, ...rest, made: made.toISOString() },
          ...{ used: used.toISOString(), expires: expires.toISOString() },
        })
        .execute();
    },
    async device(id) {
      const row = await db
        .selectFrom('remembered_device')
        .selectAll()
        .where('site', '=', site)
        .where('id', '=', id)
        .executeTakeFirst();
      return row && deviceOf(row);
    },
    async devices(owner, at) {
      const rows = await db
        .selectFrom('remembered_device')
        .selectAll()
        .where('site', '=', site)
        .where('owner', '=', owner)
        .where('expires', '>', at.toISOString())
        .orderBy('used', 'desc')
        .execute();
      return rows.map(deviceOf);
    },
    async noteDevice(id, at) {
      await db
        .updateTable('remembered_device')
        .set({ used: at.toISOString() })
        .where('site', '=', site)
        .where('id', '=', id)
        .execute();
    },
    async forgetDevices(owner, id) {
      const all = db.deleteFrom('remembered_device').where('site', '=', site).where('owner', '=', owner);
      const { numDeletedRows } = await (id === undefined ? all : all.where('id', '=', id)).executeTakeFirst();
      return Number(numDeletedRows);
    },
    async resetFactors(owner) {
      return db.transaction().execute(async (t) => {
        const { numDeletedRows } = await t
          .deleteFrom('factor')
          .where('site', '=', site)
          .where('owner', '=', owner)
          .executeTakeFirst();
        for (const table of ['recovery_code', 'remembered_device'] as const)
          await t.deleteFrom(table).where('site', '=', site).where('owner', '=', owner).execute();
        return Number(numDeletedRows);
      });
    },
  };
}

function factorOf(row: CredentialTables['factor']): KeptFactor {
  const { id, owner, person, kind, name, secret } = row;
  return {
    ...{ id, owner, person, kind, name, secret, counter: Number(row.counter) },
    ...{ detail: JSON.parse(row.detail), made: new Date(row.made) },
    ...(row.used === null ? {} : { used: new Date(row.used) }),
    ...(row.pending === null ? {} : { pending: new Date(row.pending) }),
  };
}

function deviceOf(row: CredentialTables['remembered_device']): KeptDevice {
  const { id, owner, hash, agent } = row;
  const times = { made: new Date(row.made), used: new Date(row.used), expires: new Date(row.expires) };
  return { id, owner, hash, agent, ...times };
}
