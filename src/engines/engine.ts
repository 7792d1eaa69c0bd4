import type { ZodRawShape } from 'zod';
import type { BundlePart } from '../model/bundle.ts';
import type { Expectation } from '../model/expectation.ts';
import type { Facts } from '../model/facts.ts';
import type { Finding } from '../model/finding.ts';
import type { Network } from '../model/network.ts';
import type { Artefact } from '../model/plan.ts';
import type { Pointer } from '../model/pointer.ts';
import type { Host, Site } from '../model/site.ts';

/** The words an engine adds to the description, by the thing they stand under. Keys are unique over all engines. */
export interface EngineSchema {
  readonly host: ZodRawShape;
  readonly gateway: ZodRawShape;
  readonly service: ZodRawShape;
  readonly publication: ZodRawShape;
  readonly route: ZodRawShape;
}

/** A staged or active configuration on disk. */
export interface Staged {
  /** The engine's prefix (absolute): holds `generations/`, `current`, `run/`, `log/`, `certificates/`. */
  readonly prefix: string;
  /** The configuration folder to check or serve (absolute): a generation, or `current`. */
  readonly folder: string;
}

/** An argument vector; never a shell string. */
export type Argv = readonly string[];

/** What to do with the engine, as data; `apply` executes it. */
export interface EngineActions {
  /** Exits 0 when the engine accepts the staged configuration; complaints go to standard error. */
  check(staged: Staged): Argv;
  /** Runs in the foreground until told to quit. */
  start(staged: Staged): Argv;
  /** The command that prints the engine's version, and how to read it. */
  readonly version: { readonly argv: Argv; read(output: string): string | undefined };
  readonly signals: {
    readonly reload: NodeJS.Signals;
    /** Ends after the requests in progress. */
    readonly quit: NodeJS.Signals;
    readonly stop: NodeJS.Signals;
  };
  /** Whether a worker with this title takes no more visitors and only ends those that it has. */
  isEnding(title: string): boolean;
  /**
   * Files below the prefix: the master's pid, and the socket where the active configuration tells its hash (HTTP). Every
   * other `.sock` beside it is the engine's own too.
   */
  readonly pidFile: string;
  readonly socket: string;
  /** The path asked on that socket; the answer's body is the hash. */
  readonly hashPath: string;
  readonly errorLog: string;
  /** Folders below the prefix that must exist before a check, and what the account that the engine drops to may do there. */
  readonly folders: readonly { readonly path: string; readonly account: 'enters' | 'writes' }[];
  /** Files below the prefix that the engine would create readable to others: logs that nobody else may read. */
  readonly privateFiles: readonly string[];
}

/** A file of the engine's software that a package of its own brings. */
export interface Module {
  /** Absolute. */
  readonly file: string;
  /** The Debian package that has it. */
  readonly package: string;
  /** Without it some publications refuse and the others go on; else nothing goes on. */
  readonly spared?: boolean;
  /** What in the description needs it. */
  readonly because: Pointer;
}

/** One thing the engine said against a configuration. */
export interface Complaint {
  readonly severity: 'error' | 'warning';
  readonly text: string;
  /** Absolute file and line (from 1), when the engine named them. */
  readonly file?: string;
  readonly line?: number;
  /** Paths quoted in the text (a certificate, a key), for when it named no line. */
  readonly quoted: readonly string[];
}

/** A file of a generation that follows from all others. */
export interface Sealed {
  readonly path: string;
  readonly text: string;
}

/** A rendered file and, for each of its lines, why it exists. */
export interface Rendered {
  readonly text: string;
  readonly origins: readonly Pointer[];
}

/** What every folder in `src/engines/` exports by default. Pure: nothing here touches disk, clock or network. */
interface EngineGround {
  readonly name: string;
  /** Debian packages it needs. */
  readonly packages: readonly string[];
  readonly schema: EngineSchema;
  /** What the schema cannot say; pointers, not places. */
  review(site: Site): readonly Finding[];
  diagnose(output: string): readonly Complaint[];
  expect(site: Site): readonly Expectation[];
}

/** A server that the machine's own Poterne runs: whole generations of configuration, staged, checked and activated. */
export interface ServerEngine extends EngineGround {
  readonly kind: 'server';
  /** The executable that must be there (looked up in PATH and the sbin folders). */
  readonly binary: string;
  /** What this site needs besides the executable; each file once. */
  modules(site: Site): readonly Module[];
  /** Where it listens and how: an earlier version of a publication stands beside others only where that is the same. */
  listening(site: Site): string;
  /**
   * Whether it tells of connections by whom a load balancer says that they are with, and not by whom the kernel has them with: which is whose,
   * nobody knows then.
   */
  losesPeers(site: Site): boolean;
  render(site: Site, facts: Facts): readonly Artefact[];
  /**
   * Files that cannot be part of what a generation's hash is computed over: what carries the hash, so that the running engine can tell which
   * one it serves, and what names the generation's own folder (absolute). `paths` are its other files.
   */
  seal(hash: string, folder: string, paths: readonly string[]): readonly Sealed[];
  readonly actions: EngineActions;
}

/** Something that every machine of the site has, converged there as a part of its bundle: a firewall, an SSH server. */
export interface HostEngine extends EngineGround {
  readonly kind: 'host';
  /** Its part of a host's bundle; `undefined` where it has no business. */
  part(network: Network, host: Host): BundlePart | undefined;
  /** What only the flows show of the description, beside what `review` finds. */
  examine(network: Network): readonly Finding[];
}

export type Engine = ServerEngine | HostEngine;
