import type { Message } from './message.ts';
import type { Pointer } from './pointer.ts';

/**
 * What one host should be like, as one connection carries it there: parts that are converged in their order, each by
 * itself, so that one that is refused leaves the others as they should be.
 */
export interface Bundle {
  /** The host's name in the description. */
  readonly host: string;
  readonly parts: readonly BundlePart[];
}

/** Things of a host that belong together: they are checked, activated and put back together. */
export interface BundlePart {
  /** Unique in its bundle and stable, e.g. `nftables`: what an earlier bundle held under it and this one does not is removed. */
  readonly name: string;
  /**
   * Debian packages that must be installed, by name; installed ones are not upgraded, unwanted ones not removed. Their
   * services do not start by themselves: say in `units` what should run.
   */
  readonly packages: readonly string[];
  /** Debian packages that the bundle carries itself, installed when this version is not there. */
  readonly carried: readonly CarriedPackage[];
  /** System accounts that must exist, without a login. */
  readonly accounts: readonly Account[];
  readonly folders: readonly BundleFolder[];
  readonly files: readonly BundleFile[];
  /** All must end with 0 before any file of the part is activated; what they say on standard error is a complaint. */
  readonly checks: readonly (readonly Word[])[];
  /** Run in order after something of the part changed (or an earlier run was cut off before them). */
  readonly actions: readonly (readonly string[])[];
  /**
   * Run in order after the part's files are gone: it is no longer wanted, or was rolled back to where it had never been
   * applied (without any, its actions are run then). E.g. `nft delete table inet poterne`.
   */
  readonly undo?: readonly (readonly string[])[];
  /**
   * A command whose output tells what is in force: it is remembered once the part has been applied, and when it is another
   * one later, somebody changed by hand what runs, and the part's actions put it right.
   */
  readonly observe?: readonly string[];
  /**
   * Run in order after a roll-back's actions when somebody had changed by hand what ran before: what `observe` told then is
   * in `keptObservation` of the part. When it had failed, for nothing ran at all, `undo` is run instead of the actions.
   */
  readonly restore?: readonly (readonly string[])[];
  readonly units: readonly Unit[];
  /**
   * Seconds after which the host puts back what was before, unless a new connection has confirmed by then. For what can
   * lock the operator out. Must be longer than its actions take. Files, units and what actions did are put back; packages,
   * accounts and folders stay.
   */
  readonly confirm?: number;
}

/** Where a host keeps what was in force before a part that waits for its confirmation. */
export const keptObservation = (part: string): string => `/var/lib/poterne-host/rollback/${part}/observed`;

/** One word of a command: as it is, or the place where the staged copy of a file of this part lies. */
export type Word = string | { readonly staged: string };

export interface CarriedPackage {
  readonly name: string;
  readonly version: string;
  /** The .deb, an absolute path on the controller. */
  readonly file: string;
  readonly sha256: string;
  /** It is for hosts whose own Debian has no such package of at least this version. */
  readonly unless?: { readonly name: string; readonly version: string };
}

export interface Account {
  readonly name: string;
  /** Absolute home folder; not made. The account of an earlier description stays. */
  readonly home: string;
}

export interface BundleFolder {
  readonly path: string;
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
}

export interface BundleFile {
  /** Absolute, on the host. */
  readonly path: string;
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
  /** Its text, or a file of the controller (absolute path) that is read when the bundle is sent. */
  readonly content: { readonly text: string } | { readonly file: string };
  /** Its content appears in no plan, diff or log. */
  readonly secret: boolean;
  /** Why it exists. */
  readonly because: Pointer;
  /** `origins[n]` is why line n+1 exists, for what a program complains of. */
  readonly origins?: readonly Pointer[];
}

/** A systemd unit and the state it should be in. */
export interface Unit {
  readonly name: string;
  readonly enabled: boolean;
  readonly running: boolean;
  /** What is done to a running one after the part changed. */
  readonly onChange: 'nothing' | 'reload' | 'restart';
}

/** What was different on a host, or what was done about it. JSON-safe; never holds a secret's content. */
export interface HostChange {
  readonly kind: 'add' | 'change' | 'remove';
  readonly what: 'package' | 'account' | 'folder' | 'file' | 'unit' | 'state';
  readonly name: string;
  /** For a file, or what runs, that stands otherwise than the last apply left it: somebody changed it by hand. */
  readonly drift?: Drift;
}

export interface Drift {
  /** ISO 8601, UTC: when it was last written; nothing tells of what runs. */
  readonly at?: string;
  /** Who, as far as the host's journal tells, e.g. `debian (sudo nano /etc/…)`. */
  readonly by?: string;
  /** Who was logged in over SSH at that time, when `by` is not known, e.g. `root (192.0.2.7)`. */
  readonly present?: readonly string[];
  /** What was changed by hand, as `diff -u` draws it (`+` is what stands there now); absent for secrets and for what is no text. */
  readonly diff?: string;
}

/** What became of one part. */
export interface PartReport {
  readonly name: string;
  /** `planned`: would change. `unconfirmed`: changed, and put back by the host unless it is confirmed. */
  readonly outcome: 'unchanged' | 'planned' | 'changed' | 'unconfirmed' | 'failed';
  readonly changes: readonly HostChange[];
  /** Why it failed, with what the program said; staged copies are named as the files that they become. */
  readonly complaint?: { readonly say: Message; readonly output: string };
  /** An earlier run was cut off before this part was finished. */
  readonly unfinished?: true;
  /** ISO 8601, UTC: since the last run, nobody confirmed the part in time and the host put back what was before. */
  readonly rolledBack?: string;
}

/** What became of one host. */
export interface HostReport {
  readonly host: string;
  readonly parts: readonly PartReport[];
  /** What confirms its parts that are `unconfirmed`. Of no use to anybody who is not root there already. */
  readonly token: string;
  readonly milliseconds: number;
}
