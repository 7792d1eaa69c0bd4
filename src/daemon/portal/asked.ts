import type { Context, MiddlewareHandler } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { Code } from '../../i18n/en.ts';
import { translate } from '../../i18n/index.ts';
import { frenchSpaces } from '../../lib/french-spaces.ts';
import type { Params } from '../../model/message.ts';
import { type Language, languages } from '../../model/site.ts';
import { portalUrl } from '../entry/passage.ts';
import type { PortalNeeds, PortalSession, SignInSite, Whence } from './needs.ts';

/** What every page knows of the request it answers. */
export interface PortalEnv {
  Variables: {
    needs: PortalNeeds;
    site: SignInSite;
    /** `https://portail.example.fr`, with its port where that is another than 443. */
    origin: string;
    language: Language;
    whence: Whence;
    /** Absent: nobody is signed in. */
    session: PortalSession | undefined;
    /** What of a sent form belongs to its page's address. */
    kept: Readonly<Record<string, string>> | undefined;
    /** What the tokens of forms stem from, when it was set by this very request. */
    formSecret: string | undefined;
  };
}

/** A request to the portal. */
export type Asked = Context<PortalEnv>;

export const sessionCookie = 'poterne';
const languageCookie = 'poterne-language';

/** How every cookie of the portal is set: for this host alone (`__Host-`), over TLS, out of reach of scripts. */
export const cookieOptions = {
  prefix: 'host',
  path: '/',
  secure: true,
  httpOnly: true,
  sameSite: 'Lax',
} as const;

/** Finds out who asks, from where, and in which language. */
export function asking(needs: PortalNeeds): MiddlewareHandler<PortalEnv> {
  return async (asked, next) => {
    const site = needs.site();
    asked.set('needs', needs);
    asked.set('site', site);
    asked.set('origin', portalUrl(site));
    asked.set('language', languageOf(asked, site.language));
    asked.set('whence', {
      address: asked.req.header('x-poterne-address') ?? '',
      agent: asked.req.header('user-agent') ?? '',
    });
    const cookie = getCookie(asked, sessionCookie, 'host');
    asked.set('session', cookie === undefined ? undefined : await needs.sessions.find(cookie));
    await next();
  };
}

/** The reader's language: what they chose, here or before; else what their browser asks for; else the site's. */
function languageOf(asked: Asked, otherwise: Language): Language {
  const chosen = known(asked.req.query('lang'));
  if (chosen) {
    setCookie(asked, languageCookie, chosen, { ...cookieOptions, maxAge: 365 * 86_400 });
    return chosen;
  }
  return (
    known(getCookie(asked, languageCookie, 'host')) ??
    accepted(asked.req.header('accept-language') ?? '') ??
    otherwise
  );
}

const known = (text: string | undefined): Language | undefined =>
  languages.find((language) => language === text);

/** The best of ours that a browser accepts (RFC 9110, 12.5.4). */
export function accepted(header: string): Language | undefined {
  const wanted = header
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...params] = part
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/);
      const weight = params.find((param) => param.startsWith('q='))?.slice(2);
      return { language: known(tag.split('-')[0]), weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight);
  return wanted.find(({ language }) => language)?.language;
}

/** A text in the reader's language. */
export function tell(asked: Asked, code: Code, params?: Params): string {
  const language = asked.get('language');
  const text = translate(language, code, params);
  return language === 'fr' ? frenchSpaces(text) : text;
}

/** A moment as people read it, in the site's time zone; in the language of who asks, when no other is said. */
export function moment(asked: Asked, at: Date, language = asked.get('language')): string {
  return new Intl.DateTimeFormat(language === 'fr' ? 'fr-FR' : 'en-GB', {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: asked.get('site').timezone,
  }).format(at);
}

/** From this request on, the browser is somebody's: with a cookie that nobody could know before (session fixation). */
export function enterSession(
  asked: Asked,
  { session, cookie }: { readonly session: PortalSession; readonly cookie: string },
): void {
  setCookie(asked, sessionCookie, cookie, cookieOptions);
  asked.set('session', session);
  asked.set('formSecret', cookie);
}

/** The browser is nobody's from now on. */
export function leaveSession(asked: Asked): void {
  deleteCookie(asked, sessionCookie, cookieOptions);
  asked.set('session', undefined);
}
