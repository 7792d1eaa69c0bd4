import { X509Certificate } from 'node:crypto';
import type { Finding } from '../model/finding.ts';
import { type Message, message } from '../model/message.ts';
import type { Pointer } from '../model/pointer.ts';
import { type RevocationList, revocationLists } from './crl.ts';
import { pemBlocks } from './der.ts';

const day = 86_400_000;
/** When the end of a revocation list is told before it comes. */
const soon = 3 * day;

/** A file of authorities or of revocation lists, as it was read. */
export interface TrustFile {
  readonly name: string;
  readonly pointer: Pointer;
  readonly content: { readonly text: string } | { readonly reason: string };
}

/** All that says which client certificates are accepted. */
export interface TrustFiles {
  readonly authorities: readonly TrustFile[];
  readonly revocations: readonly TrustFile[];
}

/**
 * What is wrong with these files. An error means that nobody can tell whom they let in: they are not used, nor anything in their place.
 * A warning means that they let nobody in, or soon will not; whoever uses them refuses (OpenSSL judges every time by its own clock).
 */
export function judgeTrust({ authorities, revocations }: TrustFiles, now: Date): Finding[] {
  const findings: Finding[] = [];
  const report = (
    severity: Finding['severity'],
    code: Finding['code'],
    { pointer, name }: TrustFile,
    params: Finding['params'] = {},
    hint?: Message,
  ) =>
    findings.push({ severity, code, params: { file: name, ...params }, pointer, ...(hint ? { hint } : {}) });

  const trusted = authorities.flatMap((file) => {
    const text = textOf(file);
    if (text === undefined) return [];
    try {
      const found = certificatesOf(text);
      if (found.length === 0) report('error', 'trust.empty', file);
      return found.map((certificate) => ({ file, certificate }));
    } catch (error) {
      report('error', 'trust.broken', file, { reason: (error as Error).message });
      return [];
    }
  });
  const lists = revocations.flatMap((file) => {
    const text = textOf(file);
    if (text === undefined) return [];
    try {
      const found = revocationLists(text);
      if (found.length === 0) report('error', 'trust.crl.empty', file);
      return found.map((list) => ({ file, list }));
    } catch (error) {
      report('error', 'trust.crl.broken', file, { reason: (error as Error).message });
      return [];
    }
  });
  const allRead = revocations.every((file) => lists.some((list) => list.file === file));
  for (const { file, certificate } of trusted) {
    const name = nameOf(certificate);
    if (!certificate.ca) report('error', 'trust.leaf', file, { name }, message('trust.leaf.hint'));
    else if (!isRoot(certificate) && !trusted.some((other) => issued(other.certificate, certificate)))
      report('error', 'trust.root.missing', file, { name, issuer: lastName(certificate.issuer) });
    if (now > new Date(certificate.validTo))
      report('warning', 'trust.expired', file, { name, until: date(new Date(certificate.validTo)) });
    // OpenSSL wants a list of every authority in the chain once it is given one.
    // What is in a list that cannot be read is unknown, and said already.
    if (
      allRead &&
      revocations.length > 0 &&
      certificate.ca &&
      !lists.some(({ list }) => isOf(list, certificate))
    )
      report('error', 'trust.crl.missing', file, { name }, message('trust.crl.missing.hint', { name }));
  }
  for (const { file, list } of lists) {
    if (!list.until) continue;
    const until = date(list.until);
    if (now > list.until) report('warning', 'trust.crl.expired', file, { until });
    else if (list.until.getTime() - now.getTime() < soon)
      report('warning', 'trust.crl.soon', file, { until });
  }
  return findings;

  function textOf(file: TrustFile): string | undefined {
    if ('text' in file.content) return file.content.text;
    report('error', 'trust.unreadable', file, { reason: file.content.reason });
    return undefined;
  }
}

/** These files as one, without anything that was not judged. Throws for one that is broken. */
export function trustText(files: readonly TrustFile[], label: 'CERTIFICATE' | 'X509 CRL'): string {
  const texts = files.map(({ content }) => ('text' in content ? content.text : ''));
  return texts.flatMap((text) => pemBlocks(text, label).map(({ pem }) => `${pem}\n`)).join('');
}

/** The certificates that a PEM text holds. Throws for one that is broken. */
function certificatesOf(text: string): X509Certificate[] {
  return pemBlocks(text, 'CERTIFICATE').map(({ pem }) => new X509Certificate(pem));
}

const issued = (issuer: X509Certificate, certificate: X509Certificate): boolean =>
  issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

const isRoot = (certificate: X509Certificate): boolean => issued(certificate, certificate);

const isOf = (list: RevocationList, authority: X509Certificate): boolean =>
  list.signedBy(authority.publicKey);

/** The last part of a name, which is the one that people call an authority by. */
const lastName = (name: string): string =>
  name
    .split('\n')
    .at(-1)
    ?.replace(/^[A-Z]+=/i, '') ?? name;

const nameOf = (certificate: X509Certificate): string => lastName(certificate.subject);

const date = (at: Date): string => at.toISOString().slice(0, 16).replace('T', ' ');
