import { readIfThere } from '../../hosts/files.ts';
import type { AcmeCertificate } from '../../model/acme-site.ts';
import { Fault } from '../../model/fault.ts';
import type { Finding } from '../../model/finding.ts';
import { type Message, message, warning } from '../../model/message.ts';
import { proxied, type Site } from '../../model/site.ts';
import { recall, remember, wishId } from '../../pki/acme/memory.ts';
import type { Session } from '../../pki/acme/session.ts';
import { acmeCertificateFile, acmeFolder } from '../../pki/acme-files.ts';
import { adoptCandidate, hasCandidate, keepCandidate, type Serve } from './adopt.ts';
import { keptChain, noteOf, takeNote } from './review.ts';
import type { Sharing } from './sharing.ts';
import { type AcmeOf, lookAhead, rehearsalOf, sessionWith, solverFor, wishOf } from './wish.ts';

/** What orders see of the world. */
export interface Ordering {
  readonly state: string;
  readonly site: Site & AcmeOf;
  readonly tell: (step: Message) => void;
  readonly signal?: AbortSignal;
  readonly serve: Serve;
  /** What is done together with other gateways of the site. */
  readonly sharing?: Sharing | undefined;
}

/** The ids of the publications that show a certificate. */
export function usersOf(site: Pick<Site, 'publications'>, { id }: AcmeCertificate): readonly string[] {
  return proxied(site).flatMap((publication) =>
    publication.tls.kind === 'acme' && publication.tls.certificate === id ? [publication.id] : [],
  );
}

/**
 * Obtains a certificate and has it served. What went wrong is remembered, so that it is tried again later and not at once; `insist` is a
 * person's word that it shall be now. Throws `acme.*` faults.
 */
export async function order(ordering: Ordering, certificate: AcmeCertificate, insist = false): Promise<void> {
  const { sharing, state } = ordering;
  if (!sharing || (await hasCandidate(state, certificate))) return orderHere(ordering, certificate, insist);
  await sharing.alone(certificate, async () => {
    // Another gateway may have done so while we waited for our turn.
    await sharing.bring(certificate);
    await orderHere(ordering, certificate, insist);
  });
}

async function orderHere(
  { state, site, tell, signal, serve }: Ordering,
  certificate: AcmeCertificate,
  insist: boolean,
): Promise<void> {
  const { acme } = site;
  if (!(await hasCandidate(state, certificate))) {
    const [session, solver] = await remembered(
      { state, site },
      certificate,
      async () =>
        [
          await sessionWith(acme.authority, state, { tell, ...(signal ? { signal } : {}) }),
          await solverFor(site, certificate),
        ] as const,
    );
    try {
      if (!insist) await tellAhead(session, site, certificate, tell);
      const { obtain } = await import('../../pki/acme/obtain.ts');
      const wish = wishOf(certificate, await keptChain(state, certificate.id));
      const keep = (obtained: Parameters<typeof keepCandidate>[2]) =>
        keepCandidate(state, certificate, obtained);
      // It remembers its failures itself.
      await obtain(session, wish, solver, { keep, insist });
    } finally {
      session.close();
    }
  }
  await remembered({ state, site }, certificate, () =>
    adoptCandidate(state, acme, certificate, usersOf(site, certificate), serve),
  );
}

/** Remembers what goes wrong: without that, the next attempt would follow at once. */
async function remembered<T>(
  { state, site }: Pick<Ordering, 'state' | 'site'>,
  certificate: AcmeCertificate,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Fault) await noteFailure(state, site, certificate, error);
    throw error;
  }
}

/**
 * Looks before an authority is asked, and tells what may have it refuse. It is asked all the same: what we see is from inside, where names
 * and records may be others, and an obstacle that is none must not keep a certificate from being renewed.
 */
async function tellAhead(
  session: Session,
  site: AcmeOf,
  certificate: AcmeCertificate,
  tell: Ordering['tell'],
): Promise<void> {
  const found = await lookAhead(session, site, certificate).catch(() => []);
  for (const { severity, code, params } of found)
    if (severity === 'error') tell(warning(message(code, params)));
}

async function noteFailure(
  state: string,
  { acme }: AcmeOf,
  certificate: AcmeCertificate,
  { code, params }: Fault,
): Promise<void> {
  const wish = wishOf(certificate);
  const id = wishId(acme.authority.directory, wish);
  const { attempts } = await recall(acmeFolder(state), id);
  await remember(acmeFolder(state), id, wish, {
    order: undefined,
    attempts: { failures: (attempts?.failures ?? 0) + 1, last: Date.now(), fault: message(code, params) },
  });
}

/**
 * Does what a renewal would, and leaves what serves as it is: against the server's staging directory a certificate is obtained and
 * proved; where the only directory is the real one, the names are validated and nothing is issued. Throws `acme.*` faults.
 */
export async function rehearse(
  { state, site, tell, signal }: Omit<Ordering, 'serve'>,
  certificate: AcmeCertificate,
): Promise<{ readonly issued: boolean }> {
  const authority = rehearsalOf(site.acme);
  const session = await sessionWith(authority, state, { tell, ...(signal ? { signal } : {}) });
  try {
    const core = await import('../../pki/acme/obtain.ts');
    const solver = await solverFor(site, certificate);
    const issued = authority.directory !== site.acme.authority.directory;
    if (!issued) await core.rehearse(session, wishOf(certificate), solver);
    else {
      const { provedWrong } = await import('./adopt.ts');
      const got = await core.obtain(session, wishOf(certificate), solver, {
        keep: async () => {},
        insist: true,
      });
      const wrong = provedWrong(`${got.key.trimEnd()}\n${got.certificate}`, certificate.names, new Date());
      if (wrong !== undefined)
        throw new Fault('acme.unproved', { names: certificate.names.join(', '), reason: wrong });
    }
    return { issued };
  } finally {
    session.close();
  }
}

/** What would keep a renewal (or a rehearsal) from succeeding, as far as it is seen from here; nothing is asked but a directory. */
export async function foresee(
  { state, site, signal }: Pick<Ordering, 'state' | 'site' | 'signal'>,
  certificate: AcmeCertificate,
  rehearsing: boolean,
): Promise<readonly Finding[]> {
  const authority = rehearsing ? rehearsalOf(site.acme) : site.acme.authority;
  const session = await sessionWith(authority, state, { tell: () => {}, ...(signal ? { signal } : {}) });
  try {
    return await lookAhead(session, site, certificate);
  } finally {
    session.close();
  }
}

/** Asks the server when to renew what serves (RFC 9773), when it may be asked again; what it advised before holds while it is away. */
export async function askAdvice(
  { state, site, signal }: Pick<Ordering, 'state' | 'site' | 'signal'>,
  { id }: AcmeCertificate,
): Promise<void> {
  const { advice } = await noteOf(state, id);
  const pem = await readIfThere(acmeCertificateFile(state, id));
  if (pem === undefined || (advice && advice.again > Date.now())) return;
  const chain = await keptChain(state, id);
  if (chain === undefined) return;
  const session = await sessionWith(site.acme.authority, state, {
    tell: () => {},
    ...(signal ? { signal } : {}),
  });
  try {
    const { adviceFor } = await import('../../pki/acme/advice.ts');
    const found = await adviceFor(session, chain);
    if (found) await takeNote(state, id, { ...(await noteOf(state, id)), advice: found });
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  } finally {
    session.close();
  }
}
