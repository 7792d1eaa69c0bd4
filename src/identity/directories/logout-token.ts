import type { JSONWebKeySet } from 'jose';
import type { Asking } from './https-fetch.ts';

/** What a logout token says (OpenID Connect Back-Channel Logout 1.0 §2.4). */
export interface LogoutToken {
  readonly id: string;
  readonly sub?: string;
  readonly sid?: string;
}

const event = 'http://schemas.openid.net/event/backchannel-logout';
/** How old one may be, and how far clocks may differ, in seconds. */
const [oldest, skew] = [300, 30];

/** Reads a logout token (§2.6); `undefined` when it is none, or another's. Throws when the provider's keys cannot be had. */
export async function readLogoutToken(
  token: string,
  expected: {
    readonly issuer: string;
    readonly audience: string;
    readonly keys: string;
    readonly algorithms: readonly string[];
    readonly now: Date;
    readonly fetch: (url: string, asking: Asking) => Promise<Response>;
  },
): Promise<LogoutToken | undefined> {
  const { createLocalJWKSet, errors, jwtVerify } = await import('jose');
  const { issuer, audience, now } = expected;
  const signal = AbortSignal.timeout(5000);
  const answer = await expected.fetch(expected.keys, {
    ...{ method: 'GET', headers: { accept: 'application/json' }, signal },
  });
  const keys = createLocalJWKSet((await answer.json()) as JSONWebKeySet);
  const algorithms = expected.algorithms.filter((each) => !/^(?:none|HS)/i.test(each));
  try {
    const { payload } = await jwtVerify(token, keys, {
      ...{ issuer, audience, algorithms, currentDate: now, clockTolerance: skew, maxTokenAge: oldest },
      requiredClaims: ['iat', 'jti', 'events'],
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
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}
