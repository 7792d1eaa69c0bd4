import type { FetchImplementation, JWTVerifyGetKey } from 'jose';
import type { Asking } from './https-fetch.ts';

type FetchOptions = Parameters<FetchImplementation>[1];

/** What a logout token says (OpenID Connect Back-Channel Logout 1.0 §2.4). */
export interface LogoutToken {
  readonly id: string;
  readonly sub?: string;
  readonly sid?: string;
}

const event = 'http://schemas.openid.net/event/backchannel-logout';
/** How old one may be, and how far clocks may differ, in seconds. */
const [oldest, skew] = [300, 30];

/**
 * A provider's published keys. Anybody may send tokens: they are fetched again for one that names an unknown key, but at most twice a
 * minute.
 */
export async function publishedKeys(
  url: string,
  fetch: (url: string, asking: Asking) => Promise<Response>,
): Promise<JWTVerifyGetKey> {
  const { createRemoteJWKSet, customFetch } = await import('jose');
  return createRemoteJWKSet(new URL(url), {
    ...{ timeoutDuration: 5000, cooldownDuration: 30_000, cacheMaxAge: 600_000 },
    [customFetch]: (at: string, { headers, method, signal }: FetchOptions) =>
      fetch(at, { method, signal, headers: Object.fromEntries(headers) }),
  });
}

/** Reads a logout token (§2.6); `undefined` when it is none, or another's. Throws when the provider's keys cannot be had. */
export async function readLogoutToken(
  token: string,
  keys: JWTVerifyGetKey,
  {
    issuer,
    audience,
    ...expected
  }: {
    readonly issuer: string;
    readonly audience: string;
    readonly algorithms: readonly string[];
    readonly now: Date;
  },
): Promise<LogoutToken | undefined> {
  const { errors, jwtVerify } = await import('jose');
  // One that a client's own secret could make is nobody's word.
  const algorithms = expected.algorithms.filter((each) => !/^(?:none|HS)/i.test(each));
  try {
    const { payload } = await jwtVerify(token, keys, {
      ...{ issuer, audience, algorithms, currentDate: expected.now },
      ...{ clockTolerance: skew, maxTokenAge: oldest, requiredClaims: ['iat', 'jti', 'events'] },
    });
    const { events, sub, sid, jti = '', nonce } = payload;
    const isLogout = typeof events === 'object' && events !== null && event in events;
    if (!isLogout || nonce !== undefined || (sub === undefined && sid === undefined)) return undefined;
    return {
      id: jti,
      ...(sub === undefined ? {} : { sub }),
      ...(typeof sid === 'string' ? { sid } : {}),
    };
  } catch (error) {
    if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)) return undefined;
    throw error;
  }
}
