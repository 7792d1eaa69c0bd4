import { createHash, X509Certificate } from 'node:crypto';
import type { Partner } from '../model/partner.ts';
import { pemBlocks } from './der.ts';
import { sha256 } from './digest.ts';

/** The digest by which a key is pinned (RFC 7469 §2.4): SHA-256 of the SubjectPublicKeyInfo, base64. */
export function pinOf({ publicKey }: Pick<X509Certificate, 'publicKey'>): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}

type Pinned = Pick<Partner, 'id' | 'host' | 'port' | 'trust' | 'pins'>;

/**
 * The file whose presence says that a partner was seen with a pinned key, below the engine's prefix. Its name holds all that was looked at:
 * after a change of the description nothing of before counts, and no call passes until the partner was looked at anew.
 */
export function pinFlag({ id, host, port, trust, pins }: Pinned): string {
  const what = JSON.stringify([host, port, trust.ca ?? null, trust.name, [...pins].sort()]);
  return `${pinFlags}/${id}-${sha256(what).slice(0, 16)}`;
}

/** The folder of these. */
export const pinFlags = 'run/pins';

/** X509_CERT_AUX of OpenSSL's `TRUSTED CERTIFICATE`: trusted as an end of chains, for serverAuth (1.3.6.1.5.5.7.3.1) alone. */
const trustedForServers = Buffer.from('300c300a06082b06010505070301', 'hex');

/**
 * Those authorities of a trust file that are pinned, in PEM: whoever trusts them alone verifies the pin with each chain, an authority
 * that is not a root too (OpenSSL takes it as the end of a chain when told so). `undefined` when not every pin is of an authority in
 * the file: others are of keys that nobody can be told to trust.
 */
export function pinnedAuthorities(text: string, pins: readonly string[]): string | undefined {
  const found = new Map<string, string>();
  for (const { der } of pemBlocks(text, 'CERTIFICATE')) {
    const certificate = readable(der);
    if (!certificate?.ca) continue;
    const pin = pinOf(certificate);
    if (pins.includes(pin)) found.set(pin, `${found.get(pin) ?? ''}${trusted(der)}`);
  }
  return pins.length > 0 && pins.every((pin) => found.has(pin)) ? [...found.values()].join('') : undefined;
}

/** System bundles hold some that Node cannot read; they are pinned by nobody then. */
function readable(der: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

function trusted(der: Buffer): string {
  const lines = Buffer.concat([der, trustedForServers])
    .toString('base64')
    .match(/.{1,64}/g);
  return `-----BEGIN TRUSTED CERTIFICATE-----\n${lines?.join('\n')}\n-----END TRUSTED CERTIFICATE-----\n`;
}
