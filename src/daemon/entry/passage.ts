import type { IncomingMessage, ServerResponse } from 'node:http';
import { say } from '../../i18n/index.ts';
import { newSecret } from '../../identity/secrets.ts';
import { hasBadges } from '../../lib/badge.ts';
import { xml } from '../../lib/escape.ts';
import { htmlPage } from '../../lib/page.ts';
import { publicationAt } from '../../lib/publication-at.ts';
import { message } from '../../model/message.ts';
import type { Publication, Site } from '../../model/site.ts';
import { whoOf } from './badges.ts';
import { clearCookie, entryCookie, readCookie, readPass, setCookie, stateCookie } from './cookies.ts';
import { readTold } from './headers.ts';
import type { Entry, Handler } from './types.ts';

/**
 * How a session gets from the portal's name to a publication's, which has no cookie of it:
 *
 *   https://APP/.poterne/enter?to=/deep            the browser gets a state, and goes to the portal with it
 *   https://PORTAL/pass?at=APP&state=…&to=/deep    the portal knows the session, and gives a code for that state
 *   https://APP/.poterne/enter?code=…              the code and the browser's state together are good for a pass, once
 *
 * Whoever is sent to another's code has another state, and gets nothing.
 */
export const ownPlace = '/.poterne/';
export const enterPath = `${ownPlace}enter`;
export const leavePath = `${ownPlace}leave`;
export const passPath = '/pass';
/** `/.poterne/onward?why=sign-in&to=/deep?x=1`: where nginx leads browsers; the path comes last, as it was sent. */
export const onwardPath = `${ownPlace}onward`;

/** The portal's page for what somebody lacks. */
const lacks: Readonly<Record<string, string>> = {
  'sign-in': '/sign-in',
  'second-factor': '/step-up',
  approval: '/ask',
};

/** How long somebody may take to sign in on their way, in seconds. */
const stateLasts = 3600;

/** The URL of the portal. */
export const portalUrl = ({ signIn, gateway }: Site): string =>
  `https://${signIn?.at ?? ''}${gateway.publicPort === 443 ? '' : `:${gateway.publicPort}`}`;

/** Where a browser is sent so that it gets a pass there, and goes on to a path. */
export function enterUrl(site: Site, host: string, path: string): string {
  return `${originOf(site, host)}${enterPath}?to=${encodeURIComponent(path)}`;
}

/** Where a name of a publication is, without a final slash. */
export const originOf = ({ gateway }: Site, host: string): string =>
  `https://${host}${gateway.publicPort === 443 ? '' : `:${gateway.publicPort}`}`;

/** A path of a browser's own, never another host's (`//other`, `/\other`). */
const isLocalPath = (path: string): boolean => /^\/(?![/\\])[\x21-\x7e]*$/.test(path) && !path.includes('\\');

/** Answers at publications' names: `/.poterne/enter`, `/.poterne/leave` and `/.poterne/onward`. */
export function passages(entry: Entry): Handler {
  const { site, sessions } = entry;
  return async (asked, answer) => {
    const { publication: id, host } = readTold(asked);
    const url = new URL(asked.url ?? '/', 'https://entry');
    const publication = publicationAt(site, host);
    if (!site.signIn || publication?.id !== id) return notFound(answer);
    if (asked.method !== 'GET' && asked.method !== 'HEAD')
      return void answer.writeHead(405, { allow: 'GET' }).end();
    if (url.pathname === leavePath) {
      // Another's link would sign people out, also one of a name beside this.
      const isTheirs = ['same-origin', 'none', undefined].includes(asked.headers['sec-fetch-site'] as string);
      if (isTheirs) await sessions.leave(readPass(asked) ?? '');
      return redirect(answer, `${portalUrl(site)}/`, isTheirs ? [clearCookie(entryCookie)] : []);
    }
    if (url.pathname === onwardPath) {
      const why = url.searchParams.get('why') ?? '';
      const [, sent = '/'] = /[?&]to=(.*)$/s.exec(asked.url ?? '') ?? [];
      const path = isLocalPath(sent) ? sent : '/';
      if (why === 'changed') {
        const pass = readPass(asked) ?? '';
        const who = await whoEntered(entry, publication, pass, host);
        return redirect(answer, path, who === undefined ? [] : [setCookie(entryCookie, `${pass}|${who}`)]);
      }
      const page = lacks[why];
      if (page === undefined) return notFound(answer);
      const to = new URLSearchParams({ to: originOf(site, host) + path });
      return redirect(answer, `${portalUrl(site)}${page}?${to}`);
    }
    const state = readCookie(asked, stateCookie);
    const code = url.searchParams.get('code');
    if (code === null) {
      const to = url.searchParams.get('to') ?? '/';
      // Two tabs set out with one state.
      const kept = state !== undefined && /^[A-Za-z0-9_-]{43}$/.test(state) ? state : newSecret();
      const query = new URLSearchParams({ at: host, state: kept, to: isLocalPath(to) ? to : '/' });
      return redirect(answer, `${portalUrl(site)}${passPath}?${query}`, [
        setCookie(stateCookie, kept, stateLasts),
      ]);
    }
    const entered = await sessions.enter(code, { publication: id, host, state: state ?? '' });
    if (!entered) return again(entry, asked, answer);
    const mark = entry.mark(entered.session);
    const cookie = mark === undefined ? entered.cookie : `${entered.cookie}.${entered.session}.${mark}`;
    const who = await whoEntered(entry, publication, entered.cookie, host);
    const shown = who === undefined ? cookie : `${cookie}|${who}`;
    redirect(answer, entered.target, [setCookie(entryCookie, shown)]);
  };
}

/** Who somebody with a pass is, where they may come by badge. Only that is lost if it cannot be told. */
async function whoEntered(
  { site, sessions, standing }: Entry,
  publication: Publication,
  cookie: string,
  host: string,
): Promise<string | undefined> {
  if (publication.scenario === 'direct' || !hasBadges(site, publication)) return undefined;
  try {
    const pass = await sessions.findPass(cookie, { publication: publication.id, host });
    const user = pass && (await standing.of(pass.session));
    return user && whoOf(user);
  } catch {
    return undefined;
  }
}

/** Answers at the portal's name: `/pass`. Who has no session there is sent to sign in, and comes back. */
export function passGiver({ site, sessions }: Entry): Handler {
  return async (asked, answer) => {
    const query = new URL(asked.url ?? '/', 'https://entry').searchParams;
    const [host, state, path] = [query.get('at') ?? '', query.get('state') ?? '', query.get('to') ?? '/'];
    const publication = publicationAt(site, host);
    if (!publication || !/^[A-Za-z0-9_-]{43}$/.test(state) || !isLocalPath(path)) return notFound(answer);
    const session = await sessions.find(readCookie(asked, entryCookie) ?? '');
    if (!session) {
      const to = new URLSearchParams({ to: originOf(site, host) + path });
      return redirect(answer, `${portalUrl(site)}/sign-in?${to}`);
    }
    const code = await sessions.code(session, { publication: publication.id, host, state, target: path });
    redirect(answer, `${originOf(site, host)}${enterPath}?code=${code}`);
  };
}

/** A code that is good for nothing: it was used, it is old, or this is not the browser that set out. No loop: people say when. */
function again({ site }: Entry, asked: IncomingMessage, answer: ServerResponse): void {
  const { language } = site;
  const title = say(language, message('entry.again.title'));
  const text = say(language, message('entry.again.text'));
  const link = say(language, message('entry.again.link'));
  const page = { language, title, origin: site.name, style: '', entries: [], siblings: [] };
  const body = htmlPage(page, `<p>${xml(text)}</p><p><a href="/">${xml(link)}</a></p>`);
  answer
    .writeHead(400, {
      'content-type': 'text/html; charset=utf-8',
      // Beside what the page says of itself, what only a header can.
      'content-security-policy': "frame-ancestors 'none'; form-action 'none'; base-uri 'none'",
      ...safely,
      'set-cookie': clearCookie(stateCookie),
    })
    .end(asked.method === 'HEAD' ? '' : body);
}

/** Of what carries a code or gives a cookie nothing is kept, and nobody else is told its address. */
const safely = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' } as const;

function redirect(answer: ServerResponse, location: string, cookies: readonly string[] = []): void {
  answer
    .writeHead(303, { ...safely, location, ...(cookies.length > 0 ? { 'set-cookie': [...cookies] } : {}) })
    .end();
}

const notFound = (answer: ServerResponse): void => void answer.writeHead(404, safely).end();
