import type { Session } from '../../identity/sessions.ts';
import type { PeopleSource, User } from '../../identity/types.ts';

/** Users as their sources have them now. */
export interface Standing {
  /**
   * The user of a session as their source has them. It is asked again before what is known is five minutes old: somebody whom a directory
   * has disabled does not go on. `undefined` when they are gone. Throws when the source cannot tell any more.
   */
  of(session: Session): Promise<User | undefined>;
  /** The same of an id, for what acts in somebody's place. */
  ofId(id: string): Promise<User | undefined>;
}

/** Milliseconds: from when a directory is asked again, and from when its answer is waited for; described people are asked at once. */
const standingTimes = { again: 120_000, longest: 240_000, local: 1000 } as const;

interface Known {
  readonly user: User;
  /** When it was asked, by the monotonic clock. */
  readonly at: number;
}

const most = 20_000;

/** Follows users in their sources. `note` is told what a source says of a session's user. */
export function followStanding(
  sources: readonly PeopleSource[],
  note: (session: Session, user: User) => Promise<void>,
): Standing {
  const known = new Map<string, Known>();
  const asking = new Map<string, Promise<User | undefined>>();

  const ask = (key: string, session: Session): Promise<User | undefined> => {
    const under = asking.get(key);
    if (under) return under;
    const at = performance.now();
    const asked = find(sources, session)
      .then(async (user) => {
        known.delete(key);
        if (user) known.set(key, { user, at });
        for (const [oldest] of known) {
          if (known.size <= most) break;
          known.delete(oldest);
        }
        if (user && session.user.source !== 'local') await note(session, user);
        return user;
      })
      .finally(() => asking.delete(key));
    asking.set(key, asked);
    return asked;
  };

  return {
    async of(session) {
      const { id, source, stable } = session.user;
      const key = `${id} ${stable ?? ''}`;
      const found = known.get(key);
      const foundAge = found ? performance.now() - found.at : Number.POSITIVE_INFINITY;
      if (source === 'local') return found && foundAge < standingTimes.local ? found.user : ask(key, session);
      // Noted when they signed in, or by another gateway. A clock that went back makes it worth nothing.
      const noted = Date.now() - session.checked.getTime();
      const notedAge = noted < 0 ? Number.POSITIVE_INFINITY : noted;
      const age = Math.min(foundAge, notedAge);
      if (age >= standingTimes.longest) return ask(key, session);
      if (age >= standingTimes.again) ask(key, session).catch(() => undefined);
      return found && foundAge <= notedAge ? found.user : session.user;
    },
    async ofId(id) {
      const source = sourceOf(id);
      const found = known.get(id);
      const age = found ? performance.now() - found.at : Number.POSITIVE_INFINITY;
      const fresh = source === 'local' ? standingTimes.local : standingTimes.longest;
      if (found && age < fresh) return found.user;
      const at = performance.now();
      const user = await sources.find(({ name }) => name === source)?.find(id);
      known.delete(id);
      if (user) known.set(id, { user, at });
      return user;
    },
  };
}

/** Local names hold no `@`. */
const sourceOf = (id: string): string => (id.includes('@') ? id.slice(id.lastIndexOf('@') + 1) : 'local');

/** Whom a session's source has by that id, if it is the same person: another may have the name by now. */
async function find(sources: readonly PeopleSource[], { user: known }: Session): Promise<User | undefined> {
  const user = await sources.find(({ name }) => name === known.source)?.find(known.id, known);
  return user?.stable === known.stable ? user : undefined;
}
