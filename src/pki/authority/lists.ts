import { X509Certificate } from 'node:crypto';
import { backdate, day, keyId } from './certificate.ts';
import { type KeptList, makeList } from './crl.ts';
import type { AuthorityFolder, Role } from './folder.ts';
import { type CertificateRecord, readLedger } from './ledger.ts';

/** Those whose certificates a chain may hold, each with a list of its own. */
export type Issuers = readonly Role[];

/** How long a list is valid, in days: that of the root is not asked for often, and its key may be away. */
const lifetimes = { issuing: 7, root: 90 } as const;
/** A list is signed anew when this part of its life is over. */
const refreshedAfter = 1 / 4;

/**
 * The lists of these issuers in PEM, signed anew where something was revoked or time has come. Where a key cannot be had, the list
 * stays as it is until it ends: from then on all is refused. The folder must be locked.
 */
export async function revocationLists(folder: AuthorityFolder, roles: Issuers, now: Date): Promise<string> {
  const records = await readLedger(folder.path);
  const kept = await folder.lists();
  const lists: Record<string, KeptList> = { ...kept };
  const texts: string[] = [];
  for (const role of roles) {
    const id = await issuerId(folder, role);
    if (id === undefined) continue;
    const revoked = revokedBy(records, id, now);
    let list = lists[id];
    if (!list || !isGood(list, revoked, now))
      if (await folder.hasKey(role)) {
        const until = new Date(now.getTime() + lifetimes[role] * day);
        list = await makeList(await folder.issuer(role), revoked, now, until);
        lists[id] = list;
      }
    texts.push(list?.pem ?? '');
  }
  if (JSON.stringify(lists) !== JSON.stringify(kept)) await folder.writeLists(lists);
  return texts.join('');
}

/** The last list of the root, valid until its key must be there again anyway. The folder must be locked. */
export async function lastRootList(folder: AuthorityFolder, now: Date, until: Date): Promise<void> {
  const id = await issuerId(folder, 'root');
  if (id === undefined) return;
  const revoked = revokedBy(await readLedger(folder.path), id, now);
  const list = await makeList(await folder.issuer('root'), revoked, now, until);
  await folder.writeLists({ ...(await folder.lists()), [id]: list });
}

async function issuerId(folder: AuthorityFolder, role: Role): Promise<string | undefined> {
  const pem = await folder.certificate(role);
  return pem === undefined ? undefined : keyId(new X509Certificate(pem).publicKey);
}

/** What an issuer signed and was revoked, until a while after it would have ended anyway. */
function revokedBy(
  records: readonly CertificateRecord[],
  issuer: string,
  now: Date,
): readonly CertificateRecord[] {
  return records.filter(
    (record) =>
      record.issuer === issuer && record.revoked && Date.parse(record.until) + 30 * day > now.getTime(),
  );
}

function isGood(list: KeptList, revoked: readonly CertificateRecord[], now: Date): boolean {
  const [from, until] = [Date.parse(list.from), Date.parse(list.until)];
  // One that was signed by a clock that was ahead lets nobody in until it is valid.
  const isFresh = now.getTime() < from + (until - from) * refreshedAfter && now.getTime() >= from - backdate;
  const serials = new Set(list.serials);
  return isFresh && serials.size === revoked.length && revoked.every(({ serial }) => serials.has(serial));
}
