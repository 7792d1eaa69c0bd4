import type { MiddlewareHandler } from 'hono';
import type { User } from '../../identity/types.ts';
import { mustGiveSecondFactor } from '../../lib/admission.ts';
import { html } from '../../lib/html.ts';
import { type Asked, type PortalEnv, tell } from './asked.ts';
import { page } from './layout.ts';
import type { FactorStep, SignInSite } from './needs.ts';
import { withWish } from './onward.ts';
import { problem } from './problem.ts';
import { isFormToken, tokenField } from './token.ts';

const policy = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

const headers: Readonly<Record<string, string>> = {
  'Content-Security-Policy': policy,
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
  // Not "no-referrer": with it browsers hide the Origin of our own forms.
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'publickey-credentials-get=(self), publickey-credentials-create=(self)',
  'Cache-Control': 'no-store',
  'X-Robots-Tag': 'noindex',
};

/** What browsers are told about every page: it is nobody else's to frame, to script or to keep. */
export const secured: MiddlewareHandler<PortalEnv> = async (asked, next) => {
  await next();
  for (const [name, value] of Object.entries(headers))
    if (!asked.res.headers.has(name)) asked.res.headers.set(name, value);
};

const isLooking = ({ req }: Asked): boolean => req.method === 'GET' || req.method === 'HEAD';

/** Other methods, and a form without a length, are refused before anything reads them: nginx tells the length of all that it sends on. */
export const usual: MiddlewareHandler<PortalEnv> = async (asked, next) => {
  if (isLooking(asked)) return next();
  if (asked.req.method !== 'POST') return problem(asked, 405);
  return asked.req.header('content-length') === undefined ? problem(asked, 403) : next();
};

/** Whatever changes something must come from a form of ours, in this browser: by its Origin, and by its token. */
export const genuine: MiddlewareHandler<PortalEnv> = async (asked, next) => {
  if (isLooking(asked)) return next();
  // What cannot be read is no form of ours, and nothing went wrong here.
  const sent = await asked.req.parseBody().catch(() => undefined);
  if (!sent) return problem(asked, 403);
  const token = asked.req.header('x-poterne-form') ?? sent[tokenField];
  // Where one wishes to go, and an invitation's own code, are in the address of a page before its form is sent.
  const kept = asked.req.path === '/invitation' ? ['to', 'code'] : ['to'];
  asked.set(
    'kept',
    Object.fromEntries(
      kept.flatMap((name): [string, string][] => {
        const value = sent[name];
        return typeof value === 'string' ? [[name, value]] : [];
      }),
    ),
  );
  if (asked.req.header('origin') !== asked.get('origin') || !isFormToken(asked, token))
    return problem(asked, 403);
  return next();
};

/** Leads to another page of the portal first, and back. */
function first(asked: Asked, path: string): Response {
  const { pathname, search } = new URL(asked.req.url);
  const back = asked.req.method === 'GET' ? `${pathname}${search}` : '/';
  return asked.redirect(withWish(path, new URL(back, asked.get('origin'))), 303);
}

/**
 * Whoever is cut off has none of the pages that are somebody's. A cut ends sessions; one may have begun at another gateway before that heard
 * of it. Applications refuse it by themselves, and say so.
 */
function shut(asked: Asked): Response | Promise<Response> | undefined {
  const session = asked.get('session');
  if (!session || !asked.get('needs').isCut(session.user)) return undefined;
  asked.set('session', undefined);
  return page(asked, { status: 403, title: tell(asked, 'portal.applications.cut'), body: html`` });
}

/** For pages of whoever has begun to sign in. */
export const present: MiddlewareHandler<PortalEnv> = async (asked, next) =>
  shut(asked) ?? (asked.get('session') ? next() : first(asked, '/sign-in'));

/** For pages of those who are signed in as strongly as the description asks. */
export const signedIn: MiddlewareHandler<PortalEnv> = async (asked, next) => {
  const closed = shut(asked);
  if (closed) return closed;
  const session = asked.get('session');
  if (!session) return first(asked, '/sign-in');
  const { address } = asked.get('whence');
  if (!session.strength && needsSecondFactor(asked.get('site'), session.user, address))
    return first(asked, '/step-up');
  return next();
};

/** For pages that could open the door to others: whoever has a second factor gives it. Who has none yet may get one. */
export const sure: MiddlewareHandler<PortalEnv> = async (asked, next) => {
  const closed = shut(asked);
  if (closed) return closed;
  const session = asked.get('session');
  if (!session) return first(asked, '/sign-in');
  if (!session.strength && (await readySteps(asked, session.user)).length > 0)
    return first(asked, '/step-up');
  return next();
};

/** The steps that somebody can take. */
export async function readySteps(asked: Asked, user: User): Promise<readonly FactorStep[]> {
  const { steps } = asked.get('needs').factors;
  const ready = await Promise.all(steps.map((step) => step.ready(user)));
  return steps.filter((_, i) => ready[i]);
}

/** Whether the description asks for a second factor of somebody from there, whatever they want to see. */
export function needsSecondFactor(site: SignInSite, { groups }: User, address: string): boolean {
  return mustGiveSecondFactor(site, groups, address);
}
