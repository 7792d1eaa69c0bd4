import { createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { readIfThere } from '../hosts/files.ts';
import type { AcmeCertificate } from '../model/acme-site.ts';

/** Where the account, the certificates and the memory of orders are, in a state folder. */
export const acmeFolder = (state: string): string => join(state, 'acme');

/** The PEM file of a certificate that was obtained: key and chain in one, so that replacing it is one rename. */
export const acmeCertificateFile = (state: string, id: string): string =>
  join(acmeFolder(state), 'certificates', `${id}.pem`);

/** The certificate that is kept under an id; `undefined` when there is none, or when it and its key do not fit. */
export async function keptCertificate(state: string, id: string): Promise<X509Certificate | undefined> {
  const pem = await readIfThere(acmeCertificateFile(state, id));
  if (pem === undefined) return undefined;
  try {
    const certificate = new X509Certificate(pem);
    return certificate.checkPrivateKey(createPrivateKey(pem)) ? certificate : undefined;
  } catch {
    return undefined;
  }
}

/** The ids of those certificates that are there, good or not: what is not, the engine refuses, and the earlier one serves on. */
export async function presentCertificates(
  state: string,
  certificates: readonly Pick<AcmeCertificate, 'id'>[],
): Promise<readonly string[]> {
  const present: string[] = [];
  for (const { id } of certificates)
    if ((await readIfThere(acmeCertificateFile(state, id))) !== undefined) present.push(id);
  return present;
}
