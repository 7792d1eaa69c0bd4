import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { ShownCertificate } from '../model/expectation.ts';
import { type Message, message } from '../model/message.ts';
import { clientVerification, type Site } from '../model/site.ts';
import type { ServerTls } from '../model/tls.ts';
import { revocationLists } from './crl.ts';
import { pemBlocks } from './der.ts';

/** What only the authority of the certificates can make, and proofs show. */
export const probeKinds = ['right', 'expired', 'revoked'] as const;
export type ProbeKind = (typeof probeKinds)[number];

const isOurs = ({ authorities }: ServerTls): boolean => authorities.some(({ kind }) => kind === 'internal');

/** Whether a revoked certificate is known here to be one. */
const asksRevocation = (configuration: ServerTls): boolean =>
  isOurs(configuration) || configuration.crls.length > 0 || configuration.ocsp !== undefined;

const canShow = (configuration: ServerTls, kind: ProbeKind): boolean =>
  configuration.probe?.[kind] !== undefined || isOurs(configuration);

/** Whether proofs have a certificate to be let in with. */
export const canEnter = (configuration: ServerTls): boolean => canShow(configuration, 'right');

/** The certificates that can be had for proofs: of a foreign authority only those that the description names. */
export function shownFor(configuration: ServerTls): readonly ShownCertificate[] {
  return [
    ...(configuration.client === 'required' ? (['none'] as const) : []),
    'impostor',
    ...(['expired', 'revoked', 'right'] as const).filter((kind) => canShow(configuration, kind)),
  ];
}

/** What is not proved of who gets in at a name, and why; with the name of the configuration it is about. */
export interface Unproved {
  readonly about: string;
  readonly configuration: ServerTls;
  readonly said: Message;
}

/** For each publication that asks for client certificates, what no proof tries, because only somebody else can make what it takes. */
export function unproved(site: Pick<Site, 'publications' | 'tlsConfigurations'>): readonly Unproved[] {
  return site.publications.flatMap((publication) => {
    const { configuration } = clientVerification(site, publication) ?? {};
    const file = configuration?.authorities.find(({ kind }) => kind === 'file');
    // Poterne's own authority makes what proofs show.
    if (!configuration || file?.kind !== 'file') return [];
    const params = { name: publication.name, configuration: configuration.name };
    const { probe } = configuration;
    const codes = probe
      ? probeKinds
          .filter((kind) => !probe[kind] && (kind !== 'revoked' || asksRevocation(configuration)))
          .map((kind) => `client-proof.${kind}` as const)
      : (['client-proof.none'] as const);
    const all = [...codes, ...(asksRevocation(configuration) ? [] : (['client-proof.unrevocable'] as const))];
    return all.map((code) => ({ about: publication.name, configuration, said: message(code, params) }));
  });
}

/** A certificate for proofs and its key, in PEM, and what it is to be judged by. */
export interface ProbeFiles {
  readonly certificate: string;
  readonly key: string;
  readonly authorities: string;
  readonly revocations: string;
}

/**
 * Why a certificate proves nothing when it is refused, or cannot be let in: an expired one that has not ended, or is of somebody else, is
 * refused for another reason than it should be. `undefined` when it is what it is meant to be.
 */
export function unfit(kind: ProbeKind, files: ProbeFiles, now: Date): Message | undefined {
  const no = (what: 'form' | 'key' | 'authority' | 'dates' | 'ended' | 'unlisted'): Message =>
    message(`client-proof.file.${what}`, { kind });
  const chain = certificatesIn(files.certificate);
  const [own] = chain ?? [];
  if (!chain || !own) return no('form');
  try {
    if (!own.checkPrivateKey(createPrivateKey(files.key))) return no('key');
  } catch {
    return no('key');
  }
  if (!leadsTo(chain, certificatesIn(files.authorities) ?? [])) return no('authority');
  const isOver = now > new Date(own.validTo);
  if (kind === 'expired') return isOver ? undefined : no('ended');
  if (isOver || now < new Date(own.validFrom)) return no('dates');
  if (kind === 'right' || files.revocations === '') return undefined;
  const serial = own.serialNumber.toLowerCase().replace(/^0+(?=.)/, '');
  try {
    const lists = revocationLists(files.revocations);
    return lists.some((list) => list.entry(serial) !== undefined) ? undefined : no('unlisted');
  } catch {
    return no('unlisted');
  }
}

function certificatesIn(text: string): X509Certificate[] | undefined {
  try {
    return pemBlocks(text, 'CERTIFICATE').map(({ pem }) => new X509Certificate(pem));
  } catch {
    return undefined;
  }
}

/** Whether a certificate is signed by one that is trusted, or by one of its own chain that is. */
function leadsTo(
  [own, ...between]: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
): boolean {
  let now = own;
  for (let steps = 0; now && steps < 10; steps++) {
    const here = now;
    const isBy = (issuer: X509Certificate) =>
      issuer.ca && here.checkIssued(issuer) && here.verify(issuer.publicKey);
    if (trusted.some(isBy)) return true;
    now = between.find((each) => each !== here && isBy(each));
  }
  return false;
}
