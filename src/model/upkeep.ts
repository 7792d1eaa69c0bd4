/** What is done on the hosts of a run besides running a script. JSON-safe. */
export type Task = GetTask | UpdateTask | AccountTask | RotateTask;

/** The files that came back are also put in a folder of the controller, in one for each host. */
export interface GetTask {
  readonly kind: 'get';
  /** By absolute path. */
  readonly to: string;
}

/** Debian packages are updated. */
export interface UpdateTask {
  readonly kind: 'update';
  /** Those alone that a security suite has an update of. */
  readonly security: boolean;
  /** Packages may be removed for it. */
  readonly removals: boolean;
  readonly reboot: 'when-needed' | 'never';
  /** Seconds that a host may take to be back and healthy. */
  readonly patience: number;
  /** A script of the operator's that says whether the host is well: its name and its text. */
  readonly health?: { readonly name: string; readonly text: string };
}

/** Something is changed about an account; the script's words say what. */
export interface AccountTask {
  readonly kind: 'account';
  readonly name: string;
}

/** The key that this machine logs in with gives way to a new one. */
export interface RotateTask {
  readonly kind: 'rotate';
  /** Public, `type base64`. */
  readonly old: string;
  readonly next: {
    /** The line of its `.pub` file. */
    readonly line: string;
    /** The private key, by absolute path. */
    readonly file: string;
  };
}

/** What is changed about an account; in words of `accounts.sh`. */
export interface AccountChange {
  readonly what: (typeof accountChanges)[number];
  readonly from: string;
  readonly to: string;
}

// biome-ignore format: one line
export const accountChanges = ['account', 'shell', 'comment', 'group', 'keys', 'key-added', 'key-dropped', 'key-swapped', 'locked', 'unlocked', 'ended', 'removed', 'removed-home'] as const;

/** A package, before and after; without `to`, it goes, and without `from`, it comes. */
export interface PackageChange {
  readonly name: string;
  readonly from?: string;
  readonly to?: string;
  readonly security: boolean;
}

/** Why a host needs to be booted anew. */
export interface RebootReason {
  /** The system says so; a newer kernel is installed; processes run libraries that are not there any more. */
  readonly why: 'required' | 'kernel' | 'libraries';
  /** The kernel, or how many processes. */
  readonly what: string;
}

/** What an update changes on a host, or changed. */
export interface UpdateReport {
  readonly packages: readonly PackageChange[];
  /** Packages that stay as they are: held, because others would have to go, or for reasons of apt's own. */
  readonly kept: readonly { readonly name: string; readonly why: 'hold' | 'removal' | 'other' }[];
  /** What would have to go for them. */
  readonly refused: readonly string[];
  /** Files changed by hand that were kept; the package's own is beside, as `.dpkg-dist`. */
  readonly conffiles: readonly string[];
  /** Packages that an installation left half done. */
  readonly unfinished: readonly string[];
  /** An installation was cut off. */
  readonly interrupted: boolean;
  /** One that had been cut off was ended. */
  readonly repaired: boolean;
  readonly reboot: readonly RebootReason[];
  /** It was booted anew: milliseconds until it answered again. */
  readonly rebooted?: number;
  /** Units that have failed. */
  readonly units: readonly string[];
}
