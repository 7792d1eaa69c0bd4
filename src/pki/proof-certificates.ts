import { X509Certificate } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere, writeDurably } from '../hosts/files.ts';
import { Fault } from '../model/fault.ts';
import type { Authority } from './authority/authority.ts';
import { makeKeyOf } from './authority/keys.ts';

const day = 86_400_000;

/** Who is in a proof's client certificate: services know such a visit by it. */
export const proofIdentity = 'poterne-proof';

/** A certificate with its chain, and its key, in PEM. */
export interface ProofCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** The client certificates of Poterne's own authority that proofs show: one to be let in, two to be refused. */
export type ProofKind = 'right' | 'expired' | 'revoked';

/** How long each is valid, in days from when it begins, and when that was. The revoked one must outlast its reason to be refused. */
const lives: Readonly<Record<ProofKind, { readonly days: number; readonly ago: number }>> = {
  right: { days: 2, ago: 0 },
  expired: { days: 1, ago: 3 },
  revoked: { days: 30, ago: 0 },
};

const fileOf = (state: string, kind: ProofKind): string => join(state, 'proof', `${kind}.pem`);

/**
 * Has the certificates for proofs be there, new ones where an old one nears its end; what is revoked is on the authority's next list.
 * Where the authority cannot sign now, they stay away: nothing else depends on them.
 */
export async function ensureProofCertificates(state: string, authority: Authority, now: Date): Promise<void> {
  await mkdir(join(state, 'proof'), { recursive: true, mode: 0o700 });
  for (const kind of Object.keys(lives) as ProofKind[])
    try {
      if (await isGood(state, kind, authority, now)) continue;
      await make(state, kind, authority, now);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
    }
}

/** The certificate for a proof; `undefined` where there is none. */
export async function proofCertificate(
  state: string,
  kind: ProofKind,
): Promise<ProofCertificate | undefined> {
  const pem = await readIfThere(fileOf(state, kind));
  return pem === undefined ? undefined : { certificate: pem, key: pem };
}

async function isGood(state: string, kind: ProofKind, authority: Authority, now: Date): Promise<boolean> {
  const found = await proofCertificate(state, kind);
  if (!found) return false;
  const certificate = new X509Certificate(found.certificate);
  if (!(await authority.judge()).signed(certificate)) return false;
  const left = new Date(certificate.validTo).getTime() - now.getTime();
  return kind === 'expired' ? left < 0 : left > (lives[kind].days * day) / 2;
}

async function make(state: string, kind: ProofKind, authority: Authority, now: Date): Promise<void> {
  const { days, ago } = lives[kind];
  const key = await makeKeyOf('ecdsa-p256');
  const request = { name: proofIdentity, purpose: 'client', names: [], days, publicKey: key } as const;
  const by = { who: 'poterne' };
  const [made] = await authority.certify([request], by, new Date(now.getTime() - ago * day));
  if (!made) throw new Error('nothing was signed');
  // Before it is there to be shown: it must not be taken for one that should be let in.
  if (kind === 'revoked') await authority.revoke(made.record.serial, 'superseded', by, now);
  const pem = key.export({ type: 'pkcs8', format: 'pem' }) as string;
  await writeDurably(fileOf(state, kind), pem + made.certificate, 0o600);
}

/** A certificate of an authority made on the spot, which calls itself like another one, and forgets its key at once. */
export async function impostorOf(authority: string, now: Date): Promise<ProofCertificate> {
  const x509 = await import('./x509.ts');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
  const name = new x509.X509Certificate(authority).subjectName.toJSON();
  const [root, client] = await Promise.all(
    [1, 2].map(() => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])),
  );
  if (!root || !client) throw new Error('no keys');
  const dates = { notBefore: new Date(now.getTime() - 3_600_000), notAfter: new Date(now.getTime() + day) };
  const common = { ...dates, signingAlgorithm: algorithm, signingKey: root.privateKey };
  const own = await x509.X509CertificateGenerator.create({
    ...common,
    subject: name,
    issuer: name,
    publicKey: root.publicKey,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  const leaf = await x509.X509CertificateGenerator.create({
    ...common,
    subject: [{ CN: [proofIdentity] }],
    issuer: name,
    publicKey: client.publicKey,
    extensions: [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
  });
  const key = await crypto.subtle.exportKey('pkcs8', client.privateKey);
  return {
    certificate: `${leaf.toString('pem')}\n${own.toString('pem')}\n`,
    key: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n`,
  };
}
