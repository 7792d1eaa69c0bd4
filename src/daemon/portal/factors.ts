import { getCookie, setCookie } from 'hono/cookie';
import type { Factors } from '../../identity/factors.ts';
import type { User } from '../../identity/types.ts';
import { html } from '../../lib/html.ts';
import { type Asked, cookieOptions, tell } from './asked.ts';
import { field } from './forms.ts';
import type { FactorStep, PortalFactors, SignInSite } from './needs.ts';
import { passkeyField, passkeyScript } from './passkey-script.ts';

/** The cookie of a browser that is not asked for a second factor again; as long as the description says. */
const deviceCookie = 'poterne-device';

/** Where the browser gets what a passkey is shown with, as a second factor. */
export const challengePath = '/factors/passkeys/challenge';

/** Second factors as the portal's pages ask for them. */
export function portalFactors(factors: Factors, site: () => SignInSite): PortalFactors {
  const has = async (user: User, method: 'totp' | 'passkey') =>
    site().signIn.secondFactor.methods.includes(method) &&
    (await factors.of(user)).factors.some(({ kind }) => kind === method);
  const userOf = (asked: Asked): User => {
    const session = asked.get('session');
    if (!session) throw new Error('a second factor is somebody’s');
    return session.user;
  };

  const passkey: FactorStep = {
    method: 'passkey',
    script: passkeyScript.path,
    ready: (user) => has(user, 'passkey'),
    fields: async (asked) => passkeyField(asked, 'show', challengePath),
    check: (asked, sent) => factors.checkPasskey(userOf(asked), asked.get('origin'), sent.passkey ?? ''),
  };
  const totp: FactorStep = {
    method: 'totp',
    ready: (user) => has(user, 'totp'),
    fields: async (asked, wrong) => codeField(asked, wrong !== undefined),
    check: (asked, sent) => factors.checkTotp(userOf(asked), sent.code ?? ''),
  };
  const recovery: FactorStep = {
    method: 'recovery',
    ready: async (user) => {
      const { factors: own, recoveryCodes } = await factors.of(user);
      return own.length > 0 && recoveryCodes > 0;
    },
    fields: async (asked, wrong) =>
      html`${field({
        ...{ name: 'code', label: tell(asked, 'factors.recovery.code'), autocomplete: 'off' },
        ...{ isWrong: wrong !== undefined, focus: true },
      })}`,
    check: (asked, sent) => {
      const user = userOf(asked);
      return factors.useRecoveryCode(user, sent.code ?? '', {
        who: user.id,
        from: asked.get('whence').address,
      });
    },
  };

  return {
    steps: [passkey, totp, recovery],
    async remembered(user, asked) {
      const { remember } = site().signIn.secondFactor;
      const cookie = getCookie(asked, deviceCookie, 'host');
      return remember === undefined || cookie === undefined
        ? undefined
        : factors.isRemembered(user, cookie, remember);
    },
    async remember(user, asked) {
      const { remember } = site().signIn.secondFactor;
      if (remember === undefined) return;
      const { cookie } = await factors.remember(user, remember, asked.get('whence').agent);
      setCookie(asked, deviceCookie, cookie, { ...cookieOptions, maxAge: Math.floor(remember / 1000) });
    },
    enrolAt: '/factors',
  };
}

/** Where a code of an application is typed. */
export function codeField(asked: Asked, isWrong: boolean) {
  return field({
    ...{ name: 'code', label: tell(asked, 'factors.totp.code'), hint: tell(asked, 'factors.totp.code.hint') },
    ...{ autocomplete: 'one-time-code', inputmode: 'numeric', isWrong, focus: true },
  });
}
