/** What became of an occurrence of a job, or is becoming of it. */
export const occurrenceStates = [
  /** Its time has come; something that it waits for has not. */
  'waiting',
  'running',
  /** Its gateway was told to stop; the run can be taken up again. */
  'interrupted',
  'ok',
  'failed',
  /** Ended at the end of its window, or by hand. */
  'stopped',
  /** Its gateway died, and how it ended is not known. */
  'lost',
  /** It waited until it was too late. */
  'never-started',
  /** Its time came while no scheduler ran. */
  'missed',
  /** Its time came while the job was running, or paused. */
  'skipped',
] as const;
export type OccurrenceState = (typeof occurrenceStates)[number];

/** An occurrence that has not come to its end. Moments are milliseconds since 1970. */
export interface Unsettled {
  readonly due: number;
  readonly state: 'waiting' | 'running' | 'interrupted';
  readonly started?: number;
  /** It was told that this one is late. */
  readonly late: boolean;
  /** Whoever ran it does not any more: nobody renews its lease. */
  readonly leaseOver: boolean;
}

/** What is remembered of a job, as far as the next decision needs it. */
export interface JobMemory {
  /** Its schedule has been followed up to here. */
  readonly looked: number;
  /** When it was last due. */
  readonly lastDue?: number;
  readonly paused: boolean;
  /** When it was last started, by its schedule or by hand. */
  readonly lastStarted?: number;
  /** Its latest success. */
  readonly lastOk?: { readonly due: number; readonly ended: number };
  /** At most one that waits, and one that runs. */
  readonly unsettled: readonly Unsettled[];
}

/** What is remembered of jobs, by name; one that is not in it was never looked at. */
export type Memory = ReadonlyMap<string, JobMemory>;
