import type { CaaRecord, Lookup } from './dns-names.ts';

/** Who would certify, and how, as CAA records speak of it. */
export interface Certifier {
  /** What the authority calls itself in CAA records, e.g. `letsencrypt.org`. */
  readonly identities: readonly string[];
  readonly isWildcard: boolean;
  readonly method: 'http-01' | 'dns-01';
  /** Of our account (RFC 8657 §3), where we have one. */
  readonly account?: string;
}

/** The records that count for a name: those of the nearest name above it that has any (RFC 8659 §3), and which that is. */
export async function relevantCaa(
  name: string,
  lookup: Pick<Lookup, 'caa'>,
): Promise<{ at: string; records: readonly CaaRecord[] }> {
  const labels = name.replace(/^\*\./, '').split('.');
  for (let n = 0; n < labels.length; n++) {
    const at = labels.slice(n).join('.');
    const records = await lookup.caa(at);
    if (records.length > 0) return { at, records };
  }
  return { at: '', records: [] };
}

/** Whether these records let the authority certify (RFC 8659 §4, RFC 8657). */
export function allows(records: readonly CaaRecord[], certifier: Certifier): boolean {
  const known = ['issue', 'issuewild', 'issuemail', 'iodef', 'contactemail', 'contactphone'];
  if (records.some(({ critical, tag }) => critical && !known.includes(tag))) return false;
  const of = (wanted: string) => records.filter(({ tag }) => tag === wanted).map(({ value }) => value);
  const wild = of('issuewild');
  const applying = certifier.isWildcard && wild.length > 0 ? wild : of('issue');
  return applying.length === 0 ? true : applying.some((value) => names(value, certifier));
}

function names(value: string, { identities, method, account }: Certifier): boolean {
  const [issuer = '', ...parameters] = value.split(';').map((part) => part.trim());
  if (!identities.some((identity) => identity.toLowerCase() === issuer.toLowerCase())) return false;
  return parameters.every((parameter) => {
    const [key = '', wanted = ''] = parameter.split(/\s*=\s*/, 2);
    if (key.toLowerCase() === 'validationmethods') return wanted.split(/\s*,\s*/).includes(method);
    // An account that we do not have yet cannot be the one that is named.
    if (key.toLowerCase() === 'accounturi') return wanted === account;
    return true;
  });
}

/** Records as a zone file writes them. */
export function writeCaa(records: readonly CaaRecord[]): string {
  return records.map(({ critical, tag, value }) => `CAA ${critical ? 128 : 0} ${tag} "${value}"`).join(', ');
}
