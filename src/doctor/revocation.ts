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
  readonly list: x509.X509Crl;
}

/** Reads a list, PEM or DER; `undefined` when it is none. */
export function parseCrl(source: string, bytes: Uint8Array): RevocationList | undefined {
  const text = Buffer.from(bytes).toString('latin1');
  try {
    return { source, list: new x509.X509Crl(text.includes('-----BEGIN') ? text : new Uint8Array(bytes)) };
  } catch {
    return undefined;
  }
}

/** Whether a list is what its authority signed, and still counts. */
export async function judgeList(
  { source, list }: RevocationList,
  issuer: Certificate,
  now: Date,
): Promise<readonly Diagnosis[]> {
  const params = { source, issuer: called(issuer) };
  const publicKey = new x509.PublicKey(issuer.x509.publicKey.export({ type: 'spki', format: 'der' }));
  if (!(await list.verify({ publicKey }).catch(() => false)))
    return [diagnosis('error', 'cert.crl.signature', params)];
  const { nextUpdate } = list;
  return nextUpdate && nextUpdate < now
    ? [diagnosis('error', 'cert.crl.expired', { ...params, until: moment(nextUpdate) })]
    : [];
}

/** The same, and whether it has the certificate. Nothing where it is another authority's. */
export async function judgeCrl(
  revocations: RevocationList,
  certificate: Certificate,
  issuer: Certificate,
  now: Date,
): Promise<readonly Diagnosis[]> {
  const { source, list } = revocations;
  if (list.issuer !== issuer.subject) return [];
  const found = await judgeList(revocations, issuer, now);
  const isItsOwn = found.every(({ code }) => code !== 'cert.crl.signature');
  const entry =
    isItsOwn &&
    list.entries.find(({ serialNumber }) => serialNumber.replace(/^0+(?=.)/, '') === certificate.serial);
  if (!entry) return found;
  const reason = entry.reason === undefined ? 'unspecified' : String(x509.X509CrlReason[entry.reason]);
  return [...found, revoked(certificate, moment(entry.revocationDate), reason, source)];
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
