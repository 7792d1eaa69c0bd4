import { X509Certificate } from 'node:crypto';
import { systemRoots } from '../verify/tls.ts';
import { type Certificate, parseCertificate } from './certificate.ts';

let roots: readonly X509Certificate[] | undefined;

/**
 * Those of the system's roots that may have signed one of these certificates, or are one of them. All are 150, and reading
 * everything that each says takes a second.
 */
export function systemAuthorities(certificates: readonly Certificate[]): readonly Certificate[] {
  roots ??= systemRoots().flatMap((text) =>
    [...text.matchAll(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs)].map(
      ([pem]) => new X509Certificate(pem),
    ),
  );
  const issuers = new Set(certificates.map(({ x509 }) => x509.issuer));
  return roots.filter(({ subject }) => issuers.has(subject)).map(({ raw }) => parseCertificate(raw));
}
