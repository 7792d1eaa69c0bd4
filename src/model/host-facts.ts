/** What a machine told of itself when it was asked. What it could not tell is absent. */
export interface HostFacts {
  /** Its name in the description. */
  readonly host: string;
  /** When it was asked, ISO 8601 UTC. */
  readonly at: string;
  /** As os-release has it: `debian` and `12`; a release that is not out yet may have no version. */
  readonly os?: { readonly id: string; readonly version?: string; readonly title?: string };
  readonly kernel?: string;
  /** As `uname -m` has it: `x86_64`, `aarch64`. */
  readonly architecture?: string;
  readonly uptimeSeconds?: number;
  readonly memory?: { readonly totalBytes: number; readonly availableBytes: number };
  /** File systems of / and /var; one entry when /var is on the same. */
  readonly disks: readonly DiskUse[];
  /** Packages that could be upgraded as far as the machine's own package lists know; absent without apt or its lists. */
  readonly packages?: { readonly pending: number; readonly security: number };
  /** Accounts by name: those that can log in, and those that cannot. */
  readonly accounts: { readonly login: readonly string[]; readonly system: readonly string[] };
  /** Whether the login is root, can become root through sudo without a password, or cannot. */
  readonly root: 'login' | 'sudo' | 'no';
}

/** One file system. */
export interface DiskUse {
  readonly path: string;
  readonly totalBytes: number;
  readonly usedBytes: number;
}
