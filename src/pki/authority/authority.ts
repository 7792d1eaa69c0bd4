import { type KeyObject, X509Certificate } from 'node:crypto';
import type { AuditEntry } from '../../audit/entry.ts';
import type { AuditLog } from '../../audit/log.ts';
import {
  type AuthorityPolicy,
  type KeyType,
  type Purpose,
  publishedPath,
  type RevocationReason,
} from '../../model/authority.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { day, keyId, makeIssuing, makeLeaf, makeRoot, type Places } from './certificate.ts';
import { forbidden, nameConstraints } from './constraints.ts';
import { type AuthorityFolder, openFolder, type Role } from './folder.ts';
import { keyTypeOf, makeKeyOf } from './keys.ts';
import { appendLedger, type CertificateRecord, readLedger } from './ledger.ts';
import { type Issuers, revocationLists } from './lists.ts';

const rootDays = 3650;
const issuingDays = 1095;

/** A certificate with its chain, and its key, in PEM. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate that somebody asks for. */
export interface Request {
  /** What it is called, and its subject's common name. */
  readonly name: string;
  readonly purpose: Purpose;
  /** DNS names, addresses, `email:…` and `uri:…`. */
  readonly names: readonly string[];
  readonly days: number;
  readonly publicKey: KeyObject;
}

/** Who asks for something, and from where; for the audit log. */
export interface Requester {
  readonly who: string;
  readonly from?: string;
}

/** A certificate that was signed: with its chain in PEM, the root left out, and as it is remembered. */
export interface Certified {
  readonly certificate: string;
  readonly record: CertificateRecord;
}

/** What an authority says of names and certificates at one moment. */
export interface Judge {
  /** The first of these names that it may not sign. */
  forbidden(names: readonly string[]): string | undefined;
  /** Whether what signs now signed a certificate. */
  signed(certificate: X509Certificate): boolean;
}

/** Poterne's own certification authority: what signs the certificates of `tls: internal`, and those of people and machines. */
export interface Authority {
  /** The root certificate in PEM: what visitors must trust. */
  readonly root: string;
  readonly folder: AuthorityFolder;
  /** Has the authority keep to a policy: its issuing certificate is signed anew when it must be, and the root's key is there. */
  adopt(policy: AuthorityPolicy, now: Date): Promise<void>;
  /** A server certificate and a new key for these DNS names, valid `days` from `now`. */
  issue(names: readonly string[], days: number, now: Date): Promise<Issued>;
  /**
   * Signs what was asked for, all of it or nothing, and remembers it. Throws `authority.name.forbidden`, `key.locked`, and
   * `audit.unwritable`: nothing is signed that the log would not tell.
   */
  certify(requests: readonly Request[], by: Requester, now: Date): Promise<readonly Certified[]>;
  /** Adds to the log of who did what. */
  told(entry: AuditEntry): Promise<void>;
  /** The first of these names that it may not sign. */
  forbidden(names: readonly string[]): Promise<string | undefined>;
  /** How it judges many names and certificates, read once. */
  judge(): Promise<Judge>;
  records(): Promise<readonly CertificateRecord[]>;
  /** Revokes a certificate. Throws `cert.revoked.already`. */
  revoke(serial: string, reason: RevocationReason, by: Requester, now: Date): Promise<void>;
  /**
   * Has a new key sign day to day, and the root revoke the one before. Gives what that one signed and is worth nothing now. Throws
   * `authority.flat`, `authority.unused`, `authority.key.missing`, `key.locked`.
   */
  replaceIssuing(reason: RevocationReason, by: Requester, now: Date): Promise<readonly CertificateRecord[]>;
  /** The certificates of the root and of what signs under it, in PEM: what verifies a chain that a client leaves incomplete. */
  authorities(): Promise<string>;
  /** The lists of revoked certificates of all of these, in PEM; signed anew when something was revoked, or in good time. */
  crl(now: Date): Promise<string>;
}

/** What an authority needs besides its folder. */
export interface Surroundings {
  readonly audit?: () => Promise<AuditLog>;
}

/** The authority kept in a folder (mode 0700), made there the first time. */
export async function openAuthority(
  path: string,
  label: string,
  now: Date,
  { audit }: Surroundings = {},
): Promise<Authority> {
  const folder = await openFolder(path);
  if ((await folder.certificate('root')) === undefined) await folder.locked(() => create(folder, label, now));
  let root = (await folder.certificate('root')) as string;

  /** An authority of before has no issuing key: its root, which may sign no authority, signs itself. */
  const signing = async (): Promise<Role> => ((await folder.hasKey('issuing')) ? 'issuing' : 'root');
  const ready = async (at: Date): Promise<Role> => {
    const role = await signing();
    if (role === 'issuing' && (await folder.certificate('issuing')) === undefined)
      await folder.locked(() => signIssuing(folder, label, undefined, at));
    return role;
  };
  let log: Promise<AuditLog> | undefined;
  const told = async (entry: AuditEntry) => {
    // One log for all: it writes together what comes together.
    log ??= audit?.();
    await (await log)?.append(entry);
  };
  const issuers = async (): Promise<Issuers> =>
    (await signing()) === 'root' ? ['root'] : ['issuing', 'root'];

  const self: Authority = {
    get root() {
      return root;
    },
    folder,
    told,

    async adopt(policy, at) {
      await folder.encryptAll();
      if ((await signing()) === 'root') return void (await keepPolicy(folder, policy));
      const isKept = await keepPolicy(folder, policy);
      if (isKept && !(await needsIssuing(folder, policy, at))) return;
      await folder.locked(async () => {
        if (!(await needsIssuing(folder, policy, at)) || !(await folder.hasKey('root'))) return;
        if ((await folder.certificate('issuing')) === undefined)
          await makeKeys(folder, label, policy.key, at);
        root = (await folder.certificate('root')) as string;
        await signIssuing(folder, label, policy, at);
        await told({ who: 'poterne', what: 'authority.sign', from: 'here', result: 'done' });
      });
    },

    async issue(names, days, at) {
      const key = await makeKeyOf('ecdsa-p256');
      const name = names.find((each) => each.length <= 64) ?? 'Poterne';
      const request: Request = { name, purpose: 'server', names, days, publicKey: key };
      const [made] = await self.certify([request], { who: 'poterne' }, at);
      return {
        certificate: (made as Certified).certificate,
        key: key.export({ type: 'pkcs8', format: 'pem' }) as string,
      };
    },

    async certify(requests, { who, from }, at) {
      const judge = await self.judge();
      for (const { name: commonName, names } of requests) {
        const name = judge.forbidden(names);
        // openssl reads a common name with a dot as a DNS name where there is no other, and the constraints hold for it.
        const isMistaken = name === undefined && !names.some(isHostName) && isHostName(commonName);
        const mistaken = isMistaken ? judge.forbidden([commonName]) : undefined;
        if (name === undefined && mistaken === undefined) continue;
        const code = name === undefined ? 'authority.name.common' : 'authority.name.forbidden';
        const params = { name: name ?? commonName };
        throw new Fault(code, params, { next: message(`${code}.next`, params) });
      }
      const role = await ready(at);
      const by = await folder.issuer(role);
      const places = placesOf(await folder.policy(), by.certificate);
      const chain = role === 'issuing' ? by.certificate : '';
      const issuer = keyId(new X509Certificate(by.certificate).publicKey);
      const made = await Promise.all(
        requests.map(async ({ days, ...wanted }): Promise<Certified> => {
          const until = new Date(at.getTime() + days * day);
          const leaf = await makeLeaf({ ...wanted, until, ...(places ? { places } : {}) }, by, at);
          const record: CertificateRecord = {
            ...{
              serial: leaf.serial,
              name: wanted.name,
              purpose: wanted.purpose,
              names: wanted.names,
              issuer,
            },
            ...{ from: leaf.from.toISOString(), until: leaf.until.toISOString(), at: at.toISOString(), who },
          };
          return { certificate: leaf.certificate + chain, record };
        }),
      );
      await Promise.all(
        made.map(({ record: { serial, name, purpose, until } }) =>
          told({
            ...{
              who,
              what: 'certificate.issue',
              to: name,
              result: 'done',
              detail: { serial, purpose, until },
            },
            ...(from === undefined ? {} : { from }),
          }),
        ),
      );
      await folder.locked(() =>
        appendLedger(
          path,
          made.map(({ record }) => ({ issued: record })),
        ),
      );
      return made;
    },

    forbidden: async (names) => (await self.judge()).forbidden(names),

    async judge() {
      const role = await signing();
      const limits = role === 'issuing' ? await folder.signedLimits() : await describedLimits(folder);
      const pem = await folder.certificate(role);
      const key = pem === undefined ? undefined : new X509Certificate(pem).publicKey;
      return {
        forbidden(names) {
          const hosts = names.filter((name) => !/^(email|uri):/.test(name));
          return limits && forbidden(limits, hosts);
        },
        signed: (certificate) => key !== undefined && certificate.verify(key),
      };
    },

    records: () => readLedger(path),

    async revoke(serial, reason, { who, from }, at) {
      const record = (await readLedger(path)).find((each) => each.serial === serial);
      if (!record || record.revoked) throw new Fault('cert.revoked.already', { serial });
      await told({
        ...{ who, what: 'certificate.revoke', to: record.name, result: 'done', detail: { serial, reason } },
        ...(from === undefined ? {} : { from }),
      });
      await folder.locked(() =>
        appendLedger(path, [{ revoked: { serial, at: at.toISOString(), reason, who } }]),
      );
    },

    async replaceIssuing(reason, { who, from }, at) {
      const { replaceIssuing } = await import('./replace.ts');
      const policy = await folder.policy();
      await told({
        ...{ who, what: 'authority.replace', result: 'done', detail: { reason } },
        ...(from === undefined ? {} : { from }),
      });
      return folder.locked(() => replaceIssuing(folder, { reason, who, label, policy }, at));
    },

    async authorities() {
      const pems = await Promise.all((await issuers()).map((role) => folder.certificate(role)));
      return pems.join('');
    },

    async crl(at) {
      await ready(at);
      const roles = await issuers();
      return folder.locked(() => revocationLists(folder, roles, at));
    },
  };
  return self;
}

const isHostName = (name: string): boolean => /^[\w-]+(\.[\w-]+)+$/.test(name);

/** Where revocations and the certificate of what signs are published, by a name that stays as long as its key. */
function placesOf(policy: AuthorityPolicy | undefined, certificate: string): Places | undefined {
  if (policy?.base === undefined) return undefined;
  const at = `${policy.base}${publishedPath}${keyId(new X509Certificate(certificate).publicKey)}`;
  return { crl: `${at}.crl`, certificate: `${at}.crt` };
}

async function create(folder: AuthorityFolder, label: string, now: Date): Promise<void> {
  if ((await folder.certificate('root')) === undefined) await makeKeys(folder, label, 'ecdsa-p256', now);
}

/** Has an authority that has signed nothing yet have keys of a type. */
async function makeKeys(folder: AuthorityFolder, label: string, type: KeyType, now: Date): Promise<void> {
  const held = await folder.certificate('root');
  if (held !== undefined && keyTypeOf(new X509Certificate(held).publicKey) === type) return;
  const key = await makeKeyOf(type);
  // The keys first: a root without its key would be taken for a whole authority after a crash.
  await folder.writeKey('issuing', await makeKeyOf(type));
  await folder.writeKey('root', key);
  await folder.writeCertificate('root', await makeRoot(label, key, now, rootDays));
}

/** Remembers a policy; whether it was the same already. */
async function keepPolicy(folder: AuthorityFolder, policy: AuthorityPolicy): Promise<boolean> {
  const isKept = JSON.stringify(await folder.policy()) === JSON.stringify(policy);
  if (!isKept) await folder.locked(() => folder.writePolicy(policy));
  return isKept;
}

/** What the description says that a root which signs itself may sign; nothing, when it does not say. */
async function describedLimits(folder: AuthorityFolder) {
  const policy = await folder.policy();
  return policy?.described ? policy : undefined;
}

/** Whether the issuing certificate must be signed anew: it is missing, says something else, is not valid yet, or has a third of its life left. */
async function needsIssuing(folder: AuthorityFolder, policy: AuthorityPolicy, now: Date): Promise<boolean> {
  const pem = await folder.certificate('issuing');
  if (pem === undefined) return true;
  const limits = await folder.signedLimits();
  const { names, networks } = policy;
  if (JSON.stringify(limits) !== JSON.stringify({ names, networks })) return true;
  const certificate = new X509Certificate(pem);
  // Signed by a clock that was ahead.
  if (Date.parse(certificate.validFrom) > now.getTime()) return true;
  const root = new X509Certificate((await folder.certificate('root')) as string);
  const end = Date.parse(certificate.validTo);
  const left = end - now.getTime();
  return left < (issuingDays * day) / 3 && end < Date.parse(root.validTo);
}

/** Has the root sign the issuing key for what a policy permits, or for anything before there is one. */
export async function signIssuing(
  folder: AuthorityFolder,
  label: string,
  policy: AuthorityPolicy | undefined,
  now: Date,
): Promise<void> {
  const by = await folder.issuer('root');
  const key = await folder.key('issuing');
  const id = keyId(key);
  const limits = policy && { names: policy.names, networks: policy.networks };
  const places = placesOf(policy, by.certificate);
  const until = new Date(now.getTime() + issuingDays * day);
  const constraints = limits && nameConstraints(limits);
  const name = `${label.slice(0, 50)} ${id.slice(0, 6)}`;
  const pem = await makeIssuing(name, key, by, constraints, now, until, places);
  await folder.writeCertificate('issuing', pem);
  // Last: what a crash keeps from being written is signed again.
  await folder.writeSignedLimits(limits);
}
