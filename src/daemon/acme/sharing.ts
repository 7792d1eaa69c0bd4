import { randomBytes, X509Certificate } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { readIfThere, writeDurably } from '../../hosts/files.ts';
import type { AcmeCertificate } from '../../model/acme-site.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { openAccountKey } from '../../pki/acme/account-key.ts';
import { recall } from '../../pki/acme/memory.ts';
import { nextTry } from '../../pki/acme/renewal.ts';
import { acmeCertificateFile, acmeFolder, keptCertificate } from '../../pki/acme-files.ts';
import { decryptKey, encryptKey, isEncrypted } from '../../pki/at-rest.ts';
import { readSecret } from '../../secrets/read.ts';
import type { Lease } from '../../store/leases.ts';
import type { Store } from '../../store/store.ts';
import { openSiteStore } from '../state-store.ts';
import { keepCandidate } from './adopt.ts';
import type { Ordering } from './order.ts';
import { keptChain, noteOf, wishIdOf } from './review.ts';

/** What gateways of one site do together about their certificates. */
export interface Sharing {
  /** Has the account's key be the one that all have; true when ours was another. */
  meet(): Promise<boolean>;
  /** Brings a certificate that another gateway obtained beside what serves here; true when there is one to be adopted. */
  bring(certificate: AcmeCertificate): Promise<boolean>;
  /**
   * Orders a certificate while no other gateway does, and shares it. After a failure the others wait as long as we do. Throws
   * `acme.shared.busy` when another has the right to.
   */
  alone(certificate: AcmeCertificate, work: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** Of this process: whoever comes after a restart is another. */
const holder = `${hostname()} ${process.pid} ${randomBytes(4).toString('hex')}`;

/** Opens what the gateways of a site share; `undefined` when they share nothing. Throws `store.*`, `secret.*` and `key.*` faults. */
export async function openSharing({
  state,
  site,
}: Pick<Ordering, 'state' | 'site'>): Promise<Sharing | undefined> {
  const { acme, store: place } = site;
  if (!acme.sharedKey || !place) return undefined;
  const secret = await readSecret(acme.sharedKey);
  const store = await openSiteStore(state, site);
  return sharingOf({ state, site }, store, secret, place.lease);
}

function sharingOf(
  { state, site }: Pick<Ordering, 'state' | 'site'>,
  store: Store,
  secret: string,
  leaseMilliseconds: number,
): Sharing {
  const { acme } = site;
  const shared = store.certificates;
  /** Rights that we keep after a failure. */
  const held = new Map<string, Lease>();
  const accountFile = join(acmeFolder(state), 'account.key');
  /** A key out of the database, in PEM: whoever may write there and lacks the secret could put one that he knows. */
  const unsealed = (pem: string): string => {
    const file = acme.sharedKey?.file ?? '';
    if (!isEncrypted(pem))
      throw new Fault('key.locked', { file }, { next: message('key.locked.next', { file }) });
    return String(decryptKey(pem, secret, file).export({ type: 'pkcs8', format: 'pem' }));
  };
  const bring = async (certificate: AcmeCertificate): Promise<boolean> => {
    const wish = wishIdOf(acme, certificate);
    const row = (await shared.certificates(site.name)).find((each) => each.id === certificate.id);
    if (!row || row.wish !== wish) return false;
    const [here, note] = await Promise.all([
      keptCertificate(state, certificate.id),
      noteOf(state, certificate.id),
    ]);
    const there = new X509Certificate(row.pem.slice(row.pem.indexOf('-----BEGIN CERTIFICATE-----')));
    if (here?.fingerprint256 === there.fingerprint256) return false;
    const isNewer = !here || Date.parse(there.validTo) > Date.parse(here.validTo);
    if (!isNewer && note.wish === wish) return false;
    const [encrypted = '', chain = ''] = split(row.pem);
    await keepCandidate(state, certificate, { key: unsealed(encrypted), certificate: chain });
    return true;
  };
  const share = async (certificate: AcmeCertificate, lease: Lease): Promise<void> => {
    const [key = ''] = split((await readIfThere(acmeCertificateFile(state, certificate.id))) ?? '');
    const chain = await keptChain(state, certificate.id);
    if (chain === undefined) return;
    const { validTo } = new X509Certificate(chain);
    await shared.share(
      site.name,
      {
        ...{ id: certificate.id, wish: wishIdOf(acme, certificate) },
        ...{ pem: encryptKey(key, secret) + chain, until: new Date(validTo).toISOString() },
      },
      lease,
    );
  };
  return {
    async meet() {
      await openAccountKey(acmeFolder(state));
      const ours = (await readIfThere(accountFile)) ?? '';
      const theirs = await shared.account(site.name, encryptKey(ours, secret));
      const text = unsealed(theirs);
      if (text.trim() === ours.trim()) return false;
      await writeDurably(accountFile, text, 0o600);
      return true;
    },
    bring,
    async alone(certificate, work) {
      const names = certificate.names.join(', ');
      const before = held.get(certificate.id);
      const isStillOurs = before && (await shared.hold(before, leaseMilliseconds));
      const lease = isStillOurs
        ? before
        : await shared.take(site.name, certificate.id, holder, leaseMilliseconds);
      if (!lease) throw new Fault('acme.shared.busy', { names }, { next: message('acme.shared.busy.next') });
      const keeping = setInterval(
        () => void shared.hold(lease, leaseMilliseconds).catch(() => false),
        leaseMilliseconds / 5,
      );
      try {
        await work();
        await share(certificate, lease);
        await shared.giveBack(lease);
        held.delete(certificate.id);
      } catch (error) {
        // The right stays with us as long as we wait ourselves: together we ask no more often than one.
        const wish = wishIdOf(acme, certificate);
        const { attempts } = await recall(acmeFolder(state), wish);
        const pause = nextTry(attempts, wish) - Date.now();
        held.set(certificate.id, lease);
        await (pause > 0 ? shared.hold(lease, pause) : shared.giveBack(lease)).catch(() => undefined);
        throw error;
      } finally {
        clearInterval(keeping);
      }
    },
    close: () => store.close(),
  };
}

/** The key and the chain of a PEM file that holds both. */
function split(pem: string): [string, string] {
  const at = pem.indexOf('-----BEGIN CERTIFICATE-----');
  return at < 0 ? [pem, ''] : [pem.slice(0, at), pem.slice(at)];
}
