import type { AuditEntry } from '../audit/entry.ts';
import { endOfAccess, hasEnded } from '../lib/access.ts';
import type { Person } from '../model/access.ts';
import { type Message, message } from '../model/message.ts';
import type { Site } from '../model/site.ts';
import type { CredentialStore, Guest, Patience } from '../store/credentials.ts';
import { ownerOf } from './owner.ts';
import { hashPassword, passwordTrouble, verifyNothing, verifyPassword } from './passwords.ts';
import { hashOf, newSecret } from './secrets.ts';
import type { PasswordSource, SignInResult, User } from './types.ts';

/** What the local people are made of. The site is read at each use: it changes under way. */
export interface PeopleNeeds {
  site(): Site;
  credentials(): CredentialStore;
  audit(entry: AuditEntry): Promise<unknown>;
  /** Tells somebody, by mail where that is described, what became of what they sign in with. */
  tell?(user: User, text: Message): Promise<void>;
  now(): Date;
}

/** Who did something, from where. */
export interface By {
  readonly who: string;
  readonly from: string;
}

/** An invitation: who has it sets their first password, or another, once. */
export interface Invitation {
  readonly user: User;
  readonly expires: Date;
}

/** The described people, and guests: their source is `local`. */
export interface LocalPeople extends PasswordSource {
  /** Somebody of that name, also when their time is over. A described person comes before a guest. */
  known(name: string): Promise<{ readonly user: User; readonly isOver: boolean } | undefined>;
  /** Sets a password that holds; what is wrong with it otherwise. Devices are not remembered any longer. */
  setPassword(user: User, password: string, by: By): Promise<Message | undefined>;
  /** The secret of a fresh invitation; those of before are void. */
  invite(user: User, by: By): Promise<{ readonly code: string; readonly expires: Date }>;
  /** The invitation of a secret, which stays. */
  invitation(code: string): Promise<Invitation | undefined>;
  /** Uses up an invitation; what is wrong with the password, and then it can be tried again. `undefined` in `user`: it is none. */
  accept(
    code: string,
    password: string,
    from: string,
  ): Promise<{ readonly user?: User; readonly wrong?: Message }>;
  /** Makes somebody a guest. */
  addGuest(guest: NewGuest, by: By): Promise<User>;
  /** Ends a guest at once, and forgets what they signed in with; false when there is none. */
  endGuest(name: string, by: By): Promise<boolean>;
}

export type NewGuest = Pick<Guest, 'name' | 'title' | 'email' | 'groups' | 'ends'>;

/** How long an invitation holds, in milliseconds. */
const invitationLasts = 24 * 3_600_000;

/**
 * After how many failures in a row how long somebody's password, or code, is not looked at: long enough that guessing is hopeless (NIST
 * SP 800-63B §3.2.2), short enough that who keeps others out this way does not for long. A passkey works all the time.
 */
export const patience: Patience = [
  { failures: 5, pause: 60_000 },
  { failures: 7, pause: 5 * 60_000 },
  { failures: 9, pause: 15 * 60_000 },
];

/** Whose attempts those at unknown names are: counted as others are, so that they take as long, and held against nobody. */
const nobody = ' nobody';

/** Opens the local people. */
export function openPeople(needs: PeopleNeeds): LocalPeople {
  const described = (name: string) => needs.site().people.find((person) => person.name === name);

  const known: LocalPeople['known'] = async (login) => {
    if (login === '' || login.includes('@')) return undefined;
    const site = needs.site();
    const person = described(login);
    if (person) return { user: personUser(site, person), isOver: hasEnded(site, person, needs.now()) };
    const guest = await needs.credentials().guest(login);
    return guest && { user: guestUser(guest), isOver: guest.ends <= needs.now() };
  };

  const find = async (id: string): Promise<User | undefined> => {
    const found = await known(id);
    return found && !found.isOver ? found.user : undefined;
  };

  const trouble = (user: User, password: string): Promise<Message | undefined> => {
    const { name, signIn } = needs.site();
    const words = [
      name,
      'poterne',
      ...(signIn ? [signIn.at] : []),
      ...(signIn?.brand.name ? [signIn.brand.name] : []),
    ];
    return passwordTrouble(password, { ...user, words });
  };

  const keep = async (user: User, password: string, how: How, { who, from }: By): Promise<void> => {
    const hash = await hashPassword(password);
    await needs.audit({ who, what: 'password.set', to: user.id, from, result: 'done', detail: { how } });
    const credentials = needs.credentials();
    const before = await credentials.password(ownerOf(user));
    await credentials.setPassword({ owner: ownerOf(user), person: user.id }, hash, needs.now());
    await credentials.unlock(ownerOf(user));
    await credentials.forgetDevices(ownerOf(user));
    // Of their first one nobody has to be warned.
    if (before) await needs.tell?.(user, toldOf(needs.site(), `password.told.${how}`, needs.now()));
  };

  const invitation = async (code: string) => {
    const found = await needs.credentials().peek('invitation', hashOf(code), needs.now());
    const user = found && (await find(JSON.parse(found.detail).person));
    // Somebody else has the name by now.
    return user && ownerOf(user) === found.owner ? { user, expires: found.expires } : undefined;
  };

  return {
    name: 'local',
    known,
    find,
    async check(login, password): Promise<SignInResult> {
      const found = await known(login.trim().toLowerCase());
      const owner = found && !found.isOver ? ownerOf(found.user) : undefined;
      const credentials = needs.credentials();
      const kept = await credentials.password(owner ?? nobody);
      const mayTry = await credentials.attempt(
        owner ?? nobody,
        'password',
        needs.now(),
        owner === undefined ? [] : patience,
      );
      const verdict = await (kept && mayTry ? verifyPassword(password, kept.hash) : verifyNothing(password));
      if (!found || owner === undefined) return { refused: found ? 'expired' : 'unknown' };
      if (!mayTry) return { refused: 'locked' };
      if (verdict === 'wrong') return { refused: 'password' };
      await credentials.succeeded(owner, 'password');
      if (verdict === 'outdated' && kept)
        await credentials.rehash(owner, kept.hash, await hashPassword(password));
      return { user: found.user };
    },
    async setPassword(user, password, by) {
      const wrong = await trouble(user, password);
      if (!wrong) await keep(user, password, by.who === user.id ? 'changed' : 'given', by);
      return wrong;
    },
    async invite(user, { who, from }) {
      const code = newSecret();
      const expires = new Date(needs.now().getTime() + invitationLasts);
      await needs.audit({ who, what: 'user.invite', to: user.id, from, result: 'done' });
      const detail = JSON.stringify({ person: user.id });
      const one = { hash: hashOf(code), owner: ownerOf(user), detail, expires };
      await needs.credentials().offer('invitation', one, true);
      return { code, expires };
    },
    invitation,
    async accept(code, password, from) {
      const found = await invitation(code);
      if (!found) return {};
      const { user } = found;
      const wrong = await trouble(user, password);
      if (wrong) return { user, wrong };
      if (!(await needs.credentials().take('invitation', hashOf(code), needs.now()))) return {};
      await keep(user, password, 'invitation', { who: user.id, from });
      return { user };
    },
    async addGuest(asked, { who, from }) {
      const credentials = needs.credentials();
      const before = await credentials.guest(asked.name);
      const isGoing = before && before.ends > needs.now();
      if (before && !isGoing) await credentials.forgetOwner(before.owner);
      const guest: Guest = {
        ...asked,
        owner: isGoing ? before.owner : `local:${newSecret().slice(0, 16)}`,
        ...{ madeBy: who, made: isGoing ? before.made : needs.now() },
      };
      const detail = { groups: guest.groups.join(','), until: guest.ends.toISOString() };
      await needs.audit({ who, what: 'user.guest', to: guest.name, from, result: 'done', detail });
      await credentials.putGuest(guest);
      if (isGoing && before.email && before.email.toLowerCase() !== guest.email?.toLowerCase())
        await needs.tell?.(guestUser(before), toldOf(needs.site(), 'email.told.changed', needs.now()));
      return guestUser(guest);
    },
    async endGuest(name, { who, from }) {
      const credentials = needs.credentials();
      const guest = await credentials.guest(name);
      if (!guest || guest.ends <= needs.now()) return false;
      await needs.audit({ who, what: 'user.end', to: name, from, result: 'done' });
      await credentials.endGuest(name, needs.now());
      await credentials.forgetOwner(guest.owner);
      return true;
    },
  };
}

/** How a password came about. */
type How = 'changed' | 'given' | 'invitation';

/** What somebody is told of what they sign in with. */
export const toldOf = (
  { name, signIn }: Site,
  code: `password.told.${How}` | 'email.told.changed',
  now: Date,
): Message => message(code, { site: signIn?.brand.name ?? name, at: now.toISOString() });

/** Somebody of the description. */
export function personUser(site: Site, person: Person): User {
  const ends = endOfAccess(site, person);
  return {
    ...{ id: person.name, source: 'local', login: person.name },
    ...(person.title === undefined ? {} : { title: person.title }),
    ...(person.email === undefined ? {} : { email: person.email }),
    groups: person.groups,
    ...(ends ? { ends } : {}),
  };
}

function guestUser({ name, owner, title, email, groups, ends }: Guest): User {
  return {
    ...{ id: name, source: 'local', login: name, stable: owner.slice('local:'.length) },
    ...(title === undefined ? {} : { title }),
    ...(email === undefined ? {} : { email }),
    ...{ groups, ends },
  };
}
