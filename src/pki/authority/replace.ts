import { X509Certificate } from 'node:crypto';
import type { AuthorityPolicy, RevocationReason } from '../../model/authority.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { signIssuing } from './authority.ts';
import { keyId } from './certificate.ts';
import type { AuthorityFolder } from './folder.ts';
import { keyTypeOf, makeKeyOf } from './keys.ts';
import { appendLedger, type CertificateRecord, readLedger } from './ledger.ts';

/** Why, and by whose wish. */
export interface Replacing {
  readonly reason: RevocationReason;
  readonly who: string;
  readonly label: string;
  readonly policy: AuthorityPolicy | undefined;
}

/**
 * Has a new key sign day to day, under the same root, which revokes the certificate of the one before: all that this one signed is worth
 * nothing from then on. The root's key must be there, and the folder locked. What a crash leaves half done is done by the next call. Gives
 * what is still valid by its dates of what the old one signed.
 */
export async function replaceIssuing(
  folder: AuthorityFolder,
  { reason, who, label, policy }: Replacing,
  now: Date,
): Promise<readonly CertificateRecord[]> {
  if (!(await folder.hasKey('issuing')))
    throw new Fault('authority.flat', {}, { next: message('authority.flat.next') });
  const pem = await folder.certificate('issuing');
  if (pem === undefined) throw new Fault('authority.unused', {}, { next: message('authority.unused.next') });
  // Before anything is revoked: without it nothing could sign.
  const root = await folder.key('root');
  const old = new X509Certificate(pem);
  const [serial, issuer] = [old.serialNumber.toLowerCase(), keyId(old.publicKey)];
  const records = await readLedger(folder.path);
  if (!records.some((record) => record.serial === serial))
    await appendLedger(folder.path, [
      { issued: { ...recordOf(old), serial, issuer: keyId(root), who: 'poterne', at: now.toISOString() } },
    ]);
  await appendLedger(folder.path, [{ revoked: { serial, at: now.toISOString(), reason, who } }]);
  await folder.writeKey('issuing', await makeKeyOf(keyTypeOf(old.publicKey) ?? 'ecdsa-p256'));
  await signIssuing(folder, label, policy, now);
  const { [issuer]: _, ...lists } = await folder.lists();
  await folder.writeLists(lists);
  return records.filter(
    (record) => record.issuer === issuer && !record.revoked && Date.parse(record.until) > now.getTime(),
  );
}

function recordOf({ subject, validFrom, validTo }: X509Certificate) {
  return {
    name: subject.split('\n').at(-1)?.replace(/^CN=/, '') ?? subject,
    purpose: 'authority' as const,
    names: [],
    from: new Date(validFrom).toISOString(),
    until: new Date(validTo).toISOString(),
  };
}
