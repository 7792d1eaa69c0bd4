import { readList } from '../lib/crl.ts';
import { pemBlocks } from '../lib/der.ts';
import * as x509 from '../pki/x509.ts';
import { type Certificate, called } from './certificate.ts';
import type { Chain } from './chain.ts';
import { type Diagnosis, diagnosis } from './diagnosis.ts';
import { type Fetching, fetchPublished } from './fetch.ts';
import { moment } from './judged.ts';
import { askOcsp, judgeOcsp } from './ocsp.ts';

/** A list of revoked certificates (RFC 5280 §5), and where it is from. */
export interface RevocationList {
  readonly source: string;
  readonly der: Buffer;
  /** The name of the authority whose it is. */
  readonly issuer: string;
  readonly list: ReturnType<typeof readList>;
}

/** Reads a list, PEM or DER; `undefined` when it is none. */
export function parseCrl(source: string, bytes: Uint8Array): RevocationList | undefined {
  const text = Buffer.from(bytes).toString('latin1');
  try {
    const isPem = text.includes('-----BEGIN');
    const der = isPem
      ? [...pemBlocks(text, 'X509 CRL'), ...pemBlocks(text, 'CRL')][0]?.der
      : Buffer.from(bytes);
    if (!der) return undefined;
    const list = readList(der);
    return { source, der, list, issuer: new x509.Name(new Uint8Array(list.issuer)).toString() };
  } catch {
    return undefined;
  }
}

/** Whether a list is what its authority signed, and still counts. */
export async function judgeList(
  revocations: RevocationList,
  issuer: Certificate,
  now: Date,
): Promise<readonly Diagnosis[]> {
  const { source, list } = revocations;
  const params = { source, issuer: called(issuer) };
  if (!(await isSignedBy(revocations, issuer))) return [diagnosis('error', 'cert.crl.signature', params)];
  return list.until && list.until < now
    ? [diagnosis('error', 'cert.crl.expired', { ...params, until: moment(list.until) })]
    : [];
}

/** The library knows signatures of more kinds, and takes minutes and gigabytes for long lists: it reads no more than 10,000 nodes. */
async function isSignedBy({ der, list }: RevocationList, { x509: { publicKey: key } }: Certificate) {
  if (list.signedBy(key)) return true;
  try {
    const publicKey = new x509.PublicKey(key.export({ type: 'spki', format: 'der' }));
    return await new x509.X509Crl(new Uint8Array(der)).verify({ publicKey });
  } catch {
    return false;
  }
}

/** The same, and whether it has the certificate. Nothing where it is another authority's. */
export async function judgeCrl(
  revocations: RevocationList,
  certificate: Certificate,
  issuer: Certificate,
  now: Date,
): Promise<readonly Diagnosis[]> {
  const { source, list } = revocations;
  if (revocations.issuer !== issuer.subject) return [];
  const found = await judgeList(revocations, issuer, now);
  const isItsOwn = found.every(({ code }) => code !== 'cert.crl.signature');
  const entry = isItsOwn ? list.entry(certificate.serial) : undefined;
  if (!entry) return found;
  const reason = entry.reason === undefined ? 'unspecified' : String(x509.X509CrlReason[entry.reason]);
  return [...found, revoked(certificate, moment(entry.at), reason, source)];
}

/** That a certificate is revoked, since when, why, and who says so. */
export function revoked(certificate: Certificate, since: string, reason: string, source: string): Diagnosis {
  return diagnosis('error', 'cert.revoked', { subject: called(certificate), since, reason, source });
}

/** What is known of revocation without asking anybody, and whom one may ask. */
export interface RevocationSources {
  readonly now: Date;
  readonly lists?: readonly RevocationList[];
  /** The OCSP response that the server sent along, for its own certificate. */
  readonly staple?: Uint8Array;
  readonly fetching?: Fetching;
}

/** Whether a certificate of a chain is revoked, by lists, by the server's own proof, and by asking where certificates say. */
export async function judgeRevocation(
  { path }: Chain,
  { now, lists = [], staple, fetching }: RevocationSources,
): Promise<readonly Diagnosis[]> {
  const found: Diagnosis[] = [];
  for (const [depth, certificate] of path.entries()) {
    const issuer = path[depth + 1];
    if (!issuer) break;
    for (const list of lists) found.push(...(await judgeCrl(list, certificate, issuer, now)));
    if (depth === 0 && staple) found.push(...(await judgeOcsp(staple, certificate, issuer, 'OCSP staple')));
    if (fetching) found.push(...(await asked(certificate, issuer, now, fetching)));
  }
  return found;
}

async function asked(
  certificate: Certificate,
  issuer: Certificate,
  now: Date,
  fetching: Fetching,
): Promise<readonly Diagnosis[]> {
  const responder = certificate.ocspUrls.find((url) => url.startsWith('http:'));
  if (responder !== undefined) {
    const found = await askOcsp(responder, certificate, issuer, fetching);
    // A list says the same, and is longer.
    if (!found.some(({ code }) => code.startsWith('cert.fetch.'))) return found;
    if (certificate.crlUrls.length === 0) return found;
  }
  const url = certificate.crlUrls.find((each) => each.startsWith('http:'));
  if (url === undefined) return [];
  const answer = await fetchPublished(url, fetching);
  if ('found' in answer) return [answer.found];
  const list = parseCrl(url, answer.bytes);
  return list
    ? judgeCrl(list, certificate, issuer, now)
    : [diagnosis('warning', 'cert.crl.form', { source: url })];
}
