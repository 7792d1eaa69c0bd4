import {
  type Certificate,
  called,
  isIssuedBy,
  isKeyMeant,
  isSelfSigned,
  type KeyUsage,
} from './certificate.ts';
import { type Diagnosis, diagnosis } from './diagnosis.ts';
import { judgeStrength, moment, type Purpose, purposeNames } from './judged.ts';

/** How a chain ends: at an authority that is trusted, at a root that is not, or before any. */
export type ChainEnd = 'trusted' | 'untrusted' | 'open';

/** The way from a certificate up to whoever vouches for it. */
export interface Chain {
  /** From the certificate to the last that was found. */
  readonly path: readonly Certificate[];
  readonly end: ChainEnd;
  /** A certificate of the wanted name that did not sign it, or not with that key. */
  readonly impostor?: Certificate;
}

const longest = 12;

/** Builds the chain from what was sent (or stands in the file) and from the authorities. */
export function buildChain(
  leaf: Certificate,
  given: readonly Certificate[],
  authorities: readonly Certificate[],
): Chain {
  const trusted = new Set(authorities.map(({ sha256 }) => sha256));
  const path = [leaf];
  for (let last = leaf; path.length < longest; ) {
    if (isSelfSigned(last)) return { path, end: trusted.has(last.sha256) ? 'trusted' : 'untrusted' };
    const pool = [...authorities, ...given].filter((each) => !path.includes(each));
    const named = pool.filter(({ subject }) => subject === last.issuer);
    // Of several with one key, the one that is valid is meant; they are told apart by their dates alone.
    const next = latest(named.filter((each) => isIssuedBy(last, each)));
    if (!next) return { path, end: 'open', ...(named[0] ? { impostor: named[0] } : {}) };
    path.push(next);
    last = next;
  }
  return { path, end: 'open' };
}

function latest(some: readonly Certificate[]): Certificate | undefined {
  return some.toSorted((a, b) => b.notAfter.getTime() - a.notAfter.getTime())[0];
}

/** What is wrong with a chain (RFC 5280 §6), its first certificate apart. */
export function judgeChain(
  { path, end, impostor }: Chain,
  now: Date,
  purpose: Purpose | undefined,
): readonly Diagnosis[] {
  const last = path.at(-1) as Certificate;
  const found = path.flatMap((issuer, depth) =>
    depth === 0 ? [] : judgeIssuer(issuer, path, depth, now, purpose),
  );
  if (end === 'trusted') return found;
  if (end === 'untrusted')
    return [
      ...found,
      path.length === 1
        ? selfSigned(last)
        : diagnosis('error', 'cert.chain.untrusted', { root: last.subject }),
    ];
  if (impostor) {
    const code = isKeyMeant(last, impostor) ? 'cert.chain.signature' : 'cert.chain.key';
    return [...found, diagnosis('error', code, { subject: called(last), issuer: last.issuer })];
  }
  return [...found, missing(last)];
}

function selfSigned(leaf: Certificate): Diagnosis {
  return diagnosis('error', 'cert.self-signed', { subject: called(leaf) });
}

function missing(last: Certificate): Diagnosis {
  const { issuer, authorityKeyId: key = '—', issuerUrls } = last;
  const url = issuerUrls.find((each) => each.startsWith('http://')) ?? '—';
  return diagnosis('error', 'cert.chain.incomplete', { subject: called(last), issuer, key, url });
}

function judgeIssuer(
  issuer: Certificate,
  path: readonly Certificate[],
  depth: number,
  now: Date,
  purpose: Purpose | undefined,
): readonly Diagnosis[] {
  const subject = called(issuer);
  const { constraints, keyUsage, extendedKeyUsage, notBefore, notAfter } = issuer;
  const found: Diagnosis[] = [];
  if (!constraints?.ca) found.push(diagnosis('error', 'cert.issuer.not-ca', { subject }));
  if (keyUsage && !keyUsage.includes('keyCertSign' satisfies KeyUsage))
    found.push(diagnosis('error', 'cert.issuer.usage', { subject, usages: keyUsage.join(', ') }));
  const below = path.slice(1, depth).filter((each) => !isSelfSigned(each)).length;
  const { pathLength: length } = constraints ?? {};
  if (length !== undefined && below > length)
    found.push(diagnosis('error', 'cert.issuer.length', { subject, length, below }));
  if (now > notAfter)
    found.push(diagnosis('error', 'cert.issuer.expired', { subject, until: moment(notAfter) }));
  if (now < notBefore)
    found.push(diagnosis('error', 'cert.issuer.future', { subject, since: moment(notBefore) }));
  const oid = purpose === 'client' ? '1.3.6.1.5.5.7.3.2' : '1.3.6.1.5.5.7.3.1';
  if (purpose && extendedKeyUsage && !extendedKeyUsage.includes(oid))
    found.push(
      diagnosis('error', 'cert.issuer.purpose', { subject, usages: purposeNames(extendedKeyUsage), purpose }),
    );
  return [...found, ...judgeStrength(issuer)];
}

/** What is wrong with how certificates stand one after the other, where a server would send them so (RFC 8446 §4.4.2). */
export function judgeOrder(given: readonly Certificate[], { path }: Chain): readonly Diagnosis[] {
  const found: Diagnosis[] = [];
  const [first, ...rest] = given;
  if (!first) return found;
  if (path[0] !== first)
    found.push(
      diagnosis('error', 'cert.order.leaf', { first: called(first), leaf: called(path[0] as Certificate) }),
    );
  const seen = new Set([first.sha256]);
  for (const each of rest) {
    if (seen.has(each.sha256)) found.push(diagnosis('note', 'cert.order.twice', { subject: called(each) }));
    else if (isSelfSigned(each) && path.some(({ sha256 }) => sha256 === each.sha256))
      found.push(diagnosis('note', 'cert.order.root', { subject: called(each) }));
    else if (!path.some(({ sha256 }) => sha256 === each.sha256))
      found.push(diagnosis('warning', 'cert.order.stranger', { subject: called(each) }));
    seen.add(each.sha256);
  }
  const used = [...new Set(given.map(({ sha256 }) => sha256))].filter((each) =>
    path.some(({ sha256 }) => sha256 === each),
  );
  const inPath = path.map(({ sha256 }) => sha256).filter((each) => used.includes(each));
  if (path[0] === first && used.join() !== inPath.join())
    found.push(
      diagnosis('warning', 'cert.order', {
        order: used
          .map((each) => called(given.find(({ sha256 }) => sha256 === each) as Certificate))
          .join(' → '),
        right: path
          .filter(({ sha256 }) => used.includes(sha256))
          .map(called)
          .join(' → '),
      }),
    );
  return found;
}
