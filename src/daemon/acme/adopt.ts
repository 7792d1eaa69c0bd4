import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readIfThere, writeDurably } from '../../hosts/files.ts';
import type { AcmeCertificate, AcmeSite } from '../../model/acme-site.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import type { Obtained } from '../../pki/acme/types.ts';
import { acmeCertificateFile } from '../../pki/acme-files.ts';
import { namesIn, takeNote, wishIdOf } from './review.ts';

/** What has the engine serve what is kept now; the ids of the publications that it refused. */
export type Serve = () => Promise<readonly string[]>;

const candidateFile = (state: string, id: string): string => `${acmeCertificateFile(state, id)}.new`;

/** Keeps what was obtained beside what serves. */
export async function keepCandidate(
  state: string,
  { id }: AcmeCertificate,
  { certificate, key }: Obtained,
): Promise<void> {
  const file = candidateFile(state, id);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeDurably(file, `${key.trimEnd()}\n${certificate}`, 0o600);
}

/** Whether something was obtained that never came to serve: we were killed in between. */
export async function hasCandidate(state: string, { id }: AcmeCertificate): Promise<boolean> {
  return (await readIfThere(candidateFile(state, id))) !== undefined;
}

/**
 * Has what was obtained take the place of what serves: once it is proved to be good, and only if the engine takes it too. Otherwise the
 * earlier one serves on. Throws `acme.unproved`, `acme.unserved`.
 */
export async function adoptCandidate(
  state: string,
  acme: AcmeSite,
  certificate: AcmeCertificate,
  users: readonly string[],
  serve: Serve,
): Promise<void> {
  const { id, names } = certificate;
  const [file, candidate] = [acmeCertificateFile(state, id), candidateFile(state, id)];
  const pem = (await readIfThere(candidate)) ?? '';
  const wrong = provedWrong(pem, names, new Date());
  if (wrong !== undefined) {
    await rm(candidate, { force: true });
    const params = { names: names.join(', '), reason: wrong };
    throw new Fault('acme.unproved', params, {
      next: message('acme.unproved.next'),
      pointer: certificate.pointer,
    });
  }
  const before = await readIfThere(file);
  await rename(candidate, file);
  const refused = (await serve()).filter((publication) => users.includes(publication));
  if (refused.length === 0) return takeNote(state, id, { wish: wishIdOf(acme, certificate) });
  if (before === undefined) await rm(file, { force: true });
  else await writeDurably(file, before, 0o600);
  await serve();
  const params = { names: names.join(', ') };
  throw new Fault('acme.unserved', params, {
    next: message('acme.unserved.next'),
    pointer: certificate.pointer,
  });
}

/** What is wrong with a certificate that is to serve, if anything: its key, its names, its dates, its chain (RFC 5280 §6.1). */
export function provedWrong(pem: string, names: readonly string[], now: Date): string | undefined {
  try {
    const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
    const chain = blocks.map((block) => new X509Certificate(block));
    const [leaf] = chain;
    if (!leaf) return 'no certificate';
    if (!leaf.checkPrivateKey(createPrivateKey(pem))) return 'another key';
    const held = namesIn(leaf);
    const missing = names.filter((name) => !held.includes(name));
    if (missing.length > 0) return `not for ${missing.join(', ')}`;
    for (const [i, each] of chain.entries()) {
      if (now > new Date(each.validTo)) return `expired on ${each.validTo}`;
      if (now < new Date(each.validFrom)) return `valid from ${each.validFrom} only`;
      const issuer = chain[i + 1];
      if (issuer && !(each.checkIssued(issuer) && each.verify(issuer.publicKey)))
        return `${each.issuer.replaceAll('\n', ', ')} did not follow`;
    }
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
