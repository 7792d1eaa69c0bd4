import type { Filter } from 'ldapts';
import type { LdapDirectory } from '../../model/sign-in.ts';
import { loginName, longestLogin } from '../login-name.ts';
import type { PasswordSource, SignInRefusal, SignInResult, User } from '../types.ts';
import type { Standing } from './accounts.ts';
import { groupBaseOf, oursOf } from './groups.ts';
import type { BindAnswer, Found, LdapConnection } from './ldap-connection.ts';
import { Pace } from './pace.ts';
import { LdapServers, type Patience } from './servers.ts';
import { shown } from './shown.ts';

/** What differs between Active Directory and the others. */
export interface Kind {
  /** What all people meet. */
  people(): Promise<readonly Filter[]>;
  /** The attribute that a login of this form is looked for in. */
  asked(directory: LdapDirectory, login: string): string;
  readonly attributes: readonly string[];
  readonly binary: readonly string[];
  /** The attribute of the login that people are known by here. */
  loginAttribute(directory: LdapDirectory): string;
  readonly usualTitle: readonly string[];
  standing(person: Found, now: Date): Standing;
  ends(person: Found): Date | undefined;
  refusal(answer: Extract<BindAnswer, { accepted: false }>, standing: Standing): SignInRefusal;
  stable(person: Found): string | undefined;
  groups(
    connection: LdapConnection,
    directory: LdapDirectory,
    person: Found,
    login: string,
  ): Promise<readonly string[]>;
}

/** A longer one is no password, but work for the server. */
const longestPassword = 1024;

/**
 * People of an LDAP directory (RFC 4511). Poterne's own account finds the person and their groups; the password is checked by binding as
 * that person, on a connection of its own. Every question throws a `Fault` when no server can answer it.
 */
export class LdapSource implements PasswordSource {
  readonly name: string;
  readonly servers: LdapServers;
  readonly #directory: LdapDirectory;
  readonly #kind: Kind;
  readonly #pace = new Pace();
  readonly #now: () => Date;

  constructor(
    directory: LdapDirectory,
    kind: Kind,
    { now = () => new Date(), patience }: { readonly now?: () => Date; readonly patience?: Patience } = {},
  ) {
    this.name = directory.name;
    this.#directory = directory;
    this.#kind = kind;
    this.#now = now;
    this.servers = new LdapServers(directory, patience);
  }

  async check(login: string, password: string): Promise<SignInResult> {
    // An empty password binds as nobody, which servers grant to anyone (RFC 4513 §5.1.2).
    if (password === '' || password.length > longestPassword) return { refused: 'password' };
    const began = performance.now();
    const person = await this.#look(login);
    if (!person) {
      // What is not there is asked for all the same.
      await this.servers.asPerson(`cn=${crypto.randomUUID()},${this.#directory.base}`, password);
      await this.#pace.hold(began);
      return { refused: 'unknown' };
    }
    const answer = await this.servers.asPerson(person.dn, password);
    this.#pace.learn(performance.now() - began);
    const standing = this.#kind.standing(person, this.#now());
    if (!answer.accepted) return { refused: this.#kind.refusal(answer, standing) };
    if (answer.mustChange) return { refused: 'must-change' };
    // The server has just said that it is not locked any more.
    if (standing !== undefined && standing !== 'locked') return { refused: standing };
    const name = this.#loginOf(person);
    return name === undefined ? { refused: 'name' } : { user: await this.#userOf(person, name) };
  }

  /**
   * Somebody whose account is locked for a while stays: whoever guesses at passwords from outside would otherwise end the sessions of
   * those they guess at.
   */
  async find(id: string): Promise<User | undefined> {
    const suffix = `@${this.name}`;
    if (!id.endsWith(suffix)) return undefined;
    const login = id.slice(0, -suffix.length);
    const person = await this.#look(login);
    if (!person || this.#loginOf(person) !== login) return undefined;
    const standing = this.#kind.standing(person, this.#now());
    return standing === undefined || standing === 'locked' ? this.#userOf(person, login) : undefined;
  }

  /** What `poterne directory test` tells of somebody. */
  async describe(login: string): Promise<
    | {
        readonly dn: string;
        readonly standing: Standing;
        readonly user: User;
        readonly theirs: readonly string[];
      }
    | undefined
  > {
    const person = await this.#look(login);
    const name = person && this.#loginOf(person);
    if (!person || name === undefined) return undefined;
    const theirs = await this.#groupsOf(person, name);
    const standing = this.#kind.standing(person, this.#now());
    return { dn: person.dn, standing, user: await this.#userOf(person, name), theirs };
  }

  /** How many people there are, up to so many. */
  async count(connection: LdapConnection, most: number): Promise<number> {
    const { base } = this.#directory;
    const search = { base, scope: 'sub', filter: await this.#filter(), attributes: ['1.1'], most } as const;
    return (await connection.search(search)).length;
  }

  async close(): Promise<void> {
    await this.servers.close();
  }

  /** The one person whom a login means: of two, neither. */
  async #look(login: string): Promise<Found | undefined> {
    if (login === '' || login.length > longestLogin || /\p{Cc}/u.test(login)) return undefined;
    const filter = await this.#filter(login);
    const { attributes } = this.#directory;
    const found = await this.servers.asOurselves((connection) =>
      connection.search({
        base: this.#directory.base,
        scope: 'sub',
        filter,
        attributes: [
          ...this.#kind.attributes,
          ...Object.values(attributes).filter((each) => each !== undefined),
        ],
        binary: this.#kind.binary,
        most: 2,
      }),
    );
    const [person, another] = found;
    return another ? undefined : person;
  }

  /** What whoever may sign in meets; with a login, what the one of that name does. */
  async #filter(login?: string): Promise<Filter> {
    const { AndFilter, EqualityFilter, FilterParser } = await import('ldapts');
    const { filter } = this.#directory;
    const filters = [...(await this.#kind.people())];
    if (login !== undefined)
      filters.push(new EqualityFilter({ attribute: this.#kind.asked(this.#directory, login), value: login }));
    // The directory reads what it is; what it cannot read is said as it is.
    if (filter !== undefined) filters.push(FilterParser.parseString(filter));
    return new AndFilter({ filters });
  }

  /** As the directory writes it, in lower case: it does not tell the cases apart. */
  #loginOf(person: Found): string | undefined {
    return loginName(person.first(this.#kind.loginAttribute(this.#directory)) ?? '');
  }

  #groupsOf(person: Found, login: string): Promise<readonly string[]> {
    return this.servers.asOurselves((connection) =>
      this.#kind.groups(connection, this.#directory, person, login),
    );
  }

  async #userOf(person: Found, login: string): Promise<User> {
    const { attributes, groups } = this.#directory;
    const titles = attributes.title === undefined ? this.#kind.usualTitle : [attributes.title];
    const title = shown(titles.map((each) => person.first(each)).find((each) => each !== undefined));
    const email = shown(person.first(attributes.email ?? 'mail'));
    const ends = this.#kind.ends(person);
    const stable = this.#kind.stable(person);
    return {
      ...{ id: `${login}@${this.name}`, source: this.name, login },
      ...(title === undefined ? {} : { title }),
      ...(email === undefined ? {} : { email }),
      groups: oursOf(groups, await this.#groupsOf(person, login), groupBaseOf(this.#directory)),
      ...(ends === undefined ? {} : { ends }),
      ...(stable === undefined ? {} : { stable }),
    };
  }
}
