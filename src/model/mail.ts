import type { Pointer } from './pointer.ts';
import type { SecretRef } from './secret.ts';

/** How Poterne's letters leave. */
export interface Mail {
  readonly smtp: Smtp;
  /** The sender. */
  readonly from: Mailbox;
  /** Bytes that an attachment may have; a larger one becomes a link. */
  readonly limit: number;
  /** Addresses of those who are told when the gateway refuses no more what it must; absent: nobody. */
  readonly alert?: readonly string[];
  readonly pointer: Pointer;
}

/** An address, and the name that is shown for it. */
export interface Mailbox {
  readonly name?: string;
  readonly address: string;
}

/** The server that takes letters (submission, RFC 6409), always over TLS. */
export interface Smtp {
  readonly host: string;
  readonly port: number;
  readonly tls: 'starttls' | 'implicit';
  /** Who logs in there; absent: nobody does. */
  readonly login?: { readonly user: string; readonly password: SecretRef };
  /** PEM file (absolute path) of the authority that its certificate must come from; absent: those that the system trusts. */
  readonly ca?: string;
  readonly pointer: Pointer;
}

/** What is kept of runs, and where archives are put for those who get a link to them. */
export interface Keeping {
  /** Absent: for ever. Milliseconds. */
  readonly runs?: number;
  /** The newest runs, which stay however old they are. */
  readonly lastRuns: number;
  readonly archives?: ArchiveFolder;
}

/** A folder that something else (a publication, a file server) shows under a URL. */
export interface ArchiveFolder {
  /** Absolute path. */
  readonly folder: string;
  /** Where it is seen, with a final slash. */
  readonly url: string;
  /** Milliseconds that an archive stays there. */
  readonly keep: number;
  readonly pointer: Pointer;
}
