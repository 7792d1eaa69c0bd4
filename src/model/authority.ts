import type { Pointer } from './pointer.ts';

/** The path below which an authority's certificates and revocations are published. */
export const publishedPath = '/.well-known/poterne/';

/** The keys that Poterne's own authority makes and signs. */
export const keyTypes = ['ecdsa-p256', 'ecdsa-p384', 'rsa-3072', 'rsa-4096'] as const;
export type KeyType = (typeof keyTypes)[number];

/** What a certificate of the authority may be used for. */
export const purposes = ['server', 'client', 'both'] as const;
export type Purpose = (typeof purposes)[number];

/** Why a certificate was revoked (RFC 5280 §5.3.1), as the command line says it. */
export const revocationReasons = [
  'unspecified',
  'key-compromise',
  'affiliation-changed',
  'superseded',
  'cessation',
  'privilege-withdrawn',
] as const;
export type RevocationReason = (typeof revocationReasons)[number];

/** What the description says of the authority. */
export interface AuthoritySite {
  /** DNS names that it may sign, each with all below it; absent, those that are published. */
  readonly names?: readonly string[];
  readonly networks: readonly string[];
  readonly key: KeyType;
  readonly days: number;
  /** The published name under which revocations are fetched. */
  readonly at?: string;
  readonly pointer: Pointer;
}

/** What the authority may sign, and how. */
export interface AuthorityPolicy {
  /** DNS names; each stands for itself and all below it. */
  readonly names: readonly string[];
  /** Whether the description names them: else they follow from what is published. */
  readonly described: boolean;
  /** CIDR blocks of the addresses that certificates may name. */
  readonly networks: readonly string[];
  /** The key of what signs day to day. */
  readonly key: KeyType;
  /** How long certificates of publications are valid, in days. */
  readonly days: number;
  /** Where revocations are published: `http://NAME[:PORT]`; absent where nothing is published over http. */
  readonly base?: string;
  readonly pointer: Pointer;
}
