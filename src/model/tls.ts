import type { Pointer } from './pointer.ts';
import type { SecretRef } from './secret.ts';

/** Where a client certificate's identity is read (RFC 5280 §4.1.2.6 and §4.2.1.6). */
export const identities = ['subject', 'common-name', 'san-dns', 'san-email', 'san-uri'] as const;
export type Identity = (typeof identities)[number];

/** What a service can be told of a client certificate, each in a header of its own. */
export const certificateFacts = [
  'verified',
  'identity',
  'subject',
  'issuer',
  'serial',
  'certificate',
] as const;
export type CertificateFact = (typeof certificateFacts)[number];

/** A certificate authority that client certificates may come from: Poterne's own, or a PEM file (absolute path). */
export type TrustedAuthority =
  | { readonly kind: 'internal'; readonly pointer: Pointer }
  | { readonly kind: 'file'; readonly file: string; readonly pointer: Pointer };

/** A PEM file with certificate revocation lists (absolute path). */
export interface RevocationFile {
  readonly file: string;
  readonly pointer: Pointer;
}

/** Who is asked whether a certificate is revoked (RFC 6960). */
export interface Ocsp {
  readonly responder: string;
  /** Whether those in between are asked about too, not only the client's own certificate. */
  readonly whole: boolean;
  readonly pointer: Pointer;
}

/** A PEM file of a certificate with its chain, and that of its key (absolute paths). */
export interface ProbeCertificate {
  readonly certificate: string;
  readonly key: string;
  readonly pointer: Pointer;
}

/** Which client certificates are asked for where this is assigned (MTLS-1). */
export interface ServerTls {
  readonly kind: 'server';
  readonly name: string;
  readonly client: 'required' | 'optional';
  readonly authorities: readonly TrustedAuthority[];
  /** How many certificates may stand above the client's own. */
  readonly depth: number;
  readonly crls: readonly RevocationFile[];
  readonly ocsp?: Ocsp;
  readonly identity: Identity;
  /** The header that tells the service each fact; what is not named here is not told. */
  readonly headers: Readonly<Partial<Record<CertificateFact, string>>>;
  /** Certificates that proofs may show: one to be let in, and two to be refused. */
  readonly probe?: {
    readonly right: ProbeCertificate;
    readonly expired?: ProbeCertificate;
    readonly revoked?: ProbeCertificate;
  };
  readonly pointer: Pointer;
}

/** The certificate that the gateway shows when it is the client of a partner: a named TLS configuration. */
export type ClientCertificate =
  /** Files that the user keeps (absolute paths), in PEM; the key may be encrypted. */
  | {
      readonly kind: 'files';
      readonly certificate: string;
      readonly key: string;
      readonly passphrase?: SecretRef;
    }
  /** Issued by Poterne's own authority in these names. */
  | { readonly kind: 'internal'; readonly names: readonly string[] };

/** The certificate that the gateway shows to a partner (MTLS-2). */
export interface ClientTls {
  readonly kind: 'client';
  readonly name: string;
  readonly shows: ClientCertificate;
  readonly pointer: Pointer;
}

/** A named TLS configuration. */
export type TlsConfiguration = ServerTls | ClientTls;
