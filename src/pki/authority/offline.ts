import { X509Certificate } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../../hosts/files.ts';
import type { AuthorityPolicy } from '../../model/authority.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { decryptKey, isEncrypted } from '../at-rest.ts';
import { machineKeyFile } from '../machine-key.ts';
import type { Authority, Requester } from './authority.ts';
import { day, keyId } from './certificate.ts';
import { lastRootList } from './lists.ts';

/** How an authority stands. JSON-safe. */
export interface Standing {
  readonly folder: string;
  /** Two certificates, or a root of before that signs by itself. */
  readonly signs: 'issuing' | 'root';
  readonly root: CertificateStanding;
  readonly issuing?: CertificateStanding;
  readonly policy?: AuthorityPolicy;
  /** What the issuing certificate permits, where that is not the policy: the root was away. */
  readonly limits?: Pick<AuthorityPolicy, 'names' | 'networks'>;
  readonly machineKey: string;
  readonly issued: number;
  readonly revoked: number;
  /** When the first revocation list ends; ISO 8601. */
  readonly listsUntil?: string;
}

export interface CertificateStanding {
  readonly subject: string;
  readonly from: string;
  readonly until: string;
  /** SHA-256, as programs show it. */
  readonly fingerprint: string;
  readonly key: 'encrypted' | 'unencrypted' | 'away';
}

/** How an authority stands now. */
export async function standingOf(authority: Authority): Promise<Standing> {
  const { folder } = authority;
  const records = await authority.records();
  const issuing = await folder.certificate('issuing');
  const isTwo = await folder.hasKey('issuing');
  const [policy, limits] = [await folder.policy(), await folder.signedLimits()];
  const ends = Object.values(await folder.lists()).map(({ until }) => until);
  return {
    folder: folder.path,
    signs: isTwo ? 'issuing' : 'root',
    root: await certificateStanding(authority, 'root', authority.root),
    ...(issuing === undefined ? {} : { issuing: await certificateStanding(authority, 'issuing', issuing) }),
    ...(policy ? { policy } : {}),
    ...(limits ? { limits } : {}),
    machineKey: await machineKeyFile(folder.path),
    issued: records.length,
    revoked: records.filter(({ revoked }) => revoked).length,
    ...(ends.length === 0 ? {} : { listsUntil: ends.sort()[0] as string }),
  };
}

async function certificateStanding(
  { folder }: Authority,
  role: 'root' | 'issuing',
  pem: string,
): Promise<CertificateStanding> {
  const { subject, validFrom, validTo, fingerprint256 } = new X509Certificate(pem);
  const key = await readFile(join(folder.path, `${role}.key`), 'utf8').catch(() => undefined);
  return {
    subject: subject.replaceAll('\n', ', '),
    from: new Date(validFrom).toISOString(),
    until: new Date(validTo).toISOString(),
    fingerprint: fingerprint256,
    key: key === undefined ? 'away' : isEncrypted(key) ? 'encrypted' : 'unencrypted',
  };
}

/** The root's key as it lies there, for one who holds the machine's key. Throws `authority.flat` and `authority.key.missing`. */
export async function takeRoot({ folder }: Authority): Promise<string> {
  if (!(await folder.hasKey('issuing')))
    throw new Fault('authority.flat', {}, { next: message('authority.flat.next') });
  // Unlocked once: what cannot be is not worth carrying away.
  await folder.key('root');
  return readFile(join(folder.path, 'root.key'), 'utf8');
}

/**
 * Takes the root's key off this machine, after its last revocation list, which holds as long as what signs under it: until that ends,
 * the root must be brought back. Gives that day.
 */
export async function removeRoot(authority: Authority, { who, from }: Requester, now: Date): Promise<string> {
  const { folder } = authority;
  await takeRoot(authority);
  const issuing = await folder.certificate('issuing');
  if (issuing === undefined)
    throw new Fault('authority.unused', {}, { next: message('authority.unused.next') });
  const policy = await folder.policy();
  if (!policy?.described)
    throw new Fault('authority.names.open', {}, { next: message('authority.names.open.next') });
  const until = new Date(new X509Certificate(issuing).validTo);
  await authority.told({
    ...{ who, what: 'authority.root.remove', result: 'done' },
    ...(from === undefined ? {} : { from }),
  });
  await folder.locked(async () => {
    await lastRootList(folder, now, new Date(until.getTime() + 30 * day));
    await rm(join(folder.path, 'root.key'));
    await syncFolder(folder.path);
  });
  return until.toISOString();
}

/** Puts the root's key back, which this machine's key locks, and signs what waited for it. Throws `authority.root.other`. */
export async function bringRoot(
  authority: Authority,
  pem: string,
  { who, from }: Requester,
  now: Date,
): Promise<void> {
  const { folder } = authority;
  const key = decryptKey(pem, (await folder.secret()) ?? '', 'root.key');
  if (keyId(key) !== keyId(new X509Certificate(authority.root).publicKey))
    throw new Fault('authority.root.other', {}, { next: message('authority.root.other.next') });
  await authority.told({
    ...{ who, what: 'authority.root.bring', result: 'done' },
    ...(from === undefined ? {} : { from }),
  });
  await folder.locked(() => folder.writeKey('root', key));
  const policy = await folder.policy();
  if (policy) await authority.adopt(policy, now);
}
