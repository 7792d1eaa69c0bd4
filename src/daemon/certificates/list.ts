import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Pointer } from '../../model/pointer.ts';
import type { Site } from '../../model/site.ts';
import type { CertificateRecord } from '../../pki/authority/ledger.ts';
import type { Standing } from '../../pki/authority/offline.ts';
import { type Place, shownCertificate } from './asked.ts';
import { type Origin, type Source, sourcesOf } from './sources.ts';

/**
 * How long a certificate lasts: `near` is a while before `soon`; what has no end, or could not be seen, is neither. `missing`: it was
 * not obtained yet.
 */
export const lasting = ['expired', 'missing', 'soon', 'near', 'good', 'endless', 'unseen'] as const;
export type Lasting = (typeof lasting)[number];

/** A certificate that a site depends on. JSON-safe. */
export interface CertificateSeen {
  readonly origin: Origin;
  readonly for: string;
  readonly where: string;
  readonly lasting: Lasting;
  readonly subject?: string;
  readonly issuer?: string;
  readonly serial?: string;
  /** ISO 8601, UTC. */
  readonly until?: string;
  /** Whole days left; negative once it has expired. */
  readonly days?: number;
  /** Why it could not be seen, as the system says it. */
  readonly trouble?: string;
  readonly pointer: Pointer;
}

export interface Looking {
  readonly now: Date;
  /** The state folder of the gateway, where it is on this machine and may be read. */
  readonly state?: string;
  /** What the authority told of itself and of what it signed; absent when it was not reached. */
  readonly standing?: Standing;
  readonly records?: readonly CertificateRecord[];
  /** Fewer days than that are too few; for an authority's certificate, 90. */
  readonly soon?: number;
  /** Milliseconds for a server to show its certificate. */
  readonly patience?: number;
}

const day = 86_400_000;
const soonByDefault = 21;
const soonForAuthorities = 90;
/** How many servers are asked at once. */
const atOnce = 16;

/** All certificates that a site depends on, wherever they come from, those with the least time left first. */
export async function certificatesOf(site: Site, looking: Looking): Promise<readonly CertificateSeen[]> {
  const waiting = [...sourcesOf(site, looking.state)];
  const seen: CertificateSeen[] = [];
  const worker = async () => {
    for (let source = waiting.pop(); source; source = waiting.pop())
      seen.push(...(await look(source, looking)));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return [...seen, ...ofAuthority(looking), ...ofSsh(site)].sort(
    (a, b) =>
      (a.days ?? 1e9) - (b.days ?? 1e9) || a.for.localeCompare(b.for) || a.where.localeCompare(b.where),
  );
}

async function look(source: Source, looking: Looking): Promise<readonly CertificateSeen[]> {
  const { origin, from, pointer } = source;
  const ground = { origin, for: source.for, pointer };
  const said = (where: string, error: unknown): CertificateSeen => {
    const { code, message } = error as NodeJS.ErrnoException;
    return { ...ground, where, lasting: 'unseen', trouble: code ?? message };
  };
  const asked = async (place: Place) => {
    const where = `${place.host.includes(':') ? `[${place.host}]` : place.host}:${place.port}`;
    try {
      return [judged(ground, where, await shownCertificate(place, looking.patience ?? 5000), looking)];
    } catch (error) {
      return [said(where, error)];
    }
  };
  if (!('file' in from)) return asked(from);
  try {
    const text = await readFile(from.file, 'latin1');
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    if (blocks.length === 0) throw new Error('PEM');
    const wanted = from.whole ? blocks : blocks.slice(0, 1);
    return wanted.map((pem) => judged(ground, from.file, new X509Certificate(pem), looking));
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code !== 'ENOENT';
    if (!isThere && origin === 'acme') return [{ ...ground, where: from.file, lasting: 'missing' }];
    return from.else && !isThere ? asked(from.else) : [said(from.file, error)];
  }
}

function judged(
  ground: Pick<CertificateSeen, 'origin' | 'for' | 'pointer'>,
  where: string,
  certificate: X509Certificate,
  looking: Looking,
): CertificateSeen {
  const { subject, issuer, serialNumber, validFrom, validTo, ca } = certificate;
  return {
    ...ground,
    where,
    subject: oneLine(subject),
    issuer: oneLine(issuer),
    serial: serialNumber.toLowerCase(),
    ...left(new Date(validFrom), new Date(validTo), ca, looking),
  };
}

/** A short-lived certificate has little left by nature: a quarter of its life is the most that counts as soon. */
function left(from: Date, until: Date, isAuthority: boolean, { now, soon = soonByDefault }: Looking) {
  const remaining = until.getTime() - now.getTime();
  const limit = Math.min(
    (isAuthority ? Math.max(soon, soonForAuthorities) : soon) * day,
    (until.getTime() - from.getTime()) / 4,
  );
  const state: Lasting =
    remaining < 0 ? 'expired' : remaining < limit ? 'soon' : remaining < 1.4 * limit ? 'near' : 'good';
  return { lasting: state, until: until.toISOString(), days: Math.floor(remaining / day) };
}

function ofAuthority(looking: Looking): readonly CertificateSeen[] {
  const { standing, records = [], now } = looking;
  const own = (['root', 'issuing'] as const).flatMap((role): CertificateSeen[] => {
    const found = standing?.[role];
    if (!found) return [];
    const { subject, from, until } = found;
    const ground = { origin: role, for: 'authority', where: `${standing.folder}/${role}.pem`, subject };
    return [{ ...ground, ...left(new Date(from), new Date(until), true, looking), pointer: '/authority' }];
  });
  // Of each name the newest: the others were renewed. What was for a person who left ends in silence.
  const newest = new Map(
    records.flatMap((each) => (each.who === 'poterne' ? [] : [[each.name, each] as const])),
  );
  const issued = [...newest.values()]
    .filter(({ revoked, until }) => !revoked && Date.parse(until) > now.getTime())
    .map(
      ({ name, serial, from, until }): CertificateSeen => ({
        ...{
          origin: 'issued',
          for: name,
          where: serial,
          subject: `CN=${name}`,
          serial,
          pointer: '/authority',
        },
        ...left(new Date(from), new Date(until), false, looking),
      }),
    );
  return [...own, ...issued];
}

/** The keys of the SSH authority do not end; what they sign does within minutes, by itself. */
function ofSsh({ bastion }: Site): readonly CertificateSeen[] {
  if (!bastion) return [];
  const keys = { authority: bastion.authority, 'host-authority': bastion.hostAuthority };
  return Object.entries(keys).flatMap(([word, key]): CertificateSeen[] =>
    key === undefined
      ? []
      : [
          {
            ...{ origin: 'ssh', for: word, where: bastion.host, lasting: 'endless' },
            ...{ subject: key.slice(0, 40), pointer: `${bastion.pointer}/${word}` },
          },
        ],
  );
}

const oneLine = (name: string): string => name.replaceAll('\n', ', ');
