import type { AudienceRule } from './audience.ts';
import type { Expectation } from './expectation.ts';
import type { Finding } from './finding.ts';
import type { Pointer } from './pointer.ts';
import type { SecretRef } from './secret.ts';
import type { SecondFactor } from './sign-in.ts';
import type { Site } from './site.ts';
import type { ServerTls } from './tls.ts';

/** One file to exist in an engine's configuration, with the reason each of its lines exists. */
export interface Artefact {
  readonly host: string;
  readonly engine: string;
  /** Relative to the engine's configuration folder, e.g. `publications/erp_localhost.conf`. */
  readonly path: string;
  readonly text: string;
  /** `origins[n]` is why line n+1 exists: a pointer into the description, or `''` for the engine's own ground. */
  readonly origins: readonly Pointer[];
  /** What it names besides: brought into the same folder, so that a generation is whole in itself. */
  readonly reads: readonly Input[];
  /** For a file that can be refused without the others: the id of its publication, and what to serve instead. */
  readonly isolated?: { readonly publication: string; readonly standIn: StandIn };
  /** For a file that several publications cannot do without: when it is refused so are they, and the others go on without it. */
  readonly shared?: { readonly name: string; readonly publications: readonly string[] };
  /** Why it cannot be had at all: what the machine lacks. */
  readonly lack?: Finding;
}

/**
 * A file that an artefact names: a copy of the user's (absolute path), a certificate of Poterne's own CA, one that was obtained over
 * ACME (by its id), or whom clients must have their certificates from; all in PEM.
 */
export interface Input {
  /** Relative to the engine's configuration folder, e.g. `certificates/erp_localhost.pem`. */
  readonly as: string;
  readonly from:
    | { readonly file: string }
    | { readonly certificate: CertificateNeed }
    | { readonly acme: string }
    /** The authorities of client certificates, or what these have revoked: all that is described, in one file. */
    | { readonly authorities: ClientTrust }
    | { readonly revocations: ClientTrust }
    /** Whom a partner's chain must lead to: of the authorities in this file those that are pinned, or all when a pin is of none. */
    | { readonly pinned: string; readonly pins: readonly string[] }
    /** A file of rules, with what it must be. */
    | { readonly rules: { readonly file: string; readonly sha256: string } }
    /** The logo of the gateway's own pages, as part of them; nothing where it cannot be had. */
    | { readonly logo: string }
    /** The key of marks (`lib/marks.ts`), as a statement of this name; where `spared`, a machine without one knows nobody by their mark. */
    | { readonly markKey: string; readonly spared?: true }
    /** A secret of one line, such as a key's passphrase. */
    | { readonly secret: SecretRef };
  readonly because: Pointer;
}

/** Whose client certificates are accepted. */
export type ClientTrust = Pick<ServerTls, 'authorities' | 'crls'>;

/** What answers in place of a publication that the engine refused and that has no last good version. */
export interface StandIn {
  readonly text: string;
  readonly reads: readonly Input[];
}

/** A certificate from Poterne's own CA; its PEM file holds the key and the chain. */
export interface CertificateNeed {
  readonly id: string;
  readonly names: readonly string[];
  /** What it is for, when that is not to be a server's. */
  readonly purpose?: 'client';
}

/** What is wanted: pure and deterministic, from a Site and Facts. */
export interface Plan {
  readonly site: Site;
  readonly artefacts: readonly Artefact[];
  readonly expectations: readonly Expectation[];
  readonly exposure: readonly Reach[];
}

/** Someone can reach something: one line of the exposure. */
export interface Reach {
  /** `everyone`, a zone's name or a network; or a rule of the audience in the description's words. */
  readonly who: string;
  /** The CIDR blocks that these are; `undefined` is everyone. */
  readonly networks?: readonly string[];
  /** Published name and path, e.g. `house.localhost/zm/`. */
  readonly what: string;
  readonly service: string;
  /** The client certificate without which nobody gets through. */
  readonly certificate?: AskedCertificate;
  /** The rule of the audience by which they can, and those that deny some of them all the same. */
  readonly rule?: AudienceRule;
  readonly denials?: readonly AudienceRule[];
  /** Who must give a second factor wherever they go, as the site says. */
  readonly secondFactor?: SecondFactor['required'];
}

/** Which client certificates let through: the more authorities and depth, and the fewer checks, the more people. */
export interface AskedCertificate {
  readonly configuration: string;
  readonly authorities: readonly string[];
  readonly depth: number;
  readonly crls: readonly string[];
  readonly ocsp?: string;
}
