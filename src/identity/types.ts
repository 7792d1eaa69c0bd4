import type { FactorMethod } from '../model/sign-in.ts';

/** Somebody who can sign in, as their source tells now. */
export interface User {
  /** `alice` for the described people and guests, `carol@ad` for those of a directory. */
  readonly id: string;
  /** `local`, or a directory's name. */
  readonly source: string;
  /** What they type to sign in. */
  readonly login: string;
  /** As people call them. */
  readonly title?: string;
  readonly email?: string;
  /** In the description's words. */
  readonly groups: readonly string[];
  /** When their access ends by itself. */
  readonly ends?: Date;
  /** What stays the same when the source renames them (objectGUID, entryUUID, `sub`): somebody else of the same name has another. */
  readonly stable?: string;
}

/** Why a source refuses somebody: for the log. Visitors are told only that it did not work. */
export const signInRefusals = [
  'unknown',
  'password',
  'disabled',
  'expired',
  'locked',
  'must-change',
  'hours',
  // They are who they say, but what their source calls them is no name here (`src/identity/login-name.ts`).
  'name',
  'cut',
  // The provider did not answer for them, or not to what was asked.
  'provider',
] as const;
export type SignInRefusal = (typeof signInRefusals)[number];

export type SignInResult =
  | { readonly user: User; readonly refused?: undefined }
  | { readonly user?: undefined; readonly refused: SignInRefusal };

/**
 * Where people come from. It throws a `Fault` when it cannot tell (no server answers): then nobody is let in by it.
 */
export interface PeopleSource {
  /** `local`, or a directory's name. */
  readonly name: string;
  /**
   * The person of an id, as the source has them now; `undefined` when there is none, or they may not sign in any more. `known` is what it
   * told when they signed in: a provider that cannot be asked about people has nothing else.
   */
  find(id: string, known?: User): Promise<User | undefined>;
}

/** A source that is asked with a password. Takes as long for a name that it does not have. */
export interface PasswordSource extends PeopleSource {
  check(login: string, password: string): Promise<SignInResult>;
}

/** How somebody has shown, beside a password, who they are. */
export interface Strength {
  readonly factor: FactorMethod | 'recovery' | 'remembered' | 'provider';
  readonly at: Date;
}

/** A source of people that signs them in itself (OpenID Connect). */
export interface ProviderSource extends PeopleSource {
  readonly title?: string;
  /** Where to send the browser, which comes back to `back`; `kept` is to be there then, and is unreadable to anybody else. */
  start(back: URL): Promise<{ readonly url: URL; readonly kept: string }>;
  finish(came: URL, kept: string): Promise<SignInResult & { readonly strength?: Strength }>;
  /** Where to send the browser once signed out here, when the provider is to end its own session too. */
  leave?(user: User, back: URL): Promise<URL | undefined>;
}
