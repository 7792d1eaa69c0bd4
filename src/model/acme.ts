import type { Pointer } from './pointer.ts';
import type { SecretRef } from './secret.ts';

/** A certificate authority that speaks ACME (RFC 8555), and who we are to it. */
export interface AcmeAuthority {
  /** The URL of its directory. */
  readonly directory: string;
  /** A PEM file of the authorities that its HTTPS certificate is verified with, in place of the system's. */
  readonly trust?: string;
  /** Addresses that it may write to, without `mailto:`. */
  readonly contact: readonly string[];
  /** Whether the site's owner agreed to its terms of service. */
  readonly termsAgreed: boolean;
  /** An account that it knows us by already (RFC 8555 §7.3.4): its key identifier, and where the MAC key is. */
  readonly eab?: { readonly id: string; readonly key: SecretRef };
  readonly pointer: Pointer;
}

/** How names are proved to be ours. */
export type AcmeChallenge = HttpChallenge | UpdateChallenge | HookChallenge;

/** HTTP-01, answered by our own gateway on port 80. No wildcards. */
export interface HttpChallenge {
  readonly kind: 'http';
}

/** DNS-01: the record is written by a dynamic update (RFC 2136) signed with a shared key (TSIG, RFC 8945). */
export interface UpdateChallenge {
  readonly kind: 'rfc2136';
  /** The server that takes updates: `10.0.0.53`, `[2001:db8::53]:5353`, `ns.example.fr`. */
  readonly server: string;
  /** The zone, where it is not the one that the DNS says holds the name. */
  readonly zone?: string;
  readonly key: {
    readonly name: string;
    readonly algorithm: 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';
    /** A file with the key in base64. */
    readonly secret: SecretRef;
  };
  readonly pointer: Pointer;
}

/** DNS-01: a program writes and removes the record. It is run as `COMMAND… present|cleanup NAME VALUE`. */
export interface HookChallenge {
  readonly kind: 'hook';
  /** The program, by absolute path, and its first arguments. */
  readonly command: readonly string[];
  /** Milliseconds that it may take. */
  readonly timeout: number;
  readonly pointer: Pointer;
}

/** The kinds of key that a certificate may have. */
export type CertificateKeyType = 'ecdsa-p256' | 'ecdsa-p384' | 'rsa-2048' | 'rsa-3072' | 'rsa-4096';
