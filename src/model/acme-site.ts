import type { AcmeAuthority, CertificateKeyType, HookChallenge, UpdateChallenge } from './acme.ts';
import type { Pointer } from './pointer.ts';
import type { SecretRef } from './secret.ts';

/** What a certificate's names are shown to be ours by: over http on port 80, or by a record in the DNS (RFC 8555 §8). */
export const challengeKinds = ['http', 'dns'] as const;
export type ChallengeKind = (typeof challengeKinds)[number];

/** The keys that a certificate may have. */
export const certificateKeyTypes = [
  'ecdsa-p256',
  'ecdsa-p384',
  'rsa-2048',
  'rsa-3072',
  'rsa-4096',
] as const satisfies readonly CertificateKeyType[];

/** Let's Encrypt's directories: the one that everybody trusts, and the one to rehearse with. */
export const letsEncrypt = {
  directory: 'https://acme-v02.api.letsencrypt.org/directory',
  staging: 'https://acme-staging-v02.api.letsencrypt.org/directory',
} as const;

/** The ACME server that the site has its certificates from, and what it is asked for. */
export interface AcmeSite {
  readonly authority: AcmeAuthority;
  /** The directory to rehearse with: the server's own staging one, or the same. */
  readonly staging: string;
  /** How records get into the DNS. */
  readonly dns?: UpdateChallenge | HookChallenge;
  /** The key with which several gateways keep the account and the certificates in the store that they share. */
  readonly sharedKey?: SecretRef;
  /** Every certificate that publications ask for, each once. */
  readonly certificates: readonly AcmeCertificate[];
  readonly pointer: Pointer;
}

/** One certificate, for one publication or for several that share it. */
export interface AcmeCertificate {
  /** Safe as a file name. */
  readonly id: string;
  /** The first is the one that people know it by. */
  readonly names: readonly string[];
  readonly challenge: ChallengeKind;
  readonly keyType: CertificateKeyType;
  /** A profile of the server (`shortlived`, say). */
  readonly profile?: string;
  /** Common name of an issuer in the chain that is preferred, when the server offers several. */
  readonly chain?: string;
  /** Where the first publication asks for it. */
  readonly pointer: Pointer;
}

/** The names that are validated over http. */
export function namesOverHttp(acme: AcmeSite | undefined): ReadonlySet<string> {
  const over = acme?.certificates.filter(({ challenge }) => challenge === 'http') ?? [];
  return new Set(over.flatMap(({ names }) => names));
}
