import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { cookieOf } from '../web.ts';

/** The only account: it is the demonstration's, and is written in the README. */
const demo = { user: 'demo', password: 'demo' } as const;

const hours = 8;
const cookieName = 'session_id';

export interface Session {
  readonly user: string;
  /** Comes back in each form, which a page of another site cannot know. */
  readonly token: string;
  readonly expires: number;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Compares without telling by its duration where two texts differ. */
function same(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

/** Who is logged in, in memory. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();

  /** The cookie of a new session, or nothing when the user or the password is wrong. */
  open(user: string, password: string, request: IncomingMessage): string | undefined {
    const known = same(user, demo.user);
    if (!same(password, demo.password) || !known) return undefined;
    const now = Date.now();
    for (const [id, session] of this.#sessions) if (session.expires < now) this.#sessions.delete(id);
    const id = randomBytes(24).toString('base64url');
    this.#sessions.set(id, {
      user,
      token: randomBytes(24).toString('base64url'),
      expires: now + hours * 3_600_000,
    });
    // Over https, which the gateway speaks for us, the cookie must never travel in clear.
    const secure = request.headers['x-forwarded-proto'] === 'https' ? '; Secure' : '';
    return `${cookieName}=${id}; Path=/; Max-Age=${hours * 3600}; HttpOnly; SameSite=Lax${secure}`;
  }

  of(request: IncomingMessage): Session | undefined {
    const session = this.#sessions.get(cookieOf(request, cookieName) ?? '');
    return session && session.expires > Date.now() ? session : undefined;
  }

  /** Ends the request's session; returns the cookie that erases it. */
  close(request: IncomingMessage): string {
    this.#sessions.delete(cookieOf(request, cookieName) ?? '');
    return `${cookieName}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax`;
  }
}
