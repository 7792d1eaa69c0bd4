import type { Hono, MiddlewareHandler } from 'hono';
import type { Factors } from '../../../identity/factors.ts';
import type { By, LocalPeople } from '../../../identity/people.ts';
import type { Strength } from '../../../identity/types.ts';
import { type Asked, enterSession, type PortalEnv } from '../asked.ts';
import { sure } from '../guard.ts';
import type { PortalSession } from '../needs.ts';
import { withWish } from '../onward.ts';
import { passkeyScript } from '../passkey-script.ts';
import type { Pages } from '../portal.ts';
import { invitationPages } from './factor-invitation.ts';
import { factorList } from './factor-list.ts';
import { passkeyPages } from './factor-passkeys.ts';
import { recoveryPages } from './factor-recovery.ts';
import { totpPages } from './factor-totp.ts';

/** How long ago a second factor may have been given when somebody changes what they sign in with, in milliseconds. */
const fresh = 15 * 60_000;

/** The pages of second factors, and that of an invitation. */
export function factorPages(factors: Factors, people: LocalPeople): Pages {
  return (app: Hono<PortalEnv>) => {
    app.get('/passkey-*', (asked) => {
      const isThis = asked.req.path === passkeyScript.path;
      return asked.body(passkeyScript.text, 200, {
        'Content-Type': 'text/javascript; charset=utf-8',
        'Cache-Control': isThis ? 'public, max-age=31536000, immutable' : 'no-store',
      });
    });
    // Who has none yet may make one, after a password alone; everybody else shows one of theirs first.
    const certain: MiddlewareHandler<PortalEnv> = async (asked, next) => {
      const session = ownSession(asked);
      const { factors: own } = await factors.of(session.user);
      if (own.length === 0 || isFresh(session.strength, asked.get('needs').now())) return next();
      const back = new URL(asked.req.method === 'GET' ? asked.req.path : '/factors', asked.get('origin'));
      return asked.redirect(withWish('/step-up', back), 303);
    };
    app.use('/factors', sure);
    app.use('/factors/totp', sure, certain);
    app.use('/factors/passkeys', sure, certain);
    app.use('/factors/passkeys/options', sure, certain);
    app.use('/factors/recovery', sure, certain);
    app.use('/factors/remove', sure, certain);
    app.use('/factors/devices', sure);
    factorList(app, factors);
    totpPages(app, factors);
    passkeyPages(app, factors);
    recoveryPages(app, factors);
    invitationPages(app, people);
  };
}

/** A device that is remembered gave nothing now. */
function isFresh(strength: Strength | undefined, now: Date): boolean {
  if (!strength || strength.factor === 'remembered') return false;
  const age = now.getTime() - strength.at.getTime();
  return age >= -60_000 && age <= fresh;
}

/** The session of a page that only those have who are signed in. */
export function ownSession(asked: Asked): PortalSession {
  const session = asked.get('session');
  if (!session) throw new Error('this page is somebody’s');
  return session;
}

/** Whoever is signed in, as the one who does something. */
export function byThem(asked: Asked): By {
  return { who: ownSession(asked).user.id, from: asked.get('whence').address };
}

/** They have just shown a factor: the session is as strong from now on. False when it has ended meanwhile. */
export async function strengthened(asked: Asked, strength: Strength): Promise<boolean> {
  const now = await asked.get('needs').sessions.strengthen(ownSession(asked), strength);
  if (now) enterSession(asked, now);
  return now !== undefined;
}
