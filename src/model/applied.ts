import type { Message } from './message.ts';
import type { Partner } from './partner.ts';
import type { Pointer } from './pointer.ts';
import type { Publication, Site } from './site.ts';

/** How a publication that is not served as described stands. `complaint` is the engine's, or a code where something is missing: then `lack` says it. */
export type Standing = {
  readonly complaint: string;
  readonly lack?: Message;
} /** The engine refused what is described: the version of an earlier generation goes on. */ & (
  | { readonly state: 'kept'; readonly served: Publication | Partner }
  /** Refused, and there was no earlier version: it answers 503. */
  | { readonly state: 'stand-in' }
  /** Even that was refused: its names are unknown to the gateway. */
  | { readonly state: 'closed' }
);

/** What a generation holds and where it comes from; written beside its files as `manifest.json`. */
export interface Manifest {
  readonly format: 1;
  /** SHA-256 (hex) over every file of the generation, the site and the standing. */
  readonly hash: string;
  readonly site: Site;
  /** By path in the folder. `origins` (why each line exists) and `reads` (the inputs it names) only for artefacts. */
  readonly files: Readonly<Record<string, FileRecord>>;
  /** By publication id; only those that do not stand as described. */
  readonly standing: Readonly<Record<string, Standing>>;
}

export interface FileRecord {
  readonly sha256: string;
  readonly origins?: readonly Pointer[];
  readonly reads?: readonly string[];
}
