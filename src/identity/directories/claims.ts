import type { OpenIdDirectory } from '../../model/sign-in.ts';
import { loginName } from '../login-name.ts';
import type { Strength, User } from '../types.ts';
import { providerFault } from './openid-faults.ts';
import { shown } from './shown.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** Whether what the ID token says is not all that is needed: the provider is asked for the rest (UserInfo). */
export function lacks({ loginClaim, groupsClaim, groups }: OpenIdDirectory, claims: Claims): boolean {
  const wanted = [loginClaim, ...(Object.keys(groups).length > 0 ? [groupsClaim] : [])];
  return wanted.some((each) => claims[each] === undefined) && !isOverage(claims, groupsClaim);
}

/**
 * Who these claims speak of (OpenID Connect Core 1.0 §5.1); nobody where what they are called is no name here. Throws `openid.login` when
 * they do not say what the person is called, and `openid.overage` when the groups were left out because there are too many: no groups would
 * be as good a guess as all of them.
 */
export function userOf(directory: OpenIdDirectory, claims: Claims): User | undefined {
  const { name, loginClaim, groupsClaim, groups } = directory;
  const called = text(claims[loginClaim]);
  // An address that nobody has shown to be theirs is anybody's.
  const isUnverified = loginClaim === 'email' && !isVerified(claims);
  if (called === undefined || isUnverified) throw providerFault(directory, 'openid.login');
  const login = loginName(called);
  if (login === undefined || /\s/.test(login)) return undefined;
  if (Object.keys(groups).length > 0 && isOverage(claims, groupsClaim))
    throw providerFault(directory, 'openid.overage');
  // §2: whoever has none would be the same as everybody else who has none.
  const stable = text(claims.sub);
  if (stable === undefined) throw providerFault(directory, 'openid.answer', new Error('no "sub"'));
  const theirs = new Set(listOf(claims[groupsClaim]));
  const title = shown(text(claims.name));
  const email = shown(text(claims.email));
  return {
    ...{ id: `${login}@${name}`, source: name, login },
    ...(title === undefined ? {} : { title }),
    ...(email === undefined || !isVerified(claims) ? {} : { email }),
    groups: Object.entries(groups)
      .flatMap(([ours, some]) => (some.some((each) => theirs.has(each)) ? [ours] : []))
      .sort(),
    stable,
  };
}

/** A second factor that the provider says it asked for: by `amr` (RFC 8176) or `acr`. */
export function strengthOf(
  { secondFactor }: Pick<OpenIdDirectory, 'secondFactor'>,
  claims: Claims,
  now: Date,
): Strength | undefined {
  const said = [...listOf(claims.amr), ...listOf(claims.acr)];
  if (!said.some((each) => secondFactor.includes(each))) return undefined;
  const at = claims.auth_time;
  const then = typeof at === 'number' ? new Date(at * 1000) : now;
  return { factor: 'provider', at: then < now ? then : now };
}

/** Entra ID puts a link where more groups would be than a token holds. */
function isOverage(claims: Claims, groupsClaim: string): boolean {
  const { _claim_names: elsewhere, hasgroups } = claims;
  const isElsewhere = typeof elsewhere === 'object' && elsewhere !== null && groupsClaim in elsewhere;
  return claims[groupsClaim] === undefined && (isElsewhere || hasgroups === true || hasgroups === 'true');
}

/** Some providers say nothing of it; some write the word as a text (Amazon Cognito, Apple). */
const isVerified = ({ email_verified: said }: Claims): boolean =>
  said === undefined || said === true || said === 'true';

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Some providers write a list of one as a text. */
const listOf = (value: unknown): readonly string[] =>
  typeof value === 'string'
    ? [value]
    : Array.isArray(value)
      ? value.filter((each) => typeof each === 'string')
      : [];
