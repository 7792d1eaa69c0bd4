import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { readIfThere, writeDurably } from '../hosts/files.ts';
import type { CertificateNeed } from '../model/plan.ts';
import type { Authority } from './authority.ts';

const day = 86_400_000;
const lifetimeDays = 90;

/** The PEM file of an internal certificate: key and chain in one, so that replacing it is one rename. */
export function certificateFile(folder: string, id: string): string {
  return join(folder, `${id}.pem`);
}

/**
 * Has each needed certificate stand in the folder, signed by the authority, with a third of its life left.
 * Gives the needs that were issued now; the others were good.
 */
export async function ensureCertificates(
  folder: string,
  needs: readonly CertificateNeed[],
  authority: Authority,
  now: Date,
): Promise<CertificateNeed[]> {
  const root = new X509Certificate(authority.root);
  const issued: CertificateNeed[] = [];
  const waiting = [...needs].reverse();
  const worker = async () => {
    for (let need = waiting.pop(); need; need = waiting.pop()) {
      const file = certificateFile(folder, need.id);
      const pem = await readIfThere(file);
      if (pem !== undefined && stillGood(pem, need.names, root, now)) continue;
      const { certificate, key } = await authority.issue(need.names, lifetimeDays, now);
      await writeDurably(file, key + certificate, 0o600);
      issued.push(need);
    }
  };
  // Waiting for the disk takes longer than signing does.
  await Promise.all(Array.from({ length: 8 }, worker));
  return issued;
}

function stillGood(pem: string, names: readonly string[], root: X509Certificate, now: Date): boolean {
  try {
    const certificate = new X509Certificate(pem);
    const wanted = names.map((name) => `DNS:${name}`).join(', ');
    return (
      certificate.subjectAltName === wanted &&
      certificate.verify(root.publicKey) &&
      daysLeft(certificate, now) > lifetimeDays / 3
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
