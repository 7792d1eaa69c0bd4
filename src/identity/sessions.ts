import type { SessionStore, StoredPass, StoredSession, Which } from '../store/sessions.ts';
import { rememberReads } from './remembered-reads.ts';
import { hashOf, isSecretOf, newId, newSecret } from './secrets.ts';
import { steadyStore } from './steady-store.ts';
import type { Strength, User } from './types.ts';

/** Somebody who signed in, in one browser. */
export interface Session {
  /** Public: logs and receipts name it. It stays the same when its secret changes. */
  readonly id: string;
  /** As their source told when it was last asked. */
  readonly user: User;
  readonly checked: Date;
  readonly strength?: Strength;
  readonly made: Date;
  readonly seen: Date;
  readonly address: string;
  readonly agent: string;
}

/** A session, as a publication's browser shows it: as strong as it was when the pass was made. */
export interface Pass {
  readonly id: string;
  readonly publication: string;
  readonly session: Session;
}

/** Where a code or a pass holds. */
export interface Place {
  /** The publication's id. */
  readonly publication: string;
  /** The name that the browser asks for, with its port when it is not 443. */
  readonly host: string;
}

/** What the description says of sessions: read at each use. */
export interface SessionRules {
  /** The site's name: several may share a database. */
  readonly site: string;
  /** Milliseconds. */
  readonly idle: number;
  readonly longest: number;
}

/**
 * Sessions, and the passes that carry them to publications. Secrets leave only as `cookie` and `code`; only their hashes are kept. Every
 * method throws `sessions.unavailable` when the store cannot be asked: who cannot be judged is not let in.
 */
export interface Sessions {
  /** Signs somebody in. Always a new session: one that a browser showed before is never taken over. */
  begin(
    user: User,
    strength: Strength | undefined,
    from: { readonly address: string; readonly agent: string },
  ): Promise<{ readonly session: Session; readonly cookie: string }>;
  /** The session of the portal's cookie. */
  find(cookie: string): Promise<Session | undefined>;
  /** They have shown again who they are. The cookie of before is nobody's from now on; passes stay as weak as they were. */
  strengthen(
    session: Session,
    strength: Strength,
  ): Promise<{ readonly session: Session; readonly cookie: string } | undefined>;
  /** The session's source was asked again, and tells this of its user. */
  renew(session: Session, user: User): Promise<void>;
  list(user?: string): Promise<readonly Session[]>;
  /** Ends sessions with all their passes; gives their ids. What cannot be written is refused here all the same, and tried again. */
  end(which: Which, why: string): Promise<readonly string[]>;
  /** What carries a session to a publication: for 30 seconds, once, and for the browser that set out with `state`. */
  code(session: Session, place: Place & { readonly state: string; readonly target: string }): Promise<string>;
  /** The pass that a code is good for. A code that is shown is used up, whatever becomes of it. */
  enter(
    code: string,
    place: Place & { readonly state: string },
  ): Promise<{ readonly cookie: string; readonly target: string; readonly session: string } | undefined>;
  findPass(cookie: string, place: Place): Promise<Pass | undefined>;
  /** Gives up a pass; the session goes on. */
  leave(cookie: string): Promise<void>;
  /** Ends what is idle or old. */
  sweep(): Promise<void>;
}

/** Milliseconds. What is remembered; how often a use is noted; until when that may fail; how far clocks may differ. */
const sessionTimes = {
  remembered: 1000,
  touched: 60_000,
  untouched: 15_000,
  skew: 30_000,
  code: 30_000,
} as const;

/** A pass may have its session's mark behind it, by which nginx counts. */
const form = /^([sp][A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{43})(?:\.s[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]{22})?$/;

/** Opens the sessions of a store. */
export function openSessions(open: () => Promise<SessionStore>, rules: () => SessionRules): Sessions {
  const steady = steadyStore(open);
  const sessions = rememberReads(
    (id) => steady((store) => store.find(rules().site, id)),
    sessionTimes.remembered,
  );
  const passes = rememberReads(
    (id) => steady((store) => store.findPass(rules().site, id)),
    sessionTimes.remembered,
  );
  const touching = new Map<string, Promise<void>>();
  /** When each was noted to be used, by the monotonic clock. */
  const touched = new Map<string, number>();
  /** Ends that could not be written yet. */
  const owed = new Map<string, { readonly which: Which; readonly why: string; readonly before: number }>();

  const isOwed = ({ id, user_id, made }: StoredSession): boolean =>
    [...owed.values()].some(({ which, before }) =>
      'id' in which
        ? which.id === id
        : which.user === user_id && which.except !== id && Date.parse(made) <= before,
    );

  /** Whether it is still one, by the clock that it was made by. */
  const lives = (row: StoredSession): boolean => {
    const { idle, longest } = rules();
    const [now, made, seen] = [row.now, row.made, row.seen].map((at) => Date.parse(at)) as [
      number,
      number,
      number,
    ];
    if (row.ended !== null || isOwed(row)) return false;
    // The clock went back: how old it is nobody knows, and one that had run out would live again.
    if (Math.max(made, seen) > now + sessionTimes.skew) return false;
    return now - seen <= idle && now - made <= longest;
  };

  /** Notes that it was used; waits for that only once it has been failing for some time. */
  const touch = async (row: StoredSession): Promise<void> => {
    const age = Date.parse(row.now) - Date.parse(row.seen);
    const { site, idle } = rules();
    const every = Math.min(sessionTimes.touched, idle / 4);
    const last = touched.get(row.id);
    if (age < every || (last !== undefined && performance.now() - last < every)) return;
    const note =
      touching.get(row.id) ??
      steady((store) => store.touch(site, row.id))
        .then(() => void touched.set(row.id, performance.now()))
        .finally(() => touching.delete(row.id));
    touching.set(row.id, note);
    if (age < every + sessionTimes.untouched) note.catch(() => undefined);
    else await note;
  };

  const end = async (which: Which, why: string): Promise<readonly string[]> => {
    const key = JSON.stringify(which);
    owed.set(key, { which, why, before: Date.now() });
    const ended = await steady((store) => store.end(rules().site, which, why));
    owed.delete(key);
    sessions.forget();
    passes.forget();
    return ended.map(({ id }) => id);
  };

  return {
    async begin(user, strength, { address, agent }) {
      const [id, secret] = [`s${newId()}`, newSecret()];
      const row = {
        ...{ id, hash: hashOf(secret), user_id: user.id, who: JSON.stringify(user) },
        ...{ strength: writtenStrength(strength), address, agent: agent.slice(0, 300) },
      };
      const made = await steady(async (store) => {
        await store.begin(rules().site, row);
        return store.find(rules().site, id);
      });
      return { session: sessionOf(made as StoredSession), cookie: `${id}.${secret}` };
    },
    async find(cookie) {
      const [id, secret] = read(cookie, 's');
      const row = id && (await sessions.get(id));
      if (!row || !isSecretOf(secret, row.hash) || !lives(row)) return undefined;
      await touch(row);
      return sessionOf(row);
    },
    async strengthen({ id }, strength) {
      const secret = newSecret();
      const { site } = rules();
      const done = await steady((store) =>
        store.strengthen(site, id, hashOf(secret), writtenStrength(strength) as string),
      );
      sessions.forget(id);
      const row = done && (await sessions.get(id));
      return row && lives(row) ? { session: sessionOf(row), cookie: `${id}.${secret}` } : undefined;
    },
    async renew({ id }, user) {
      await steady((store) => store.touch(rules().site, id, JSON.stringify(user)));
      sessions.forget(id);
      passes.forget();
    },
    async list(user) {
      const rows = await steady((store) => store.list(rules().site, user));
      return rows.filter(lives).map((row) => sessionOf(row));
    },
    end,
    async code(session, { publication, host, state, target }) {
      const code = newSecret();
      const row = { hash: hashOf(code), session: session.id, publication, host, target };
      await steady((store) =>
        store.addCode(rules().site, { ...row, state: hashOf(state) }, sessionTimes.code),
      );
      return code;
    },
    async enter(code, { publication, host, state }) {
      const { site } = rules();
      const taken = await steady((store) => store.takeCode(site, hashOf(code)));
      if (!taken || taken.publication !== publication || taken.host !== host) return undefined;
      if (!isSecretOf(state, taken.state)) return undefined;
      // As it is now, not as it is remembered.
      const row = await steady((store) => store.find(site, taken.session));
      if (!row || !lives(row)) return undefined;
      const [id, secret] = [`p${newId()}`, newSecret()];
      const pass = { id, hash: hashOf(secret), session: row.id, publication, host, strength: row.strength };
      await steady((store) => store.addPass(site, pass));
      passes.forget();
      return { cookie: `${id}.${secret}`, target: taken.target, session: row.id };
    },
    async findPass(cookie, { publication, host }) {
      const [id, secret] = read(cookie, 'p');
      const found = id && (await passes.get(id));
      if (!found || !isSecretOf(secret, found.pass.hash) || !lives(found.session)) return undefined;
      if (found.pass.publication !== publication || found.pass.host !== host) return undefined;
      await touch(found.session);
      return passOf(found);
    },
    async leave(cookie) {
      const [id, secret] = read(cookie, 'p');
      const found = id && (await passes.get(id));
      if (!found || !isSecretOf(secret, found.pass.hash)) return;
      await steady((store) => store.removePass(rules().site, id));
      passes.forget(id);
    },
    async sweep() {
      for (const { which, why } of [...owed.values()]) await end(which, why);
      const { site, idle, longest } = rules();
      await steady((store) => store.sweep(site, idle, longest));
      for (const [id, at] of touched) if (performance.now() - at > idle) touched.delete(id);
    },
  };
}

/** Id and secret of a cookie's value; nothing when it is none of this kind. */
function read(cookie: string, kind: 's' | 'p'): [id: string | undefined, secret: string] {
  const [, id, secret = ''] = form.exec(cookie) ?? [];
  return [id?.startsWith(kind) ? id : undefined, secret];
}

function passOf({ pass, session }: { pass: StoredPass; session: StoredSession }): Pass {
  const { id, publication, strength } = pass;
  return { id, publication, session: sessionOf({ ...session, strength }) };
}

function sessionOf({ id, who, checked, strength, made, seen, address, agent }: StoredSession): Session {
  const { ends, ...user } = JSON.parse(who) as Omit<User, 'ends'> & { readonly ends?: string };
  return {
    ...{ id, user: { ...user, ...(ends === undefined ? {} : { ends: new Date(ends) }) } },
    ...(strength === null ? {} : { strength: readStrength(strength) }),
    ...{ checked: new Date(checked), made: new Date(made), seen: new Date(seen), address, agent },
  };
}

const writtenStrength = (strength: Strength | undefined): string | null =>
  strength === undefined ? null : JSON.stringify(strength);

function readStrength(text: string): Strength {
  const { factor, at } = JSON.parse(text);
  return { factor, at: new Date(at) };
}
