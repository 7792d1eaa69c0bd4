import { type KeyObject, X509Certificate } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { giveToOwner, readIfThere, writeDurably } from '../../hosts/files.ts';
import type { AuthorityPolicy } from '../../model/authority.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { withLock } from '../../store/lock.ts';
import { decryptKey, encryptKey, isEncrypted } from '../at-rest.ts';
import { machineKey } from '../machine-key.ts';
import { type Issuer, keyId } from './certificate.ts';
import type { KeptList } from './crl.ts';
import { signerOf } from './keys.ts';

/** The roles that a key of the authority has, by the files' name. */
export type Role = 'root' | 'issuing';

/** The folder of an authority within a state folder. */
export const authorityFolder = (state: string): string => join(state, 'authority');

/** What an authority's folder holds, read and written. */
export interface AuthorityFolder {
  readonly path: string;
  /** What unlocks the keys; `undefined` where the machine can have none. */
  secret(): Promise<string | undefined>;
  certificate(role: Role): Promise<string | undefined>;
  writeCertificate(role: Role, pem: string): Promise<void>;
  hasKey(role: Role): Promise<boolean>;
  /** The key, unlocked. Throws `authority.key.missing` and `key.locked`. */
  key(role: Role): Promise<KeyObject>;
  writeKey(role: Role, key: KeyObject): Promise<void>;
  /** Encrypts the keys that stand unencrypted; gives how many these were. */
  encryptAll(): Promise<number>;
  /** Certificate and unlocked key of a role. */
  issuer(role: Role): Promise<Issuer>;
  policy(): Promise<AuthorityPolicy | undefined>;
  writePolicy(policy: AuthorityPolicy): Promise<void>;
  /** The limits that stand in the issuing certificate; `undefined` for none. */
  signedLimits(): Promise<Limits | undefined>;
  writeSignedLimits(limits: Limits | undefined): Promise<void>;
  lists(): Promise<Readonly<Record<string, KeptList>>>;
  writeLists(lists: Readonly<Record<string, KeptList>>): Promise<void>;
  /** Works while no other process does. */
  locked<T>(work: () => Promise<T>): Promise<T>;
}

export type Limits = Pick<AuthorityPolicy, 'names' | 'networks'>;

/** Has the folder be there, for its account alone, and reads from it. */
export async function openFolder(path: string): Promise<AuthorityFolder> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
  let known: Promise<string | undefined> | undefined;
  const secret = () => {
    known ??= machineKey(path);
    return known;
  };
  const at = (name: string) => join(path, name);
  const readJson = async <T>(name: string): Promise<T | undefined> => {
    const text = await readIfThere(at(name));
    return text === undefined ? undefined : JSON.parse(text);
  };
  const writeJson = (name: string, value: unknown) => writeDurably(at(name), JSON.stringify(value), 0o600);
  const certificate = (role: Role) => readIfThere(at(`${role}.pem`));
  const key = async (role: Role) => {
    const file = at(`${role}.key`);
    const pem = await readIfThere(file);
    if (pem === undefined)
      throw new Fault('authority.key.missing', { file }, { next: message(`authority.key.missing.${role}`) });
    return decryptKey(pem, isEncrypted(pem) ? ((await secret()) ?? '') : '', file);
  };
  const writeKey = async (role: Role, object: KeyObject) => {
    const by = await secret();
    const pem =
      by === undefined ? (object.export({ type: 'pkcs8', format: 'pem' }) as string) : encryptKey(object, by);
    await writeDurably(at(`${role}.key`), pem, 0o600);
  };
  return {
    path,
    secret,
    certificate,
    key,
    writeKey,
    writeCertificate: (role, pem) => writeDurably(at(`${role}.pem`), pem, 0o644),
    hasKey: async (role) => (await readIfThere(at(`${role}.key`))) !== undefined,
    async encryptAll() {
      let count = 0;
      for (const role of ['root', 'issuing'] as const) {
        const pem = await readIfThere(at(`${role}.key`));
        if (pem === undefined || isEncrypted(pem) || (await secret()) === undefined) continue;
        await writeKey(role, await key(role));
        count += 1;
      }
      return count;
    },
    async issuer(role) {
      const pem = await certificate(role);
      if (pem === undefined) throw new Error(`the authority has no ${role}.pem`);
      const object = await key(role);
      if (keyId(new X509Certificate(pem).publicKey) !== keyId(object))
        throw new Fault(
          'authority.key.other',
          { file: at(`${role}.key`) },
          {
            next: message('authority.key.other.next'),
          },
        );
      return { certificate: pem, signer: await signerOf(object) };
    },
    policy: () => readJson('policy.json'),
    writePolicy: (policy) => writeJson('policy.json', policy),
    signedLimits: async () => (await readJson<Limits | null>('limits.json')) ?? undefined,
    writeSignedLimits: (limits) => writeJson('limits.json', limits ?? null),
    lists: async () => (await readJson('lists.json')) ?? {},
    writeLists: (lists) => writeJson('lists.json', lists),
    locked: (work) =>
      withLock(path, 60_000, async () => {
        try {
          return await work();
        } finally {
          await giveToOwner(path);
        }
      }),
  };
}
