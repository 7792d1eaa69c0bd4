import { domainToASCII, domainToUnicode } from 'node:url';
import { isAddress } from '../lib/ip.ts';
import { type Certificate, called, isSelfSigned } from './certificate.ts';
import { type Diagnosis, diagnosis } from './diagnosis.ts';

/** What a certificate is to be good for in TLS. */
export type Purpose = 'client' | 'server';

const day = 86_400_000;
/** The days before the end from which one is told that a certificate ends soon, unless its life is short. */
export const soonDays = 21;

const wanted = {
  client: { oid: '1.3.6.1.5.5.7.3.2', name: 'clientAuth', long: 'TLS Web Client Authentication' },
  server: { oid: '1.3.6.1.5.5.7.3.1', name: 'serverAuth', long: 'TLS Web Server Authentication' },
} as const;

const purposes: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
  '1.3.6.1.5.5.7.3.3': 'codeSigning',
  '1.3.6.1.5.5.7.3.4': 'emailProtection',
  '1.3.6.1.5.5.7.3.8': 'timeStamping',
  '1.3.6.1.5.5.7.3.9': 'OCSPSigning',
  '2.5.29.37.0': 'anyExtendedKeyUsage',
};

/** Extended key usages by their names in RFC 5280. */
export function purposeNames(oids: readonly string[]): string {
  return oids.map((oid) => purposes[oid] ?? oid).join(', ');
}

/** A moment as findings show it. */
export function moment(at: Date): string {
  return at
    .toISOString()
    .replace('T', ' ')
    .replace(/:\d\d\.\d+Z$/, 'Z');
}

/** Whether it is valid now, and for how long yet. */
export function judgeDates(certificate: Certificate, now: Date): readonly Diagnosis[] {
  const { notBefore, notAfter } = certificate;
  const params = { subject: called(certificate) };
  if (now < notBefore)
    return [diagnosis('error', 'cert.future', { ...params, since: moment(notBefore), now: moment(now) })];
  const left = notAfter.getTime() - now.getTime();
  const until = moment(notAfter);
  if (left < 0)
    return [diagnosis('error', 'cert.expired', { ...params, until, days: Math.floor(-left / day) })];
  const life = notAfter.getTime() - notBefore.getTime();
  if (left >= Math.min(soonDays * day, life / 3)) return [];
  return [diagnosis('warning', 'cert.soon', { ...params, until, days: Math.floor(left / day) })];
}

/** Whether a key or the signature on a certificate is too weak to be accepted (OpenSSL's level 2, which Debian asks for). */
export function judgeStrength(certificate: Certificate): readonly Diagnosis[] {
  const { key, hash = '', signature } = certificate;
  const subject = called(certificate);
  const found: Diagnosis[] = [];
  if ((key.type.startsWith('rsa') && (key.bits ?? 0) < 2048) || key.type === 'dsa')
    found.push(diagnosis('error', 'cert.key.weak', { subject, key: keyText(certificate) }));
  else if (key.type === 'ec' && !/^(prime256v1|secp384r1|secp521r1)$/.test(key.curve ?? ''))
    found.push(diagnosis('warning', 'cert.key.curve', { subject, curve: key.curve ?? '?' }));
  // Nobody looks at the signature on what is trusted for itself.
  if (/^(SHA-1|MD\d)$/.test(hash) && !isSelfSigned(certificate))
    found.push(diagnosis('error', 'cert.signature.weak', { subject, signature }));
  return found;
}

/** A key in words: `RSA 2048`, `EC prime256v1`, `ED25519`. */
export function keyText({ key }: Pick<Certificate, 'key'>): string {
  return [key.type.toUpperCase(), key.bits ?? key.curve].filter(Boolean).join(' ');
}

/** Whether its extensions let it be used so (RFC 5280 §4.2.1.3 and §4.2.1.12), as the end of a chain. */
export function judgePurpose(certificate: Certificate, purpose: Purpose): readonly Diagnosis[] {
  const { extendedKeyUsage, keyUsage, key } = certificate;
  const subject = called(certificate);
  const found: Diagnosis[] = [];
  const { oid, name, long } = wanted[purpose];
  if (extendedKeyUsage && !extendedKeyUsage.includes(oid)) {
    const usages = purposeNames(extendedKeyUsage);
    const code = purpose === 'client' ? 'cert.purpose.client' : 'cert.purpose.server';
    found.push(diagnosis('error', code, { subject, usages, wanted: name, long }));
  }
  if (!keyUsage || keyUsage.includes('digitalSignature')) return found;
  const others =
    purpose === 'server' ? (['keyEncipherment', 'keyAgreement'] as const) : (['keyAgreement'] as const);
  const usages = keyUsage.join(', ') || '—';
  if (!others.some((usage) => keyUsage.includes(usage)))
    found.push(diagnosis('error', 'cert.usage', { subject, usages }));
  else if (key.type !== 'rsa' || purpose === 'client' || !keyUsage.includes('keyEncipherment'))
    found.push(diagnosis('warning', 'cert.usage.signature', { subject, usages }));
  else found.push(diagnosis('note', 'cert.usage.rsa', { subject, usages }));
  return found;
}

/** What makes a certificate unfit for the end of a chain, whatever it is for. */
export function judgeLeaf(certificate: Certificate): readonly Diagnosis[] {
  const subject = called(certificate);
  const found: Diagnosis[] = [];
  if (certificate.constraints?.ca) found.push(diagnosis('warning', 'cert.leaf.ca', { subject }));
  return found;
}

/** Whether a certificate covers a name (RFC 9525: its subjectAltName alone counts) or an address. */
export function judgeName(certificate: Certificate, name: string): readonly Diagnosis[] {
  const covered = certificate.names.map(bothSpellings).join(', ');
  const shown = bothSpellings(name);
  if (isAddress(name))
    return certificate.x509.checkIP(name)
      ? []
      : [diagnosis('error', 'cert.name', { name, covered: covered || '—' })];
  const ascii = domainToASCII(name.replace(/\.$/, ''));
  if (certificate.x509.checkHost(ascii, { subject: 'never' })) return [];
  const params = { name: shown, covered: covered || '—' };
  if (certificate.names.length === 0)
    return [diagnosis('error', 'cert.name.none', { ...params, common: certificate.commonName ?? '—' })];
  const wildcard = certificate.names.find((each) => each.startsWith('*.') && isBelow(ascii, each.slice(2)));
  if (wildcard !== undefined) return [diagnosis('error', 'cert.name.wildcard', { ...params, wildcard })];
  return [diagnosis('error', 'cert.name', params)];
}

function isBelow(name: string, parent: string): boolean {
  const below = parent.toLowerCase();
  return name.toLowerCase() === below || name.toLowerCase().endsWith(`.${below}`);
}

/** A name as certificates hold it and, where they differ, as people write it. */
function bothSpellings(name: string): string {
  const [ascii, unicode] = [domainToASCII(name) || name, domainToUnicode(name) || name];
  return ascii === unicode || !ascii.includes('xn--') ? name : `${ascii} (${unicode})`;
}
