import type { IncomingMessage, ServerResponse } from 'node:http';
import { ownerOf } from '../../identity/owner.ts';
import type { Identity } from '../../identity/signing.ts';
import { isForPath, tokenPrefix } from '../../identity/tokens.ts';
import type { Strength, User } from '../../identity/types.ts';
import { badgeHost, badgePass, hasBadges } from '../../lib/badge.ts';
import { clientVerification, type Publication, proxied, type Site } from '../../model/site.ts';
import { peerOf } from '../cut/tell-sightings.ts';
import { isOwn } from '../own-connections.ts';
import { whoOf } from './badges.ts';
import { readPass } from './cookies.ts';
import { readTold, type Told, verdictText } from './headers.ts';
import { judge } from './judge.ts';
import { oncePer } from './once.ts';
import { portalUrl } from './passage.ts';
import { roomForVerdicts } from './room.ts';
import type { Entry, Handler } from './types.ts';

/** Somebody that a request shows. */
interface Shown {
  readonly user: User;
  readonly strength?: Strength;
  /** When they signed in. */
  readonly since?: Date;
  /** What is named in logs: a session's id, or a token's. */
  readonly session: string;
  /** The cookie by which they come, if it is one. */
  readonly pass?: string;
  /** Whether what it shows holds for other requests of its class too. */
  readonly isForAll: boolean;
}

/** The longest that nginx keeps an answer, in seconds: what changes elsewhere holds everywhere soon after. */
const kept = { admitted: 3, refused: 1 } as const;
/** How often a browser is led to have who its person is written anew, in milliseconds. */
const ledOnEvery = 60_000;

/**
 * Tells nginx whether to let a request through: 200 with who it is, 401 when nobody signed in, 403 with why. Whatever cannot be judged is
 * a 503.
 */
export function verdicts(entry: Entry): Handler {
  const publications = new Map(entry.site.publications.map((each) => [each.id, each]));
  const identify = identities(entry);
  const hasRoom = roomForVerdicts(entry.state);
  // Seldom: a browser may not take the cookie, and another gateway may know them otherwise for a while.
  const mayLeadOn = oncePer(ledOnEvery);
  const reply: typeof replyKept = (answer, status, seconds, headers) =>
    replyKept(answer, status, seconds > 0 && hasRoom() ? seconds : 0, headers);
  const byBadge = new Set(
    proxied(entry.site).flatMap((each) => (hasBadges(entry.site, each) ? [each.id] : [])),
  );
  return async (asked, answer) => {
    const told = readTold(asked);
    const publication = publications.get(told.publication);
    const badges = told.who === '' ? undefined : entry.badges.begin();
    // nginx has another version of the description, for a moment.
    if (!publication) return reply(answer, 503, 0);
    const shown = await whoShows(entry, asked, told, publication);
    if (shown === 'nobody') return reply(answer, 401, kept.refused);
    if (shown === 'elsewhere') return reply(answer, 403, 0, { 'x-poterne-verdict': 'denied' });
    const user = shown?.user;
    const certificate = certificateOf(entry.site, publication, told);
    const judgement = await judge(entry, publication, {
      ...{ address: told.address, secondFactor: shown?.strength !== undefined },
      ...(user ? { user } : {}),
      ...(told.pathClass === undefined ? {} : { pathClass: told.pathClass }),
      ...(certificate === undefined ? {} : { certificate }),
    });
    if (!judgement.admitted) {
      const { why } = judgement;
      if (shown) entry.lookAtLive();
      const seconds = shown?.isForAll === false ? 0 : kept.refused;
      if (why === 'sign-in') return reply(answer, 401, seconds);
      const { name: to } = publication;
      if (!isOwn(peerOf(told.seen)))
        entry.refused({ who: user?.id ?? '-', what: 'access', to, from: told.address, why });
      return reply(answer, 403, seconds, { 'x-poterne-verdict': why });
    }
    const who = shown?.pass && byBadge.has(publication.id) ? whoOf(shown.user) : undefined;
    // Their groups or their name are others by now: their browser comes back at once, with who they are.
    const isChanged = who !== undefined && told.who !== '' && told.who !== who;
    if (isChanged && told.isNavigation && mayLeadOn(shown?.pass ?? ''))
      return reply(answer, 403, 0, { 'x-poterne-verdict': 'changed' });
    const isTold = tellSighted(entry, told, publication, shown);
    const left = Math.floor(((judgement.until?.getTime() ?? Number.POSITIVE_INFINITY) - Date.now()) / 1000);
    // Whose connection cannot be told is asked about each time.
    const seconds = shown?.isForAll === false || !isTold ? 0 : Math.max(0, Math.min(kept.admitted, left));
    const pass = seconds > 0 && who !== undefined && who === told.who && hasRoom() ? shown?.pass : undefined;
    const hasBadge = pass !== undefined && badges?.give(told.who, badgeOf(told, publication, pass), seconds);
    // Who comes in by badge from now on is not asked about: nginx would make a file for nobody.
    reply(answer, 200, hasBadge ? 0 : seconds, {
      ...(shown ? { 'x-poterne-verdict': verdictText(shown.user, shown.session) } : {}),
      ...(shown && publication.signedIdentity ? identify(shown, publication) : {}),
    });
  };
}

/** Whether a cut finds the connection by which somebody comes. nginx of another version tells that itself. */
function tellSighted(
  { sighted }: Entry,
  { worker, seen, address, pathClass, hasCertificate }: Told,
  { id: publication }: Publication,
  shown: Shown | undefined,
): boolean {
  if (seen === '') return true;
  return sighted({
    ...{ worker, seen, address, publication, hasCertificate },
    ...(pathClass === undefined ? {} : { pathClass }),
    ...(shown ? { session: shown.session, user: shown.user.id } : {}),
  });
}

/** The badge of whoever shows a pass, but for the second. */
const badgeOf = ({ worker, connection, host }: Told, publication: Publication, pass: string) => ({
  ...{ worker, connection, pass: badgePass(pass) },
  ...{ publication: publication.id, host: badgeHost(publication, host) },
});

/**
 * Who a request shows itself to be: `undefined` shows nothing, `nobody` something that is not good any more, `elsewhere` a token of other
 * places. Whoever shows a token is judged by it, whatever else they show.
 */
async function whoShows(
  { sessions, tokens, standing, lookAtLive }: Entry,
  asked: IncomingMessage,
  { publication, host, uri, address }: Told,
  { name }: Publication,
): Promise<Shown | 'nobody' | 'elsewhere' | undefined> {
  const bearer = bearerOf(asked);
  if (bearer !== undefined) {
    const token = await tokens.find(bearer, address);
    const user = token && (await standing.ofId(token.user));
    if (!token || !user) return 'nobody';
    if (token.owner !== undefined && token.owner !== ownerOf(user)) return 'nobody';
    if (!token.publications.includes(name) || !isForPath(token, uri)) return 'elsewhere';
    return { user, session: token.id, isForAll: token.paths.length === 0 };
  }
  const cookie = readPass(asked);
  const pass = cookie === undefined ? undefined : await sessions.findPass(cookie, { publication, host });
  if (cookie === undefined || !pass) return undefined;
  const { session } = pass;
  const user = await standing.of(session);
  if (!user) {
    await sessions.end({ id: session.id }, 'gone');
    lookAtLive();
    return 'nobody';
  }
  const { id, strength, made } = session;
  return { user, ...(strength ? { strength } : {}), since: made, session: id, pass: cookie, isForAll: true };
}

/** One of our tokens (RFC 6750, 2.1); others are the application's own. */
function bearerOf({ headers }: IncomingMessage): string | undefined {
  const [, token] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? [];
  return token?.startsWith(tokenPrefix) ? token : undefined;
}

/** How long a signed identity is used again, in milliseconds: it holds for five minutes. */
const signedFor = 60_000;
const mostSigned = 10_000;

/** The methods of RFC 8176 by which they have shown a second time who they are. */
const methods: Readonly<Record<Strength['factor'], readonly string[]>> = {
  totp: ['otp', 'mfa'],
  passkey: ['hwk', 'mfa'],
  recovery: ['kba', 'mfa'],
  remembered: ['mfa'],
  provider: ['mfa'],
};

/** Signed, who somebody is: for applications that check. */
function identities({ site, signing }: Entry) {
  const signed = new Map<string, { readonly jwt: string; readonly at: number }>();
  return ({ user, strength, since, session }: Shown, { name }: Publication): Record<string, string> => {
    if (!site.signIn) return {};
    const identity: Identity = {
      ...{ sub: user.id, name: user.title ?? user.login, groups: user.groups, sid: session },
      ...(user.email === undefined ? {} : { email: user.email }),
      ...(since ? { auth_time: Math.floor(since.getTime() / 1000) } : {}),
      ...(since ? { amr: strength ? methods[strength.factor] : ['pwd'] } : {}),
    };
    const key = JSON.stringify([name, identity]);
    const last = signed.get(key);
    if (last && performance.now() - last.at < signedFor) return { 'x-poterne-jwt': last.jwt };
    if (signed.size > mostSigned) signed.clear();
    const jwt = signing.sign(identity, portalUrl(site), name);
    signed.set(key, { jwt, at: performance.now() });
    return { 'x-poterne-jwt': jwt };
  };
}

function certificateOf(site: Site, publication: Publication, told: Told): string | undefined {
  return told.hasCertificate ? clientVerification(site, publication)?.configuration.name : undefined;
}

/** Nginx keeps an answer for so many seconds; none for 0. */
function replyKept(
  answer: ServerResponse,
  status: number,
  seconds: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  answer.writeHead(status, { ...headers, 'x-accel-expires': String(seconds), 'content-length': '0' }).end();
}
