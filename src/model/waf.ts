import type { Pointer } from './pointer.ts';

/** `observe`: what would be blocked is logged and goes through. */
export const wafModes = ['observe', 'block'] as const;
export type WafMode = (typeof wafModes)[number];

/** How much the rules look for, and how many of them mistake honest requests (CRS: paranoia level). */
export type Paranoia = 1 | 2 | 3 | 4;

/** What is not looked for, and where: one rule, under one path, in one parameter. What it leaves out, it does not narrow. */
export interface WafExclusion {
  /** Id of the rule, e.g. 942100. */
  readonly rule: number;
  /** A path as visitors see it: exactly that, or all below when it ends with `/`. */
  readonly path: string;
  /**
   * What of the request the rule does not read there, in ModSecurity's words: `ARGS:q`, `REQUEST_COOKIES:session`, `REQUEST_HEADERS:User-Agent`. Absent: the rule is off there.
   */
  readonly target?: string;
  readonly why: string;
  readonly pointer: Pointer;
}

/** How the web application firewall treats one publication. Sizes in bytes. */
export interface Waf {
  readonly mode: WafMode;
  readonly paranoia: Paranoia;
  /** Anomaly scores from which a request, and an answer, is blocked. */
  readonly thresholds: { readonly inbound: number; readonly outbound: number };
  /** How much of a request's body is looked at; what is larger is refused. */
  readonly requestBody: number;
  /** How much of an answer's body is looked at; absent: none of it. What is larger goes on unseen. */
  readonly responseBody?: number;
  /** Applications whose ways the CRS knows, by its own names: `wordpress`, `nextcloud`. */
  readonly applications: readonly string[];
  /** Methods that are let through beside those of the CRS: GET, HEAD, POST and OPTIONS. */
  readonly methods?: readonly string[];
  /** Paths that are not looked at at all: exactly that, or all below when it ends with `/`. */
  readonly skip: readonly string[];
  readonly exclusions: readonly WafExclusion[];
  readonly pointer: Pointer;
}

/** The rules that the whole gateway has. */
export interface WafRules {
  /** Folder of a CRS that the user brought (absolute path); absent: Debian's. */
  readonly folder?: string;
  /** SHA-256 over the rules of the folder, hex, as `poterne waf rules` tells it; what differs is refused. */
  readonly sha256?: string;
  /** The files of that folder which are loaded, as they were when the description was read. */
  readonly files?: readonly string[];
  readonly pointer: Pointer;
}

/** One set of rules as it stands on a disk. */
export interface WafRuleSet {
  /** Absolute. */
  readonly folder: string;
  /** As its own rules tell it, such as 3.3.4. */
  readonly version: string;
  /** Over all files. */
  readonly sha256: string;
  /** Relative to the folder, in the order in which they are loaded; data that rules read come last. */
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
}

/** Why a set of rules cannot be had. */
export interface WafRulesLack {
  readonly lack: 'missing' | 'unreadable' | 'none' | 'digest';
  readonly params: Readonly<Record<string, string>>;
}

/** What was seen of a publication while its firewall only looked at it, as far back as the logs go. */
export interface WafEvidence {
  /** Requests that came to it. */
  readonly requests: number;
  /** When the first and the last of them came; ISO 8601. */
  readonly first?: string;
  readonly last?: string;
  /** Requests that would have been blocked. */
  readonly wouldBlock: number;
  /** Those of them that the exclusions of the description, as it is now, would not let through. */
  readonly unresolved: number;
  /** When the last of these came; ISO 8601. */
  readonly lastUnresolved?: string;
  /** The rules of these, with the number of requests; those with the most first, five at most. */
  readonly rules: readonly { readonly rule: number; readonly requests: number }[];
}
