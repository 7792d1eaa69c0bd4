import { readFile } from 'node:fs/promises';
import { unfit } from '../lib/client-proofs.ts';
import { clientVerification, proxied, type Site } from '../model/site.ts';
import { ensureProofCertificates, impostorOf, proofCertificate } from '../pki/proof-certificates.ts';
import type { ClientCertificates } from '../verify/index.ts';
import type { Gateway } from './gateway.ts';
import { shownTo } from './partners/look.ts';

/** Whether a publication accepts client certificates of Poterne's own authority. */
const acceptsOwn = (site: Site): boolean =>
  proxied(site).some((publication) =>
    clientVerification(site, publication)?.configuration.authorities.some(({ kind }) => kind === 'internal'),
  );

/** Has the client certificates be there that proofs of a site need, before the lists are written that say which of them are revoked. */
export async function prepareProof({ state, authority }: Gateway, site: Site): Promise<void> {
  if (acceptsOwn(site)) await ensureProofCertificates(state, authority, new Date());
}

/** The client certificates that can be shown from this machine. */
export function clientCertificates(
  { state, authority }: Pick<Gateway, 'state' | 'authority'>,
  site: Site,
): ClientCertificates {
  return async (name, kind) => {
    const configuration = site.tlsConfigurations.find((each) => each.name === name);
    if (configuration?.kind === 'client') return shownTo(configuration, state);
    if (!configuration) return undefined;
    const { authorities, probe } = configuration;
    if (kind === 'impostor') {
      const file = authorities.find((each) => each.kind === 'file');
      const pem = file?.kind === 'file' ? await readText(file.file) : authority.root;
      return pem === undefined ? undefined : impostorOf(pem, new Date());
    }
    const given = probe?.[kind];
    if (given) {
      const [certificate, key] = await Promise.all([readText(given.certificate), readText(given.key)]);
      if (certificate === undefined || key === undefined) return undefined;
      const texts = async (files: readonly { readonly file: string }[]) =>
        (await Promise.all(files.map(({ file }) => readText(file)))).join('');
      const judged = {
        authorities: await texts(authorities.flatMap((each) => (each.kind === 'file' ? [each] : []))),
        revocations: await texts(configuration.crls),
      };
      const reason = unfit(kind, { certificate, key, ...judged }, new Date());
      return reason ? { reason } : { certificate, key };
    }
    return authorities.some((each) => each.kind === 'internal') ? proofCertificate(state, kind) : undefined;
  };
}

async function readText(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}
