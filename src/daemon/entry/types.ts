import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AuditLog } from '../../audit/log.ts';
import type { Refused } from '../../audit/refusals.ts';
import type { Sessions } from '../../identity/sessions.ts';
import type { Signing } from '../../identity/signing.ts';
import type { ServiceTokens } from '../../identity/tokens.ts';
import type { PeopleSource, User } from '../../identity/types.ts';
import type { Asking, Verdict } from '../../model/audience.ts';
import type { Fault } from '../../model/fault.ts';
import type { Message } from '../../model/message.ts';
import type { Site } from '../../model/site.ts';
import type { Store } from '../../store/store.ts';
import type { Admitted } from '../cut/tell-sightings.ts';
import type { Badges } from './badges.ts';
import type { Standing } from './standing.ts';

/** What answers visitors and nginx is made of: one for each site that is followed. */
export interface Entry {
  /** The state folder. */
  readonly state: string;
  readonly site: Site;
  /** Where the site remembers. Throws `store.*` faults as long as it cannot be opened. */
  readonly store: () => Promise<Store>;
  readonly sessions: Sessions;
  readonly tokens: ServiceTokens;
  readonly signing: Signing;
  /** What nginx counts a session by; nothing where this machine has no key. */
  readonly mark: (session: string) => string | undefined;
  /** In the order in which they are asked. */
  readonly sources: readonly PeopleSource[];
  /** Users as their sources have them now. */
  readonly standing: Standing;
  /** The one decision. */
  readonly admit: (asking: Asking) => Verdict;
  /** ISO 3166-1 alpha-2 of an address, where it is known. */
  readonly country: (address: string) => string | undefined;
  /** Approvals of a user for a publication that have not ended. */
  readonly approvals: (user: User, publication: string) => Promise<NonNullable<Asking['approvals']>>;
  readonly audit: AuditLog;
  /** Writes down that somebody was not let in, but not each time. */
  readonly refused: (refused: Refused) => void;
  /** Has nginx ask again about everybody, at once, and ends the live connections of those who are refused then. */
  readonly forgetVerdicts: () => Promise<void>;
  /** Has it looked within a second, at most once in each, whose live connections are to end: somebody known was refused. */
  readonly lookAtLive: () => void;
  readonly badges: Badges;
  /** Tells whose connection somebody comes by, before they are let in. Whether it could be told. */
  readonly sighted: (admitted: Admitted) => boolean;
  readonly tell: (what: Message) => void;
  readonly fail: (fault: Fault) => void;
}

/** Answers a request that came through nginx. What it throws becomes a 503. */
export type Handler = (asked: IncomingMessage, answer: ServerResponse) => Promise<void>;

/** Makes what answers at the portal's name: all that the entry does not answer itself. */
export type Portal = (entry: Entry) => Handler;
