import type { IncomingMessage, ServerResponse } from 'node:http';
import { isUserCut } from '../../identity/cuts.ts';
import type { User } from '../../identity/types.ts';
import type { Refusal } from '../../model/audience.ts';
import { clientVerification, type Publication, type Site } from '../../model/site.ts';
import { entryCookie, readCookie } from './cookies.ts';
import { identityHeaders, readTold, type Told } from './headers.ts';
import type { Entry, Handler } from './types.ts';

/** Somebody that a request shows. */
interface Shown {
  readonly user: User;
  readonly secondFactor: boolean;
  /** What is named in logs: a session's id, or a token's. */
  readonly session: string;
  /** Whether what it shows holds for other requests of its class too. */
  readonly isForAll: boolean;
}

/** The longest that nginx keeps an answer, in seconds: what changes elsewhere holds everywhere soon after. */
const kept = { admitted: 3, refused: 1 } as const;

/**
 * Tells nginx whether to let a request through: 200 with who it is, 401 when nobody signed in, 403 with why. Whatever cannot be judged is
 * a 503.
 */
export function verdicts(entry: Entry): Handler {
  const publications = new Map(entry.site.publications.map((each) => [each.id, each]));
  return async (asked, answer) => {
    const told = readTold(asked);
    const publication = publications.get(told.publication);
    // nginx has another version of the description, for a moment.
    if (!publication) return reply(answer, 503, 0);
    const shown = await whoShows(entry, asked, told);
    if (shown === 'nobody') return reply(answer, 401, kept.refused);
    const at = new Date();
    const user = shown?.user;
    const refuse = (why: Refusal) =>
      why === 'sign-in'
        ? reply(answer, 401, shown?.isForAll === false ? 0 : kept.refused)
        : reply(answer, 403, shown?.isForAll === false ? 0 : kept.refused, { 'x-poterne-why': why });
    if (user && isUserCut(entry.state, user.id)) return refuse('cut');
    if (user?.ends && user.ends <= at) return refuse('ended');
    const country = entry.country(told.address);
    const certificate = certificateOf(entry.site, publication, told);
    const verdict = entry.admit({
      ...{ publication: publication.id, at, address: told.address },
      ...(told.pathClass === undefined ? {} : { pathClass: told.pathClass }),
      ...(country === undefined ? {} : { country }),
      ...(user ? { user: { id: user.id, groups: user.groups } } : {}),
      secondFactor: shown?.secondFactor ?? false,
      ...(certificate === undefined ? {} : { certificate }),
      ...(user ? { approvals: await entry.approvals(user.id, publication.id) } : {}),
    });
    if (!verdict.admitted) return refuse(verdict.why);
    const ends = [verdict.until, user?.ends].flatMap((end) => end?.getTime() ?? []);
    const left = Math.floor((Math.min(...ends, Number.POSITIVE_INFINITY) - at.getTime()) / 1000);
    const seconds = shown?.isForAll === false ? 0 : Math.max(0, Math.min(kept.admitted, left));
    reply(answer, 200, seconds, {
      ...(user ? identityHeaders(user) : {}),
      ...(shown ? { 'x-poterne-session': shown.session } : {}),
    });
  };
}

/** Who a request shows itself to be: `undefined` shows nothing, `nobody` something that is not good any more. */
async function whoShows(
  { sessions, standing }: Entry,
  asked: IncomingMessage,
  { publication, host }: Told,
): Promise<Shown | 'nobody' | undefined> {
  const cookie = readCookie(asked, entryCookie);
  if (cookie === undefined) return undefined;
  const pass = await sessions.findPass(cookie, { publication, host });
  if (!pass) return undefined;
  const { session } = pass;
  const user = await standing.of(session);
  if (!user) {
    await sessions.end({ id: session.id }, 'gone');
    return 'nobody';
  }
  return { user, secondFactor: session.strength !== undefined, session: session.id, isForAll: true };
}

function certificateOf(site: Site, publication: Publication, told: Told): string | undefined {
  return told.hasCertificate ? clientVerification(site, publication)?.configuration.name : undefined;
}

/** Nginx keeps an answer for so many seconds; none for 0. */
function reply(
  answer: ServerResponse,
  status: number,
  seconds: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  answer.writeHead(status, { ...headers, 'x-accel-expires': String(seconds), 'content-length': '0' }).end();
}
