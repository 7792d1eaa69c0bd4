import type { Message } from './message.ts';
import type { AccountChange, Task, UpdateReport } from './upkeep.ts';

/** How a file is put at a place on a host. */
export interface Placing {
  /** Where, by absolute path. */
  readonly to: string;
  /** Octal; default: of the file that is replaced. */
  readonly mode?: string;
  /** `USER` or `USER:GROUP`; default: of the file that is replaced, else of whoever writes it. */
  readonly owner?: string;
}

/** A file of the controller that is put on hosts. */
export interface PutFile extends Placing {
  /** By absolute path; its content is kept nowhere. */
  readonly file: string;
  readonly size: number;
  readonly sha256: string;
}

/** What is run, the same on every host of a run. */
export interface RunSpec {
  /** The script's own name, e.g. `Fichier_fourni.sh`. */
  readonly script: string;
  readonly sha256: string;
  /** What was asked for with `--on`. */
  readonly on: string;
  /** The account that runs it there; default: the one that logs in. */
  readonly as?: string;
  /** Through the account's own login shell, which reads its profile. */
  readonly login: boolean;
  readonly args: readonly string[];
  /** A file of the controller for the script's standard input, by absolute path; its content is kept nowhere. */
  readonly stdin?: { readonly file: string; readonly sha256: string };
  /** Patterns of files to bring back, as a POSIX shell expands them. */
  readonly collect: readonly string[];
  /** Bytes to bring back from a host at most. */
  readonly collectMost: number;
  /** Seconds the script may take on a host. */
  readonly limit: number;
  /** Further attempts to connect. */
  readonly retries: number;
  /** Sizes of batches, e.g. `1`, `10%`; the rest is the last one. */
  readonly batches: readonly string[];
  /** The run stops when more than this share of a batch failed, 0 to 1. */
  readonly stopAt: number;
  /** The script is installed there, is run from there, and stays. */
  readonly install?: Placing;
  /** Files to put on the host, with the rights of the account, before the script is run. There is no standard input then. */
  readonly put?: readonly PutFile[];
  /** What is done besides; absent where the script is all. */
  readonly task?: Task;
}

/** What became of a host. JSON-safe. */
export type RunOutcome =
  /** The script ended with 0. */
  | { readonly is: 'ok' }
  /** It ended with another status. */
  | { readonly is: 'failed'; readonly exit: number }
  /** Its time was over: it was ended, with all that it had started. */
  | { readonly is: 'timed-out' }
  /** Nothing was run there. */
  | { readonly is: 'unreachable'; readonly fault: Message; readonly next?: Message }
  /** It was begun, and not done; the fault says why. */
  | {
      readonly is: 'fault';
      readonly fault: Message;
      readonly next?: Message;
      /** No further host is begun, however many may fail. */
      readonly stops?: true;
    }
  /** It was begun, and how it ended is not known. */
  | { readonly is: 'lost'; readonly fault: Message; readonly next?: Message }
  /** It was ended because the run was. */
  | { readonly is: 'stopped' }
  /** It was not begun: the run stopped before. */
  | { readonly is: 'not-run' };

/** A file that was brought back. */
export interface CollectedFile {
  /** Where it was on the host; bytes that are no UTF-8 as `%` and two digits. */
  readonly path: string;
  /** Where it is, below the host's folder. */
  readonly file: string;
  readonly size: number;
  readonly sha256: string;
  /** It was written to while it was read. */
  readonly changed?: true;
}

/** What matched and was not brought back. */
export interface SkippedFile {
  readonly path: string;
  readonly why: 'link' | 'none' | 'folder' | 'special' | 'unreadable' | 'large' | 'twice';
}

/** The result of one host. */
export interface RunHost {
  readonly host: string;
  readonly outcome: RunOutcome;
  /** ISO 8601, UTC. */
  readonly begun: string;
  readonly milliseconds: number;
  /** Of the script itself. */
  readonly scriptMilliseconds?: number;
  readonly attempts: number;
  readonly stdout: number;
  readonly stderr: number;
  readonly files: readonly CollectedFile[];
  readonly skipped: readonly SkippedFile[];
  /** What was there before, of each file that was put: the same, another one, none. */
  readonly put?: readonly ('same' | 'changed' | 'new')[];
  /** What an update changed. */
  readonly update?: UpdateReport;
  /** What was changed about an account. */
  readonly changes?: readonly AccountChange[];
  /** Processes that the script started go on there. */
  readonly left?: true;
}

/** A line of a run's journal. */
export type RunEvent =
  | {
      readonly event: 'run';
      readonly at: string;
      readonly spec: RunSpec;
      readonly hosts: readonly string[];
      readonly of?: string;
    }
  /** Taken up again, after it had ended before all hosts had. */
  | { readonly event: 'resume'; readonly at: string }
  | { readonly event: 'begin'; readonly at: string; readonly host: string }
  | { readonly event: 'end'; readonly at: string; readonly host: string; readonly outcome: RunOutcome }
  | { readonly event: 'stop'; readonly at: string; readonly why: 'share' | 'signal' };

/** Whether a host is to be run when the run is taken up again. */
export function isUnfinished(outcome: RunOutcome | undefined): boolean {
  return outcome === undefined || outcome.is === 'not-run' || outcome.is === 'stopped';
}

/** Whether a host counts as failed. */
export function isFailed(outcome: RunOutcome | undefined): boolean {
  return !isUnfinished(outcome) && outcome?.is !== 'ok';
}
