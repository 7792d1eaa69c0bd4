import type { AuditEntry } from '../../audit/entry.ts';
import type { Refused } from '../../audit/refusals.ts';
import type { PasswordSource, ProviderSource, Strength, User } from '../../identity/types.ts';
import type { Pardon } from '../../identity/unlock.ts';
import type { Html } from '../../lib/html.ts';
import type { Letter } from '../../mail/letter.ts';
import type { Verdict } from '../../model/audience.ts';
import type { Message } from '../../model/message.ts';
import type { SignIn } from '../../model/sign-in.ts';
import type { Publication, Site } from '../../model/site.ts';
import type { CertificateRecord } from '../../pki/authority/ledger.ts';
import type { ApprovalStore } from '../../store/approvals.ts';
import type { Asked } from './asked.ts';

/** A site whose people sign in. */
export type SignInSite = Site & { readonly signIn: SignIn };

/** Somebody who signed in, in one browser. */
export interface PortalSession {
  /** Public: it is shown, and logged. */
  readonly id: string;
  readonly user: User;
  readonly strength?: Strength;
  readonly made: Date;
  readonly seen: Date;
  readonly address: string;
  readonly agent: string;
}

/** Where a request comes from. */
export interface Whence {
  readonly address: string;
  readonly agent: string;
}

/** The sessions, as far as the portal goes. A cookie is a value of `__Host-poterne`. */
export interface PortalSessions {
  /** The session of a cookie, with its user as their source has them now. */
  find(cookie: string): Promise<PortalSession | undefined>;
  begin(
    user: User,
    strength: Strength | undefined,
    whence: Whence,
  ): Promise<{ readonly session: PortalSession; readonly cookie: string }>;
  /** They have shown more of who they are; the cookie is another from now on. `undefined`: it has ended meanwhile. */
  strengthen(
    session: PortalSession,
    strength: Strength,
  ): Promise<{ readonly session: PortalSession; readonly cookie: string } | undefined>;
  /** Of a person, or of everybody. */
  list(user?: string): Promise<readonly PortalSession[]>;
  /** Ends one at once, everywhere. */
  end(session: PortalSession, why: 'sign-out' | 'ended-by-user'): Promise<void>;
}

export type Source = PasswordSource | ProviderSource;

export const asksPassword = (source: Source): source is PasswordSource => 'check' in source;

/** What a second factor's form said. */
export type StepResult =
  | { readonly ok: true; readonly strength: Strength }
  | { readonly ok: false; readonly why: Message };

/** A way to show more of who one is. The portal has the page, counts failures, and strengthens the session. */
export interface FactorStep {
  readonly method: 'totp' | 'passkey' | 'recovery';
  /** A script that the form needs, by its path on the portal. */
  readonly script?: string;
  /** Whether this person can use it. */
  ready(user: User): Promise<boolean>;
  /** What stands in the form, without its buttons: labels, fields. `wrong` is what was said of the last try. */
  fields(asked: Asked, wrong: string | undefined): Promise<Html>;
  /** What the form sent. */
  check(asked: Asked, sent: Readonly<Record<string, string>>): Promise<StepResult>;
}

/** Second factors, as far as the portal goes. */
export interface PortalFactors {
  /** In the order in which they are offered. */
  readonly steps: readonly FactorStep[];
  /** Whether this browser is remembered as one where the person gave a second factor. */
  remembered(user: User, asked: Asked): Promise<Strength | undefined>;
  /** Remembers this browser, by a cookie of its own. */
  remember(user: User, asked: Asked): Promise<void>;
  /** Where a person without any enrols: a path of the portal. */
  readonly enrolAt: string;
}

/** What the portal is made of: the daemon puts it together. */
export interface PortalNeeds {
  /** As it is served now. */
  site(): SignInSite;
  /** In the order in which they are asked. */
  sources(): readonly Source[];
  readonly sessions: PortalSessions;
  readonly factors: PortalFactors;
  readonly approvals: ApprovalStore;
  /** Whether a session would be let in to a publication now, from there, to a path or a class of paths. */
  admit(
    session: PortalSession,
    publication: Publication,
    address: string,
    place: { readonly path: string } | { readonly pathClass: string },
  ): Promise<Verdict>;
  /** Whether somebody is cut off: then they do not sign in, whatever they show. */
  isCut(user: User): boolean;
  /** Has nginx ask again about everybody, at once. */
  forgetVerdicts(): Promise<void>;
  /** Client certificates that Poterne's authority gave to somebody. */
  certificates(user: User): Promise<readonly CertificateRecord[]>;
  /** Changes the password of a local person; what is wrong with the new one, or `undefined`. */
  changePassword(user: User, password: string, from: string): Promise<Message | undefined>;
  /** What an administrator forgave somebody who had failed. */
  pardons(): Promise<readonly Pardon[]>;
  audit(entry: AuditEntry): Promise<unknown>;
  /** Writes down a refusal that anybody could bring about at each request: once a minute, and how often. */
  refused(one: Refused): void;
  /** Absent when the description has no `mail:`. */
  readonly mail?: (letter: Letter) => Promise<unknown>;
  /** Told of what went wrong inside. */
  fail(error: unknown): void;
  now(): Date;
}
