import type { WeeklyHours } from './hours.ts';
import type { Pointer } from './pointer.ts';

/** A person, as far as access to machines goes. Poterne holds public keys only. */
export interface Person {
  /** What they are called everywhere; also their account on the bastion. */
  readonly name: string;
  /** As people call them. */
  readonly title?: string;
  readonly email?: string;
  /** Registered public keys as `type base64`, without the comment. */
  readonly keys: readonly string[];
  readonly groups: readonly string[];
  /** The last day of their access, `2026-12-31`, in the site's time zone; absent when it does not end by itself. */
  readonly until?: string;
  readonly pointer: Pointer;
}

/**
 * What people do on a machine: `shell` is a shell or a command, `files` is sftp (and scp, which uses it). Whoever has a shell
 * can read and write files with it too; `files` alone gives no shell.
 */
export const accessKinds = ['shell', 'files'] as const;
export type AccessKind = (typeof accessKinds)[number];

/** Who may enter which machines as which accounts. References are resolved: names of people and of hosts. */
export interface AccessRule {
  readonly people: readonly string[];
  readonly hosts: readonly string[];
  /** Accounts of the machines. */
  readonly as: readonly string[];
  readonly allow: readonly AccessKind[];
  /** Absent: at any hour. In the site's time zone. */
  readonly when?: WeeklyHours;
  readonly pointer: Pointer;
}

/** Access outside the rules, for when everything burns: possible for some, and told to everybody. */
export type BreakGlass = AccessRule;

/** The machine through which people reach the others over SSH. */
export interface Bastion {
  /** The host, by name. */
  readonly host: string;
  /** The public key of the SSH authority that signs for people and sessions, as `type base64`; without it nothing is set up. */
  readonly authority?: string;
  /** The public key of the authority that signs for hosts, as the bastion shows them, as `type base64`. */
  readonly hostAuthority?: string;
  /** How long a person's certificate is valid, in milliseconds. */
  readonly certificates: number;
  /** Whether registered keys and authorized_keys files of accounts open anything by themselves. */
  readonly staticKeys: boolean;
  /** How long recordings are kept, in milliseconds. */
  readonly keep: number;
  readonly breakGlass?: BreakGlass;
  readonly pointer: Pointer;
}

/** What a session certificate says: this account of this host, and no other. */
export function accountPrincipal(host: string, account: string): string {
  return `${host}/${account}`;
}

/** What a person's certificate says; only the bastion believes it. */
export function personPrincipal(person: string): string {
  return `person:${person}`;
}

/** What Poterne's own certificates say: the accounts that it logs in with on machines believe it. */
export const managementPrincipal = 'poterne:management';

/** Where the bastion's things are on its host. */
export const bastionPlaces = {
  /** The account of the daemon, which alone holds the authority. */
  account: 'poterne-bastion',
  /** The state folder of the daemon: the authority, the audit log, recordings. */
  state: '/var/lib/poterne-bastion',
  /** The group of the people's accounts. */
  people: 'poterne-people',
  /** Loopback addresses at which the bastion answers in the place of machines. */
  standIns: '127.83.0.0/16',
  /** What sshd reads, on every host. */
  ssh: '/etc/ssh/poterne',
} as const;
