import type { Expectation } from './expectation.ts';
import type { Pointer } from './pointer.ts';
import type { Site } from './site.ts';

/** One file to exist in an engine's configuration, with the reason each of its lines exists. */
export interface Artefact {
  readonly host: string;
  readonly engine: string;
  /** Relative to the engine's configuration folder, e.g. `publications/erp_localhost.conf`. */
  readonly path: string;
  readonly text: string;
  /** `origins[n]` is why line n+1 exists: a pointer into the description, or `''` for the engine's own ground. */
  readonly origins: readonly Pointer[];
  /** For a file that can be refused without the others: what it is of, and what to serve instead. */
  readonly isolated?: { readonly publication: string; readonly standIn: StandIn };
}

/** What answers in place of a publication that the engine refused and that has no last good version. */
export interface StandIn {
  readonly text: string;
  /** The internal certificate it needs, which is issued only then. */
  readonly certificate: CertificateNeed;
}

/** A certificate from Poterne's own CA that must exist before activation. */
export interface CertificateNeed {
  readonly id: string;
  readonly names: readonly string[];
  readonly because: Pointer;
}

/** What is wanted: pure and deterministic, from a Site and Facts. */
export interface Plan {
  readonly site: Site;
  readonly artefacts: readonly Artefact[];
  readonly certificates: readonly CertificateNeed[];
  readonly expectations: readonly Expectation[];
  readonly exposure: readonly Reach[];
}

/** Someone can reach something: one line of the exposure. */
export interface Reach {
  /** `everyone`, a zone's name or a network. */
  readonly who: string;
  /** Published name and path, e.g. `house.localhost/zm/`. */
  readonly what: string;
  readonly service: string;
}
