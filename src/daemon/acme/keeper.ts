import { covers } from '../../describe/names.ts';
import { mapAtMost } from '../../lib/pool.ts';
import type { AcmeCertificate } from '../../model/acme-site.ts';
import { Fault } from '../../model/fault.ts';
import type { Finding } from '../../model/finding.ts';
import type { Message } from '../../model/message.ts';
import { proxied, type Site } from '../../model/site.ts';
import { makeBell } from '../bell.ts';
import { hasCandidate, type Serve } from './adopt.ts';
import { askAdvice, foresee, type Ordering, order, rehearse, usersOf } from './order.ts';
import { type CertificateReview, reviewCertificate } from './review.ts';
import { openSharing, type Sharing } from './sharing.ts';
import { type AcmeOf, rehearsalOf } from './wish.ts';

/** How many certificates are asked for at once: one that hangs does not keep the others waiting. */
const atOnce = 4;
/** How long nothing is looked at, and how often an authority that gives no advice is asked for it. */
const wait = {
  shortest: 1000,
  longest: 600_000,
  shared: 10_000,
  away: 60_000,
  advice: 6 * 3_600_000,
} as const;

/** What somebody wants of the certificates of a gateway, now. */
export interface RenewalAsk {
  /** A name, or the name that a shared certificate was given; left out, all of them. */
  readonly name?: string;
  /** Does what a renewal would, and leaves what serves as it is. */
  readonly rehearse: boolean;
  /** Also what is not due yet. */
  readonly force: boolean;
}

/** What became of one certificate that was asked for. JSON-safe. */
export interface RenewalResult {
  readonly id: string;
  readonly names: readonly string[];
  /** `kept`: it is not due. `validated`: rehearsed, where nothing could be issued. */
  readonly outcome: 'renewed' | 'kept' | 'issued' | 'validated' | 'failed';
  /** Until when what serves now is valid, and when it is renewed by itself; ISO 8601. */
  readonly until?: string;
  readonly next: string;
  /** What serves now is not due by itself: a failure to replace it is of no consequence yet. */
  readonly isEarly?: true;
  /** Who was asked. */
  readonly server: string;
  /** What was seen beforehand that could keep it from succeeding. */
  readonly foreseen: readonly Finding[];
  readonly fault?: Pick<Fault, 'code' | 'params' | 'pointer' | 'next'>;
}

/** The certificates of a site that an ask means. Throws `acme.renew.unknown`, `acme.renew.none`. */
export function meant({ acme, publications }: Site, name: string | undefined): readonly AcmeCertificate[] {
  const all = acme?.certificates ?? [];
  if (all.length === 0) throw new Fault('acme.renew.none', {});
  if (name === undefined) return all;
  const wanted = name.toLowerCase();
  const users = proxied({ publications }).filter((publication) => publication.name === wanted);
  const found = all.filter(
    ({ id, names }) =>
      id === `shared-${wanted}` ||
      names.some((each) => covers(each, wanted)) ||
      users.some(({ tls }) => tls.kind === 'acme' && tls.certificate === id),
  );
  if (found.length === 0)
    throw new Fault('acme.renew.unknown', { name, known: all.flatMap(({ names }) => names).join(', ') });
  return found;
}

/** Does what somebody asks for, certificate by certificate; a failure is told with its certificate, and ends nothing. */
export async function renewAll(ordering: Ordering, ask: RenewalAsk): Promise<readonly RenewalResult[]> {
  return mapAtMost(meant(ordering.site, ask.name), atOnce, (each) => renewOne(ordering, each, ask));
}

async function renewOne(
  ordering: Ordering,
  certificate: AcmeCertificate,
  { rehearse: rehearsing, force }: RenewalAsk,
): Promise<RenewalResult> {
  const { state, site } = ordering;
  const look = () => reviewCertificate(state, site.acme, certificate, Date.now());
  const { directory } = rehearsing ? rehearsalOf(site.acme) : site.acme.authority;
  const server = new URL(directory).host;
  let foreseen: readonly Finding[] = [];
  const result = async (outcome: RenewalResult['outcome'], fault?: Fault): Promise<RenewalResult> => {
    const { id, names, valid, next, state: stands } = await look();
    return {
      ...{ id, names, outcome, next, server, foreseen },
      ...(stands === 'good' ? { isEarly: true as const } : {}),
      ...(valid ? { until: valid.until } : {}),
      ...(fault ? { fault: sayable(fault) } : {}),
    };
  };
  try {
    if (!rehearsing && !force && (await look()).state === 'good') return await result('kept');
    foreseen = await foresee(ordering, certificate, rehearsing);
    if (rehearsing)
      return await result((await rehearse(ordering, certificate)).issued ? 'issued' : 'validated');
    await order(ordering, certificate, true);
    return await result('renewed');
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return await result('failed', error);
  }
}

const sayable = ({ code, params, pointer, next }: Fault): NonNullable<RenewalResult['fault']> => ({
  ...{ code, params, pointer, next },
});

/** What the keeper of certificates needs of the daemon. */
export interface Keeping {
  readonly state: string;
  /** What is being served now. */
  readonly site: () => Promise<Site | undefined>;
  readonly serve: Serve;
  readonly tell: (step: Message) => void;
  readonly fail: (fault: Fault) => void;
  readonly signal: AbortSignal;
}

/** Looks after certificates beside the daemon's other work. */
export interface Keeper {
  /** Something changed: looks at once. */
  wake(): void;
  /** Does what somebody asks for, and tells them the steps. */
  renew(ask: RenewalAsk, tell: (step: Message) => void): Promise<readonly RenewalResult[]>;
  /** Resolves once it has ended, after the signal. */
  readonly ended: Promise<void>;
}

/** Obtains and renews the certificates of what is served, each in its time, until told to stop. */
export function keepCertificates(on: Keeping): Keeper {
  const asked = new Map<string, number>();
  const busy = new Map<string, Promise<void>>();
  const bell = makeBell(on.signal);

  /** No two at once for one certificate: a person's wish waits for what is under way. */
  const alone = async <T>(id: string, work: () => Promise<T>): Promise<T> => {
    for (let before = busy.get(id); before; before = busy.get(id)) await before;
    const working = work();
    busy.set(
      id,
      working.then(
        () => {},
        () => {},
      ),
    );
    return working.finally(() => busy.delete(id));
  };

  let opened: { readonly key: string; readonly sharing: Sharing | undefined } | undefined;

  /** What is shared with other gateways, opened once for as long as it is described the same. */
  const sharingFor = async (site: Site & AcmeOf): Promise<Sharing | undefined> => {
    const key = JSON.stringify([site.name, site.store, site.acme]);
    if (opened?.key !== key) {
      await opened?.sharing?.close();
      opened = undefined;
      opened = { key, sharing: await openSharing({ state: on.state, site }) };
      // Whichever gateway the server asks, it answers for the one account.
      if (await opened.sharing?.meet()) await on.serve();
    }
    return opened.sharing;
  };

  const ordering = async (site: Site & AcmeOf, tell = on.tell): Promise<Ordering> => ({
    ...{ state: on.state, site, tell, signal: on.signal, serve: on.serve, sharing: await sharingFor(site) },
  });

  const failed = (error: unknown, ca = ''): void => {
    if (on.signal.aborted) return;
    on.fail(error instanceof Fault ? error : new Fault('acme.broken', { ca, reason: String(error) }));
  };

  /** Looks after one certificate; gives the time at which it is to be looked at again. */
  const look = async (doing: Ordering, certificate: AcmeCertificate): Promise<number> => {
    const { site, sharing } = doing;
    const { id } = certificate;
    if (usersOf(site, certificate).length === 0) return Number.POSITIVE_INFINITY;
    const review = () => reviewCertificate(on.state, site.acme, certificate, Date.now());
    try {
      if ((asked.get(id) ?? 0) <= Date.now()) {
        asked.set(id, Date.now() + wait.advice);
        await askAdvice(doing, certificate);
      }
      await sharing?.bring(certificate);
      await alone(id, async () => {
        // A person may have had it renewed while we waited.
        if (!isTime(await review()) && !(await hasCandidate(on.state, certificate))) return;
        await order(doing, certificate);
        // Of the new one the server is asked anew.
        asked.delete(id);
      });
      return Date.parse((await review()).next);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (error.code === 'acme.shared.busy') return Date.now() + wait.shared;
      // Said when it happened: that it is too early again is no news.
      if (error.code !== 'acme.wait') failed(error);
      return Math.max(Date.now() + wait.away, Date.parse((await review()).next));
    }
  };

  /** The same, where a disk that is full or a file that cannot be read holds up no other certificate. */
  const lookAlone = async (doing: Ordering, certificate: AcmeCertificate): Promise<number> => {
    try {
      return await look(doing, certificate);
    } catch (error) {
      failed(error, new URL(doing.site.acme.authority.directory).host);
      return Date.now() + wait.away;
    }
  };

  const run = async () => {
    while (!on.signal.aborted) {
      let next = Date.now() + wait.longest;
      try {
        const site = await on.site();
        if (hasAcme(site)) {
          const doing = await ordering(site);
          const times = await mapAtMost(site.acme.certificates, atOnce, (each) => lookAlone(doing, each));
          next = Math.min(next, ...times, ...(doing.sharing ? [Date.now() + wait.shared] : []));
        }
      } catch (error) {
        // The store is away, most often: what was obtained serves on.
        failed(error);
        next = Date.now() + wait.away;
      }
      await bell.wait(Math.max(wait.shortest, next - Date.now()));
    }
  };
  return {
    wake: bell.ring,
    async renew(ask, tell) {
      const site = await on.site();
      if (!hasAcme(site)) throw new Fault('acme.renew.none', {});
      const doing = await ordering(site, tell);
      const all = await mapAtMost(meant(site, ask.name), atOnce, (each) =>
        alone(each.id, () => renewOne(doing, each, ask)),
      );
      bell.ring();
      return all;
    },
    ended: run().finally(() => opened?.sharing?.close()),
  };
}

const isTime = ({ state, next }: CertificateReview): boolean =>
  state !== 'good' && Date.parse(next) <= Date.now();

const hasAcme = (site: Site | undefined): site is Site & AcmeOf =>
  site?.acme !== undefined && site.acme.certificates.length > 0;
