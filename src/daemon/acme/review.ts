import type { X509Certificate } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere, writeDurably } from '../../hosts/files.ts';
import type { AcmeCertificate, AcmeSite } from '../../model/acme-site.ts';
import type { Message } from '../../model/message.ts';
import { recall, wishId } from '../../pki/acme/memory.ts';
import { nextTry, renewalMoment, renewalWindow } from '../../pki/acme/renewal.ts';
import type { Advice, Span } from '../../pki/acme/types.ts';
import { acmeCertificateFile, acmeFolder, keptCertificate } from '../../pki/acme-files.ts';
import { wishOf } from './wish.ts';

/** Where one certificate of a site stands. JSON-safe. */
export interface CertificateReview {
  readonly id: string;
  readonly names: readonly string[];
  /**
   * `missing`: none serves; `other`: what serves was asked for differently (names, key, server); `due`: it is time to renew it;
   * `good`: nothing is to be done yet.
   */
  readonly state: 'missing' | 'other' | 'due' | 'good';
  /** From when to when the one that serves is valid, ISO 8601. */
  readonly valid?: { readonly from: string; readonly until: string };
  /** When it is, or would be, asked for (ISO 8601): later than due after a failure. */
  readonly next: string;
  /** What the last attempt failed on, and how often in a row. */
  readonly failed?: { readonly reason: Message; readonly times: number };
}

/** What is remembered of a certificate beside its file. */
interface Note {
  /** The wish that it was obtained for. */
  readonly wish?: string;
  readonly advice?: Advice;
}

const noteFile = (state: string, id: string): string => join(acmeFolder(state), 'certificates', `${id}.json`);

/** What is remembered of a certificate; nothing, when that cannot be read. */
export async function noteOf(state: string, id: string): Promise<Note> {
  try {
    return JSON.parse((await readIfThere(noteFile(state, id))) ?? '{}') as Note;
  } catch {
    return {};
  }
}

/** Remembers this of a certificate, in place of what was remembered. */
export async function takeNote(state: string, id: string, note: Note): Promise<void> {
  await mkdir(join(acmeFolder(state), 'certificates'), { recursive: true, mode: 0o700 });
  await writeDurably(noteFile(state, id), JSON.stringify(note), 0o600);
}

/** The wish for a certificate of a site, as it is remembered. */
export function wishIdOf({ authority }: Pick<AcmeSite, 'authority'>, certificate: AcmeCertificate): string {
  return wishId(authority.directory, wishOf(certificate));
}

/** Where a certificate stands now. Reads the disk only. */
export async function reviewCertificate(
  state: string,
  acme: AcmeSite,
  certificate: AcmeCertificate,
  now: number,
): Promise<CertificateReview> {
  const { id, names } = certificate;
  const wish = wishIdOf(acme, certificate);
  const [kept, note, { attempts }] = await Promise.all([
    keptCertificate(state, id),
    noteOf(state, id),
    recall(acmeFolder(state), wish),
  ]);
  const turn = nextTry(attempts, wish);
  const due = kept ? dueAt(kept, names, note, wish) : ({ state: 'missing', at: 0 } as const);
  const at = Math.max(due.at, turn);
  return {
    id,
    names,
    state: due.state === 'good' && due.at <= now ? 'due' : due.state,
    ...(kept
      ? { valid: { from: iso(Date.parse(kept.validFrom)), until: iso(Date.parse(kept.validTo)) } }
      : {}),
    next: iso(Math.max(at, now)),
    ...(attempts && attempts.failures > 0
      ? { failed: { reason: attempts.fault, times: attempts.failures } }
      : {}),
  };
}

/** All of a site. */
export async function reviewCertificates(
  state: string,
  acme: AcmeSite,
  now = Date.now(),
): Promise<readonly CertificateReview[]> {
  return Promise.all(acme.certificates.map((each) => reviewCertificate(state, acme, each, now)));
}

function dueAt(
  kept: X509Certificate,
  names: readonly string[],
  { wish: obtainedFor, advice }: Note,
  wish: string,
): { readonly state: 'other' | 'good'; readonly at: number } {
  const held = namesIn(kept);
  if (!names.every((name) => held.includes(name)) || (obtainedFor !== undefined && obtainedFor !== wish))
    return { state: 'other', at: 0 };
  const valid: Span = { start: Date.parse(kept.validFrom), end: Date.parse(kept.validTo) };
  return { state: 'good', at: renewalMoment(renewalWindow(valid, advice), kept.fingerprint256) };
}

/** The DNS names that a certificate holds, in lower case. */
export function namesIn({ subjectAltName }: Pick<X509Certificate, 'subjectAltName'>): readonly string[] {
  return (subjectAltName ?? '').split(', ').map((name) => name.replace(/^DNS:/, '').toLowerCase());
}

/** The PEM of the certificate that is kept, without its key. */
export async function keptChain(state: string, id: string): Promise<string | undefined> {
  const pem = await readIfThere(acmeCertificateFile(state, id));
  return pem?.match(/-----BEGIN CERTIFICATE-----[\s\S]*/)?.[0];
}

const iso = (at: number): string => new Date(at).toISOString();
