import type { Pointer } from './pointer.ts';
import type { ClientTls } from './tls.ts';

/** What callers may ask of a partner: a path and what lies below it, or (with a final slash) only what lies below. */
export interface PartnerPath {
  readonly path: string;
  readonly pointer: Pointer;
}

/** A system of somebody else that internal applications call through the gateway, which shows a certificate there. */
export interface Partner {
  /** Unique, safe as a file name and as an identifier in any engine: `partner___[a-z0-9_]+`. */
  readonly id: string;
  /** As written; callers ask for `/name/…`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** The path at the partner below which all that is asked stands; begins and ends with a slash. */
  readonly base: string;
  /** Absent: the partner asks for no certificate. */
  readonly tls?: ClientTls;
  /** Which certificate to accept of the partner: PEM file (absolute path) of who must have signed it, and the name in it. */
  readonly trust: { readonly ca?: string; readonly name: string };
  /** SHA-256 digests of public keys (SubjectPublicKeyInfo), base64: the partner must show one of them; empty, any. */
  readonly pins: readonly string[];
  /** Who may call: what the user named, hosts, zones and networks. */
  readonly callers: readonly string[];
  /** The CIDR blocks that these stand for. */
  readonly networks: readonly string[];
  /** A unix socket of the gateway's machine where it may be called too; who may enter its folder may call. */
  readonly socket?: string;
  readonly paths: readonly PartnerPath[];
  readonly methods: readonly string[];
  /** The largest request body, in bytes. */
  readonly size: number;
  /** Milliseconds. */
  readonly timeouts: { readonly connect: number; readonly read: number; readonly send: number };
  /** How one knows that it works: what to ask for (below one of the paths), and the status that must come back. */
  readonly healthy?: { readonly path: string; readonly status: number };
  readonly pointer: Pointer;
}

/** Where callers of partners arrive: addresses of the gateway's inner side, and a port. */
export interface PartnerDoor {
  readonly listen: readonly string[];
  readonly port: number;
  readonly pointer: Pointer;
}

/** How a partner is told apart from publications among what can be refused without the others. */
export const partnerStanding = ({ id }: Pick<Partner, 'id'>): string => `partner:${id}`;
