import type { HookChallenge, UpdateChallenge } from '../model/acme.ts';
import { type AcmeCertificate, type AcmeSite, letsEncrypt } from '../model/acme-site.ts';
import { type Pointer, pointer } from '../model/pointer.ts';
import type { Tls } from '../model/site.ts';
import { matchOf, normalName, publicationId } from './names.ts';
import type { Parsed } from './parse.ts';
import type { PublicationEntry, SiteEntry } from './schema.ts';

type FileAt = (name: string, at: Pointer) => string;
type AcmeEntry = NonNullable<SiteEntry['acme']>;
type AcmeWords = Extract<PublicationEntry['tls'], { acme: unknown }>['acme'];

/** Something that shows a certificate of the gateway's to visitors: a proxied publication, or the portal. */
export interface Showing {
  readonly name: string;
  readonly entry: Pick<PublicationEntry, 'scenario' | 'tls' | 'audience'>;
  readonly pointer: Pointer;
}

/** All that may ask for a certificate over ACME. */
export function showing({ publications, site }: Parsed): readonly Showing[] {
  const portal = site?.['sign-in'];
  return [
    ...[...publications].map(([name, entry]) => ({ name, entry, pointer: pointer('publications', name) })),
    ...(portal
      ? [{ name: portal.at, entry: { scenario: 'proxy' as const, tls: portal.tls }, pointer: '/sign-in' }]
      : []),
  ];
}

/** What a publication says of its certificate over ACME; `undefined` when it has none. */
export function acmeWords({ scenario, tls }: Showing['entry']): AcmeWords | undefined {
  if (scenario === 'direct' || tls === undefined) return undefined;
  if (tls === 'acme') return {};
  return typeof tls === 'object' && 'acme' in tls ? tls.acme : undefined;
}

/** The names that a publication asks to have in its certificate; none are known of a regular expression. */
export function acmeNames(key: string, { names }: AcmeWords): readonly string[] {
  const name = normalName(key);
  return names ?? (matchOf(name) === 'regex' ? [] : [name]);
}

/** The id of the certificate: a hyphen, which no publication's id has, tells those that are named. */
export function acmeId(key: string, { certificate }: AcmeWords): string {
  return certificate === undefined ? publicationId(normalName(key)) : `shared-${certificate}`;
}

/** The certificate that a publication shows. */
export function resolveAcmeTls(key: string, words: AcmeWords, at: Pointer): Tls {
  return { kind: 'acme', certificate: acmeId(key, words), names: acmeNames(key, words), pointer: at };
}

/** The server, and every certificate that is asked of it. */
export function resolveAcme(parsed: Parsed, entry: AcmeEntry, file: FileAt): AcmeSite {
  const { directory = letsEncrypt.directory, staging, trust, email, terms, eab, dns, shared } = entry;
  const at = '/acme';
  const update = dns && resolveDns(dns, `${at}/dns`);
  return {
    authority: {
      directory,
      ...(trust === undefined ? {} : { trust: file(trust, at) }),
      contact: email === undefined ? [] : [email],
      termsAgreed: terms === 'agreed',
      ...(eab === undefined
        ? {}
        : { eab: { id: eab['key-id'], key: { file: eab.key.file, pointer: `${at}/eab/key/file` } } }),
      pointer: at,
    },
    staging: staging ?? (directory === letsEncrypt.directory ? letsEncrypt.staging : directory),
    ...(update === undefined ? {} : { dns: update }),
    ...(shared === undefined
      ? {}
      : { sharedKey: { file: shared.key.file, pointer: `${at}/shared/key/file` } }),
    certificates: certificatesOf(parsed, entry),
    pointer: at,
  };
}

function resolveDns(
  { rfc2136, hook, 'hook-limit': timeout }: NonNullable<AcmeEntry['dns']>,
  at: Pointer,
): UpdateChallenge | HookChallenge | undefined {
  if (hook) return { kind: 'hook', command: hook, timeout, pointer: `${at}/hook` };
  if (!rfc2136) return undefined;
  const { server, zone, key } = rfc2136;
  const here = `${at}/rfc2136`;
  return {
    kind: 'rfc2136',
    server,
    ...(zone === undefined ? {} : { zone }),
    key: { ...key, secret: { file: key.secret.file, pointer: `${here}/key/secret/file` } },
    pointer: here,
  };
}

/** Publications that give one name share a certificate, which holds the names of all of them. */
function certificatesOf(parsed: Parsed, entry: AcmeEntry): readonly AcmeCertificate[] {
  const found = new Map<string, AcmeCertificate>();
  for (const { name: key, entry: shown, pointer: at } of showing(parsed)) {
    const words = acmeWords(shown);
    if (!words) continue;
    const id = acmeId(key, words);
    const before = found.get(id);
    const names = [...new Set([...(before?.names ?? []), ...acmeNames(key, words)])];
    const profile = before?.profile ?? words.profile ?? entry.profile;
    const wanted = words.challenge ?? entry.challenge;
    found.set(id, {
      id,
      names,
      // No name with a star can be shown over http (RFC 8555 §7.1.3).
      challenge: names.some((name) => name.startsWith('*.')) || before?.challenge === 'dns' ? 'dns' : wanted,
      keyType: words['key-type'] ?? before?.keyType ?? entry['key-type'],
      ...(profile === undefined ? {} : { profile }),
      ...(entry.chain === undefined ? {} : { chain: entry.chain }),
      pointer: before?.pointer ?? `${at}/tls`,
    });
  }
  return [...found.values()];
}
