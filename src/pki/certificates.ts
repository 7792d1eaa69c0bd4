import { type KeyObject, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { readIfThere, writeDurably } from '../hosts/files.ts';
import type { CertificateNeed } from '../model/plan.ts';
import type { Authority, Judge } from './authority/authority.ts';
import { makeKeyOf } from './authority/keys.ts';

const day = 86_400_000;
const lifetimeDays = 90;

/** The PEM file of an internal certificate: key and chain in one, so that replacing it is one rename. */
export function certificateFile(folder: string, id: string): string {
  return join(folder, `${id}.pem`);
}

/** What became of certificates that are needed. */
export interface Ensured {
  /** Issued now; the others were good. */
  readonly issued: readonly CertificateNeed[];
  /** Those whose names the authority may not sign, by id, and the first such name. */
  readonly forbidden: ReadonlyMap<string, string>;
}

/** Has each needed certificate stand in the folder, signed by the authority, with a third of its life left. */
export async function ensureCertificates(
  folder: string,
  needs: readonly CertificateNeed[],
  authority: Authority,
  now: Date,
): Promise<Ensured> {
  const days = (await authority.folder.policy())?.days ?? lifetimeDays;
  const revoked = new Set((await authority.records()).flatMap((each) => (each.revoked ? [each.serial] : [])));
  const judge = await authority.judge();
  const wanting: CertificateNeed[] = [];
  const forbidden = new Map<string, string>();
  await eightAtATime(needs, async (need) => {
    const pem = await readIfThere(certificateFile(folder, need.id));
    if (pem !== undefined && stillGood(pem, need.names, judge, { revoked, days, now })) return;
    const name = judge.forbidden(need.names);
    if (name === undefined) wanting.push(need);
    else forbidden.set(need.id, name);
  });
  const keys = await Promise.all(wanting.map(() => makeKeyOf('ecdsa-p256')));
  const made = await authority.certify(
    wanting.map(({ id, names, purpose = 'server' as const }, i) => ({
      // A common name holds 64 characters at most (RFC 5280 appendix A); names count by their SAN anyway.
      name: names.find((each) => each.length <= 64) ?? (purpose === 'client' ? id.slice(0, 64) : 'Poterne'),
      ...{ purpose, names, days, publicKey: keys[i] as KeyObject },
    })),
    { who: 'poterne' },
    now,
  );
  // Waiting for the disk takes longer than signing does.
  await eightAtATime([...wanting.entries()], async ([i, { id }]) => {
    const key = (keys[i] as KeyObject).export({ type: 'pkcs8', format: 'pem' }) as string;
    await writeDurably(certificateFile(folder, id), key + made[i]?.certificate, 0o600);
  });
  return { issued: wanting, forbidden };
}

async function eightAtATime<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items].reverse();
  const worker = async () => {
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

function stillGood(
  pem: string,
  names: readonly string[],
  judge: Judge,
  {
    revoked,
    days,
    now,
  }: { readonly revoked: ReadonlySet<string>; readonly days: number; readonly now: Date },
): boolean {
  try {
    const certificate = new X509Certificate(pem);
    const wanted = names.map((name) => `DNS:${name}`).join(', ');
    return (
      (certificate.subjectAltName ?? '') === wanted &&
      !revoked.has(certificate.serialNumber.toLowerCase()) &&
      // Made by a clock that was ahead: it would serve nobody until then.
      Date.parse(certificate.validFrom) <= now.getTime() &&
      judge.signed(certificate) &&
      daysLeft(certificate, now) > days / 3
    );
  } catch {
    // Unreadable: a new one replaces it.
    return false;
  }
}

/** Whole days until a certificate expires; negative once it has. */
export function daysLeft(certificate: X509Certificate, now: Date): number {
  return Math.floor((new Date(certificate.validTo).getTime() - now.getTime()) / day);
}
