import type { Kysely } from 'kysely';
import { dbTime, endLease, holdsLease, type Lease, renewLease, takeLease } from './leases.ts';
import type { Tables } from './schema.ts';

/** A certificate that gateways share. */
export interface SharedCertificate {
  readonly id: string;
  /** The wish that it was obtained for. */
  readonly wish: string;
  /** Its key, encrypted, and its chain, in PEM. */
  readonly pem: string;
  /** When it expires, ISO 8601. */
  readonly until: string;
}

/** What gateways of a site share of their certificates. Keys in it are encrypted: the database never sees one. */
export interface CertificateStore {
  /** The account's key, encrypted: ours, unless another gateway's was there first. */
  account(site: string, ours: string): Promise<string>;
  certificates(site: string): Promise<readonly SharedCertificate[]>;
  /** Takes the right to order a certificate, alone; `undefined` while another gateway has it. */
  take(site: string, id: string, holder: string, milliseconds: number): Promise<Lease | undefined>;
  /** Keeps the right for so much longer; false when another has it by now. */
  hold(lease: Lease, milliseconds: number): Promise<boolean>;
  giveBack(lease: Lease): Promise<void>;
  /** Shares what was obtained, in place of what was shared before; false when the right is another's by now. */
  share(site: string, certificate: SharedCertificate, lease: Lease): Promise<boolean>;
}

/** The certificates' part of a store. */
export function certificateStore(db: Kysely<Tables>): CertificateStore {
  const accountId = ' account';
  return {
    async account(site, ours) {
      await db
        .insertInto('certificate')
        .values({ site, id: accountId, wish: '', pem: ours, until: '', at: dbTime(db) })
        .onConflict((c) => c.columns(['site', 'id']).doNothing())
        .execute();
      const { pem } = await db
        .selectFrom('certificate')
        .select('pem')
        .where('site', '=', site)
        .where('id', '=', accountId)
        .executeTakeFirstOrThrow();
      return pem;
    },
    certificates: (site) =>
      db
        .selectFrom('certificate')
        .select(['id', 'wish', 'pem', 'until'])
        .where('site', '=', site)
        .where('id', '!=', accountId)
        .execute(),
    take: (site, id, holder, milliseconds) =>
      db.transaction().execute((t) => takeLease(t, `certificate ${site}/${id}`, holder, milliseconds)),
    hold: (lease, milliseconds) => renewLease(db, lease, milliseconds),
    async giveBack(lease) {
      await endLease(db, lease);
    },
    share: (site, { id, ...rest }, lease) =>
      db.transaction().execute(async (t) => {
        if (!(await holdsLease(t, lease))) return false;
        const row = { ...rest, at: dbTime(t) };
        await t
          .insertInto('certificate')
          .values({ site, id, ...row })
          .onConflict((c) => c.columns(['site', 'id']).doUpdateSet(row))
          .execute();
        return true;
      }),
  };
}
