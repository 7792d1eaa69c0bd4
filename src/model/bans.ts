import type { Pointer } from './pointer.ts';
import type { Party } from './site.ts';

/** What somebody is banned for: failures at sshd, at the portal, requests that the WAF blocked, too many requests, names that nobody published. */
export const offenceKinds = ['ssh', 'portal', 'waf', 'floods', 'scans'] as const;
export type OffenceKind = (typeof offenceKinds)[number];

/** From how many offences on somebody is banned, and for how long: twice as long each time, up to the longest. Milliseconds. */
export interface Threshold {
  readonly failures: number;
  readonly within: number;
  readonly for: number;
  readonly longest: number;
}

/** Who is banned, and who never is. */
export interface Bans {
  /** What is not there bans nobody. */
  readonly thresholds: Readonly<Partial<Record<OffenceKind, Threshold>>>;
  /** Beside those who administer, gateways, load balancers and vantages, which never are. */
  readonly never: readonly Party[];
  /** Whom the banned may ask: an address of mail, a telephone number. */
  readonly contact?: string;
  readonly pointer: Pointer;
}

/** Why an address is never banned. */
export type NeverWhy = 'described' | 'admin' | 'host' | 'gateway' | 'front' | 'loopback';

/** A canonical CIDR block whose addresses are never banned. */
export interface Never {
  readonly network: string;
  readonly why: NeverWhy;
}

/** An address or a network that is banned. Times are ISO 8601, UTC. */
export interface Ban {
  /** A canonical CIDR block. */
  readonly network: string;
  readonly kind: OffenceKind | 'hand';
  readonly at: string;
  /** When it ends; absent: when somebody removes it. */
  readonly until?: string;
  readonly by: string;
  readonly reason: string;
  /** The gateway that banned it, by its machine's name. */
  readonly gateway: string;
  /** How often it was banned before. */
  readonly before: number;
  /** What it did last; what is secret in it is masked. */
  readonly offences: readonly Offence[];
}

/** Something that counts against an address. */
export interface Offence {
  readonly kind: OffenceKind;
  readonly at: string;
  readonly address: string;
  /** What it was, in a few words: a rule, a path, a login. */
  readonly what: string;
}

/** Where the engine looks whether somebody is banned, below the state folder: files called as for what is cut off. */
export const banPlaces = {
  addresses: 'bans/addresses',
  networks: 'bans/networks',
} as const;

/** What fail2ban has on a host, absolute: its jails, what it runs when it bans and when it sees a failure, and where it tells the gateway whom it banned. */
export const fail2banPlaces = {
  jails: '/etc/fail2ban/jail.d/zz-poterne.local',
  program: '/etc/poterne/fail2ban-told',
  seen: '/etc/poterne/fail2ban-seen',
  folder: '/var/lib/poterne-bans',
  told: '/var/lib/poterne-bans/told',
  socket: '/run/fail2ban/fail2ban.sock',
} as const;
