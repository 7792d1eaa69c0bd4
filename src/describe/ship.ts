import path from 'node:path';
import { stringify } from 'yaml';
import { sha256 } from '../lib/digest.ts';
import { type Pointer, segments } from '../model/pointer.ts';
import type { Shipment, ShippedFile } from '../model/shipment.ts';
import { proxied, type Site } from '../model/site.ts';
import type { StorePlace } from '../model/store.ts';
import type { ClientTls, TlsConfiguration } from '../model/tls.ts';
import { isPlainMap, type Section, type Sources, sections } from './merge.ts';

/**
 * One YAML text that describes the same site as these sources, pointer by pointer, for a host where the files that it
 * names are carried to `folder`: what that host finds in it can be shown at the place where the user wrote it.
 */
export function shippable(sources: Sources, site: Site, folder: string): Shipment {
  const files = new Map<string, ShippedFile>();
  const carry = (from: string, because: Pointer): string => {
    const known = files.get(from);
    if (known) return known.to;
    // Two folders may each hold a key.pem: the name tells people which one it is, the digest tells them apart.
    const to = path.posix.join(folder, `${sha256(from).slice(0, 12)}-${path.basename(from)}`);
    files.set(from, { from, to, because });
    return to;
  };
  const carryFolder = (from: string, names: readonly string[]): string => {
    const to = path.posix.join(folder, `${sha256(from).slice(0, 12)}-${path.basename(from)}`);
    for (const name of names) {
      const one = path.join(from, name);
      files.set(one, { from: one, to: path.posix.join(to, name), because: '/waf/rules' });
    }
    return to;
  };
  const entries = Object.fromEntries(
    sections.map((section) => [section, new Map(sources.sections[section])]),
  ) as Record<Section, Map<string, unknown>>;
  for (const { pointer, trust } of site.services)
    if (trust) name(entries.services, pointer, 'trust', { ca: carry(trust.ca, `${pointer}/trust/ca`) });
  for (const { pointer, tls } of proxied(site))
    if (tls.kind === 'files')
      name(entries.publications, pointer, 'tls', {
        certificate: carry(tls.certificate, `${tls.pointer}/certificate`),
        key: carry(tls.key, `${tls.pointer}/key`),
      });
  for (const configuration of site.tlsConfigurations)
    shipTrust(entries['tls-configurations'], configuration, carry);
  for (const { pointer, trust } of site.partners)
    if (trust.ca !== undefined)
      name(entries.partners, pointer, 'trust', { ca: carry(trust.ca, `${pointer}/trust/ca`) });
  for (const { pointer, trust } of site.directories ?? [])
    if (trust) name(entries.directories, pointer, 'trust', { ca: carry(trust.ca, trust.pointer) });
  entries.calendars = shipCalendars(entries.calendars, site);
  const root = new Map(Object.entries(sources.root));
  nameEntry(root, site, carry);
  const trust = site.acme?.authority.trust;
  if (trust !== undefined) nameTrust(root, carry(trust, '/acme/trust'));
  const storeCa = sharesStore(site) ? site.store?.postgres.ca : undefined;
  if (storeCa !== undefined) nameStoreCa(root, carry(storeCa, '/store/postgres/ca'));
  const { folder: rules, files: ruleFiles = [] } = site.waf ?? {};
  if (rules !== undefined) nameRules(root, carryFolder(rules, ruleFiles));
  const ca = site.mail?.smtp.ca;
  if (ca !== undefined) nameCa(root, carry(ca, '/mail/smtp/ca'));
  const described = new Map<string, unknown>([
    ...[...root].filter(([key]) => !stays(key, site)),
    ...Object.entries(entries).filter(([section, held]) => held.size > 0 && !stays(section, site)),
  ]);
  // An alias would be counted against those that a description may have; a folded line would move what it holds.
  const text = stringify(described, { aliasDuplicateObjects: false, lineWidth: 0 });
  return {
    yaml: `# Carried here by Poterne: change the description that it comes from, not this.\n${text}`,
    files: [...files.values()],
    site: moved(site, carry, carryFolder),
  };
}

/** Whether a gateway keeps anything of its own in the shared store: certificates, and who is signed in. */
const sharesStore = ({ acme, signIn }: Site): boolean =>
  acme?.sharedKey !== undefined || signIn !== undefined;

/**
 * Jobs are run from where the description is: a gateway needs neither their scripts nor the shared store's password, unless it keeps
 * something there.
 */
function stays(key: string, site: Site): boolean {
  return key === 'jobs' || (key === 'store' && !sharesStore(site));
}

/** The calendars that audiences go by, with the days that their files have in the place of these; jobs stay, and theirs with them. */
function shipCalendars(entries: Map<string, unknown>, site: Site): Map<string, unknown> {
  const used = new Map(
    site.publications
      .flatMap(({ audience }) => audience.rules ?? [])
      .flatMap(({ when }) => (when?.kind === 'weekly' && when.calendar ? [when.calendar] : []))
      .map((calendar) => [calendar.name, calendar]),
  );
  return new Map(
    [...used].flatMap(([name, { holidays, closedYearly, closed }]) => {
      const entry = entries.get(name);
      return isPlainMap(entry)
        ? [[name, { ...entry, except: [...holidays, ...closedYearly, ...closed] }]]
        : [];
    }),
  );
}

/** Has an entry of a section name other files under one of its keys; the sources stay as they are. */
function name(
  entries: Map<string, unknown>,
  pointer: Pointer,
  key: string,
  files: Readonly<Record<string, string>>,
): void {
  const at = segments(pointer)[1] ?? '';
  const entry = entries.get(at);
  if (!isPlainMap(entry) || !isPlainMap(entry[key])) throw new Error(`${pointer}/${key} names no file`);
  entries.set(at, { ...entry, [key]: { ...entry[key], ...files } });
}

/** The certificate and the key that are shown to partners, in their new places. A passphrase is there already, as any secret. */
function filesShown(
  { certificate, key }: { readonly certificate: string; readonly key: string },
  carry: (from: string, word: string) => string,
) {
  return { certificate: carry(certificate, 'certificate'), key: carry(key, 'key') };
}

/** Has the portal and the countries name other files. */
function nameEntry(
  root: Map<string, unknown>,
  { signIn, countries }: Site,
  carry: (from: string, because: Pointer) => string,
): void {
  if (countries !== undefined) root.set('countries', carry(countries, '/countries'));
  const entry = root.get('sign-in');
  if (!signIn || !isPlainMap(entry)) return;
  const { tls, brand } = signIn;
  root.set('sign-in', {
    ...entry,
    ...(tls.kind === 'files'
      ? { tls: filesShown(tls, (from, word) => carry(from, `${tls.pointer}/${word}`)) }
      : {}),
    ...(brand.logo !== undefined && isPlainMap(entry.brand)
      ? { brand: { ...entry.brand, logo: carry(brand.logo, '/sign-in/brand/logo') } }
      : {}),
  });
}

/** The same of what is resolved. */
function movedEntry(
  { signIn, directories, countries }: Site,
  carry: (from: string, because: Pointer) => string,
): Pick<Site, 'signIn' | 'directories' | 'countries'> {
  return {
    ...(countries === undefined ? {} : { countries: carry(countries, '') }),
    ...(directories
      ? {
          directories: directories.map((each) =>
            each.trust ? { ...each, trust: { ...each.trust, ca: carry(each.trust.ca, '') } } : each,
          ),
        }
      : {}),
    ...(signIn
      ? {
          signIn: {
            ...signIn,
            ...(signIn.tls.kind === 'files'
              ? { tls: { ...signIn.tls, ...filesShown(signIn.tls, (from) => carry(from, '')) } }
              : {}),
            brand: {
              ...signIn.brand,
              ...(signIn.brand.logo === undefined ? {} : { logo: carry(signIn.brand.logo, '') }),
            },
          },
        }
      : {}),
  };
}

/** Has the authority of the ACME server be another file. */
function nameTrust(root: Map<string, unknown>, trust: string): void {
  const acme = root.get('acme');
  if (!isPlainMap(acme)) throw new Error('/acme/trust names no file');
  root.set('acme', { ...acme, trust });
}

/** Has a configuration name whom it accepts in other files. The certificate for proofs stays where proofs are made from. */
function shipTrust(
  entries: Map<string, unknown>,
  configuration: TlsConfiguration,
  carry: (from: string, because: Pointer) => string,
): void {
  const entry = entries.get(configuration.name);
  if (!isPlainMap(entry)) return;
  if (configuration.kind === 'client') {
    const { shows, pointer } = configuration;
    if (shows.kind !== 'files') return;
    const shown = filesShown(shows, (from, word) => carry(from, `${pointer}/${word}`));
    entries.set(configuration.name, { ...entry, ...shown });
    return;
  }
  const { probe: _, ...rest } = entry;
  entries.set(configuration.name, {
    ...rest,
    authorities: configuration.authorities.map((each) =>
      each.kind === 'file' ? carry(each.file, each.pointer) : 'internal',
    ),
    ...(configuration.crls.length > 0
      ? { crl: configuration.crls.map((list) => carry(list.file, list.pointer)) }
      : {}),
  });
}

/** The same of what is resolved. */
function movedTrust(
  configuration: TlsConfiguration,
  carry: (from: string, because: Pointer) => string,
): TlsConfiguration {
  if (configuration.kind === 'client') return movedTls(configuration, carry);
  const { probe: _, ...rest } = configuration;
  const at = configuration.pointer;
  return {
    ...rest,
    authorities: rest.authorities.map((each) =>
      each.kind === 'file' ? { ...each, file: carry(each.file, each.pointer) } : each,
    ),
    crls: rest.crls.map((list, i) => ({ file: carry(list.file, list.pointer), pointer: `${at}/crl/${i}` })),
  };
}

/** Has the rules of the web application firewall be in another folder. */
function nameRules(root: Map<string, unknown>, rules: string): void {
  const waf = root.get('waf');
  if (!isPlainMap(waf)) throw new Error('/waf/rules names no folder');
  root.set('waf', { ...waf, rules });
}

/** Has the mail server's authority be another file. */
function nameCa(root: Map<string, unknown>, ca: string): void {
  const mail = root.get('mail');
  if (!isPlainMap(mail) || !isPlainMap(mail.smtp)) throw new Error('/mail/smtp/ca names no file');
  root.set('mail', { ...mail, smtp: { ...mail.smtp, ca } });
}

function movedStore(store: StorePlace, carry: (from: string, because: Pointer) => string): StorePlace {
  const { ca } = store.postgres;
  if (ca === undefined) return store;
  return { ...store, postgres: { ...store.postgres, ca: carry(ca, '/store/postgres/ca') } };
}

/** Has the authority of the shared store be another file. */
function nameStoreCa(root: Map<string, unknown>, ca: string): void {
  const store = root.get('store');
  if (!isPlainMap(store) || !isPlainMap(store.postgres)) throw new Error('/store/postgres/ca names no file');
  root.set('store', { ...store, postgres: { ...store.postgres, ca } });
}

/** The site with the files that it names in their new places. */
function moved(
  site: Site,
  carry: (from: string, because: Pointer) => string,
  carryFolder: (from: string, names: readonly string[]) => string,
): Site {
  const { store, ...shipped } = site;
  const { mail } = shipped;
  const { ca } = mail?.smtp ?? {};
  const { acme } = shipped;
  const { trust } = acme?.authority ?? {};
  return {
    ...shipped,
    ...movedEntry(site, carry),
    jobs: [],
    ...(store && sharesStore(site) ? { store: movedStore(store, carry) } : {}),
    ...(mail && ca !== undefined
      ? { mail: { ...mail, smtp: { ...mail.smtp, ca: carry(ca, '/mail/smtp/ca') } } }
      : {}),
    ...(site.waf?.folder === undefined
      ? {}
      : { waf: { ...site.waf, folder: carryFolder(site.waf.folder, site.waf.files ?? []) } }),
    ...(acme && trust !== undefined
      ? { acme: { ...acme, authority: { ...acme.authority, trust: carry(trust, '/acme/trust') } } }
      : {}),
    tlsConfigurations: site.tlsConfigurations.map((each) => movedTrust(each, carry)),
    services: site.services.map((service) =>
      service.trust ? { ...service, trust: { ...service.trust, ca: carry(service.trust.ca, '') } } : service,
    ),
    partners: site.partners.map((partner) => ({
      ...partner,
      ...(partner.tls ? { tls: movedTls(partner.tls, carry) } : {}),
      trust: { ...partner.trust, ...(partner.trust.ca ? { ca: carry(partner.trust.ca, '') } : {}) },
    })),
    publications: site.publications.map((publication) =>
      publication.scenario !== 'direct' && publication.tls.kind === 'files'
        ? {
            ...publication,
            tls: {
              ...publication.tls,
              certificate: carry(publication.tls.certificate, ''),
              key: carry(publication.tls.key, ''),
            },
          }
        : publication,
    ),
  };
}

function movedTls(one: ClientTls, carry: (from: string, because: Pointer) => string): ClientTls {
  const { shows } = one;
  if (shows.kind !== 'files') return one;
  return { ...one, shows: { ...shows, ...filesShown(shows, (from) => carry(from, '')) } };
}
