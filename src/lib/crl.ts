import { type KeyObject, verify } from 'node:crypto';
import { type Element, elements, oid, pemBlocks, time } from './der.ts';

/** A certificate revocation list (RFC 5280 §5), as far as it says when it holds and whose it is. */
export interface RevocationList {
  readonly pem: string;
  readonly from: Date;
  /** Absent when it does not say; RFC 5280 §5.1.2.5 wants it said. */
  readonly until?: Date;
  /** The name of the authority whose it is, in DER. */
  readonly issuer: Buffer;
  /** Whether this key signed it. */
  signedBy(key: KeyObject): boolean;
  /** What it has of a serial number (hexadecimal, without leading zeros). */
  entry(serial: string): RevokedEntry | undefined;
}

export interface RevokedEntry {
  readonly at: Date;
  /** CRLReason (RFC 5280 §5.3.1). */
  readonly reason?: number;
}

/** The digest of each signature algorithm, by its object identifier; `null` where the algorithm has its own. */
const digests: Readonly<Record<string, string | null>> = {
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
  '2b6570': null,
  '2b6571': null,
};

/** The lists that a PEM text holds. Throws for one that is broken. */
export function revocationLists(text: string): RevocationList[] {
  return pemBlocks(text, 'X509 CRL').map(({ pem, der }) => ({ pem, ...readList(der) }));
}

/** The list that DER holds; those of large authorities have a hundred thousand entries and more. Throws for another thing. */
export function readList(der: Buffer): Omit<RevocationList, 'pem'> {
  const [list] = elements(der);
  const [signed, algorithm, signature] = list?.tag === 0x30 ? elements(list.content) : [];
  if (!signed || !algorithm || signature?.tag !== 0x03) throw new Error('no revocation list');
  const fields = elements(signed.content);
  // The version stands first, if at all; then come the algorithm, the issuer and one or two times.
  const [, issuer, from, until, ...more] = fields[0]?.tag === 0x02 ? fields.slice(1) : fields;
  if (!issuer || !from) throw new Error('no revocation list');
  const isTime = (element: Element | undefined): element is Element =>
    element?.tag === 0x17 || element?.tag === 0x18;
  const [name] = elements(algorithm.content);
  const digest = name ? digests[oid(name)] : undefined;
  return {
    from: time(from),
    issuer: issuer.whole,
    ...(isTime(until) ? { until: time(until) } : {}),
    signedBy(key) {
      if (digest === undefined) return false;
      try {
        return verify(digest, signed.whole, key, signature.content.subarray(1));
      } catch {
        // Another kind of key.
        return false;
      }
    },
    entry(serial) {
      const entries = [...(isTime(until) || !until ? [] : [until]), ...more].find(({ tag }) => tag === 0x30);
      for (const { content } of entries ? elements(entries.content) : []) {
        const [number, at, extensions] = elements(content);
        if (!number || !at || number.content.toString('hex').replace(/^0+(?=.)/, '') !== serial) continue;
        const reason = extensions && reasonIn(extensions);
        return { at: time(at), ...(reason === undefined ? {} : { reason }) };
      }
      return undefined;
    },
  };
}

/** reasonCode (RFC 5280 §5.3.1) among the extensions of an entry. */
function reasonIn(extensions: Element): number | undefined {
  for (const { content } of elements(extensions.content)) {
    const [name, ...rest] = elements(content);
    if (name && oid(name) === '551d15') return rest.at(-1)?.content.at(-1);
  }
  return undefined;
}
