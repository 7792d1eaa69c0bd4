import type { Activity, Count } from './protocol.ts';

/** How a session ended, when not by itself. */
export const endings = [
  /** The command or the shell ended. */
  'exit',
  /** The person or the network went away. */
  'left',
  /** The description does not let them in any more, or its hours are over. */
  'denied',
  /** Somebody ended it. */
  'cut',
  /** It could not be recorded any more. */
  'unrecorded',
  /** The daemon went away, or the machine. */
  'interrupted',
] as const;
export type Ending = (typeof endings)[number];

/** What is kept of a session, beside its recording. JSON-safe. */
export interface SessionRecord extends Count {
  readonly id: string;
  readonly person: string;
  readonly host: string;
  readonly account: string;
  readonly activity: Activity;
  readonly command?: string;
  /** The address that they came from. */
  readonly from: string;
  /** The serial number of their certificate; absent for a registered key. */
  readonly serial?: string;
  /** What in the description let them in. */
  readonly rule: string;
  /** They entered outside the rules, and this is why they say they did. */
  readonly breakGlass?: string;
  /** ISO 8601, UTC. */
  readonly began: string;
  /** Absent while it goes on. */
  readonly ended?: string;
  readonly ending?: Ending;
  /** Why it was ended, in words. */
  readonly because?: string;
  /** What the command or the shell ended with. */
  readonly status?: number;
  /** Files that were brought, fetched or changed. */
  readonly transfers: number;
  /** The recording, once the session has ended. */
  readonly recording?: { readonly bytes: number; readonly sha256: string };
}
