import { isUserCut } from '../../identity/cuts.ts';
import type { User } from '../../identity/types.ts';
import type { Refusal } from '../../model/audience.ts';
import { clientVerification, isGuarded, type Publication } from '../../model/site.ts';
import type { StillAdmitted } from '../cut/closing.ts';
import { isAddressCut, isPublicationCut } from '../cut/records.ts';
import type { Sighting } from '../cut/sightings.ts';
import type { Entry } from './types.ts';

/** Somebody at a publication, as far as it matters there. */
export interface Judged {
  readonly user?: User;
  readonly secondFactor: boolean;
  readonly address: string;
  readonly pathClass?: string;
  /** The TLS configuration that accepted their certificate, by name. */
  readonly certificate?: string;
}

export type Judgement =
  /** With when it ends by itself. */
  { readonly admitted: true; readonly until?: Date } | { readonly admitted: false; readonly why: Refusal };

/** Whether somebody is let in to a publication now: also whoever the description lets in may be cut off, or at their end. */
export async function judge(entry: Entry, publication: Publication, judged: Judged): Promise<Judgement> {
  const { user, secondFactor, address, pathClass, certificate } = judged;
  // First what may be waited for: a cut that is made meanwhile counts.
  const approvals = user ? await entry.approvals(user, publication.id) : [];
  const at = new Date();
  if (isPublicationCut(entry.state, publication.id)) return { admitted: false, why: 'cut' };
  // nginx has looked too, but before a firewall read, or before this was waited for.
  if (isAddressCut(entry.state, address)) return { admitted: false, why: 'cut' };
  if (user && isUserCut(entry.state, user.id)) return { admitted: false, why: 'cut' };
  if (user?.ends && user.ends <= at) return { admitted: false, why: 'ended' };
  const country = entry.country(address);
  const verdict = entry.admit({
    ...{ publication: publication.id, at, address, secondFactor },
    ...(pathClass === undefined ? {} : { pathClass }),
    ...(country === undefined ? {} : { country }),
    ...(user ? { user: { id: user.id, groups: user.groups } } : {}),
    ...(certificate === undefined ? {} : { certificate }),
    ...(user ? { approvals } : {}),
  });
  if (!verdict.admitted) return { admitted: false, why: verdict.why };
  const [until] = [verdict.until, user?.ends].flatMap((end) => end ?? []).sort((a, b) => +a - +b);
  return { admitted: true, ...(until ? { until } : {}) };
}

/** Asks again about somebody whose connection goes on. */
export function asksAgain(entry: Entry): (sighting: Sighting) => Promise<StillAdmitted | undefined> {
  const { site } = entry;
  return async ({ publication: id, pathClass, hasCertificate, session, user: of, address }) => {
    const publication = site.publications.find((each) => each.id === id);
    if (!publication || !isGuarded(publication)) return undefined;
    const shown = session === undefined ? undefined : await whoHas(entry, session, of ?? '');
    if (session !== undefined && !shown) return { admitted: false, why: 'ended' };
    // Where one was shown, it was accepted when the connection began, and no other can come to it.
    const certificate = hasCertificate
      ? clientVerification(site, publication)?.configuration.name
      : undefined;
    return judge(entry, publication, {
      ...{ address, secondFactor: shown?.secondFactor ?? false },
      ...(shown ? { user: shown.user } : {}),
      ...(pathClass === undefined ? {} : { pathClass }),
      ...(certificate === undefined ? {} : { certificate }),
    });
  };
}

/** Whose a session or a token is, if it still is one. */
async function whoHas(
  { sessions, tokens, standing }: Entry,
  id: string,
  of: string,
): Promise<{ readonly user: User; readonly secondFactor: boolean } | undefined> {
  const session = (await sessions.list(of)).find((each) => each.id === id);
  if (session) {
    const user = await standing.of(session);
    return user && { user, secondFactor: session.strength !== undefined };
  }
  const token = (await tokens.list()).find((each) => each.id === id && each.state === 'valid');
  const user = token && (await standing.ofId(token.user));
  return user && { user, secondFactor: false };
}
