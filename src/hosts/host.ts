/** What a command did. */
export interface Outcome {
  /** Exit status; `undefined` when a signal or the time limit ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Milliseconds; the command is killed past it. Default 60 s. */
  readonly timeout?: number;
  /** The command is killed when either of its outputs grows past it. Default 64 MiB. */
  readonly maxBytes?: number;
  /** What the command reads; without it, its standard input is closed. */
  readonly input?: string;
  /** Told each line of its standard error as it comes. */
  readonly told?: (line: string) => void;
}

/** A machine that Poterne acts on. */
export interface Host {
  readonly name: string;
  /** Runs an argument vector (never a shell string). Throws `host.command.missing` when there is no such program. */
  run(argv: readonly string[], options?: RunOptions): Promise<Outcome>;
}
