import type { WeeklyHours } from './hours.ts';
import type { Calendar } from './job.ts';
import type { Message } from './message.ts';
import type { Pointer } from './pointer.ts';

/** Who a rule of an audience speaks of. Whoever meets one of these is meant; `certificate` needs no signing in. */
export interface RuleSubject {
  /** Ids of users: `alice`, or `carol@ad` for somebody of a directory. */
  readonly people: readonly string[];
  /** Groups in the description's words. */
  readonly groups: readonly string[];
  /** Whoever has signed in. */
  readonly signedIn: boolean;
  /** By name, the TLS configuration whose client certificates are meant. */
  readonly certificate?: string;
}

/** When a rule holds. */
export type RuleWhen =
  /** Hours of the week, on the open days of a calendar where there is one. */
  | {
      readonly kind: 'weekly';
      readonly hours: WeeklyHours;
      readonly calendar?: Calendar;
      /** IANA name. */
      readonly timezone: string;
    }
  /** One window: from the first moment up to the second, ISO 8601 in UTC. */
  | { readonly kind: 'once'; readonly from: string; readonly to: string };

/** Whose word lets somebody in for a time. */
export interface RuleApproval {
  readonly people: readonly string[];
  readonly groups: readonly string[];
  /** For how long an approval holds, in milliseconds. */
  readonly lasts: number;
}

/** One rule of an audience: all that it says must hold. What it leaves out, it does not ask. */
export interface AudienceRule {
  readonly verdict: 'allow' | 'deny';
  /** Absent: everybody, signed in or not. */
  readonly subject?: RuleSubject;
  /** What the user named: zones, networks; and the CIDR blocks that these stand for. */
  readonly from?: readonly string[];
  readonly networks?: readonly string[];
  /** ISO 3166-1 alpha-2, in capitals. */
  readonly countries?: readonly string[];
  readonly secondFactor: boolean;
  readonly when?: RuleWhen;
  /** Path prefixes (`/rfe/`: that and all below); absent: all. */
  readonly paths?: readonly string[];
  readonly approval?: RuleApproval;
  /** Stays the same wherever the rule is written, and is another when it says anything else: what approvals are of. */
  readonly id: string;
  readonly pointer: Pointer;
}

/** Somebody as the decision knows them: who they are, and of which of the description's groups. */
export interface Subject {
  /** `alice`, or `carol@ad`. */
  readonly id: string;
  readonly groups: readonly string[];
}

/** What is asked of the decision: all that it may depend on. */
export interface Asking {
  /** The publication's id. */
  readonly publication: string;
  /** The class of the path that is asked for (`src/lib/path-class.ts`); absent: its root. */
  readonly pathClass?: string;
  readonly at: Date;
  /** The visitor's address. */
  readonly address: string;
  /** ISO 3166-1 alpha-2; absent where it is not known. */
  readonly country?: string;
  /** Who signed in; absent: nobody. */
  readonly user?: Subject;
  /** Whether a second factor was given (and still counts). */
  readonly secondFactor?: boolean;
  /** The TLS configuration that accepted the visitor's certificate, by name. */
  readonly certificate?: string;
  /** Approvals of this user, by the ids of the rules that they are of; those that have ended count for nothing. */
  readonly approvals?: readonly { readonly rule: string; readonly until: Date }[];
}

/** Why somebody is not let in, as nginx and pages are told. */
export const refusals = [
  'sign-in',
  'second-factor',
  'approval',
  'group',
  'network',
  'country',
  'hours',
  'denied',
  'cut',
  'ended',
] as const;
export type Refusal = (typeof refusals)[number];

/** What was decided, and why: `because` are sentences for `poterne why` and the log. */
export type Verdict =
  | {
      readonly admitted: true;
      readonly rule: Pointer;
      /** When it ends by itself, if nothing else changes. */
      readonly until?: Date;
      readonly because: readonly Message[];
    }
  | {
      readonly admitted: false;
      /** What the visitor lacks: the nearest rule's first lack, in the order of `refusals`. */
      readonly why: Refusal;
      readonly because: readonly Message[];
      /** When it may change by itself: the next hours. */
      readonly until?: Date;
      /** With `approval`: the rule that lets them in once somebody says so. */
      readonly ask?: { readonly rule: string; readonly approval: RuleApproval };
    };
