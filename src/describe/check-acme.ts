import { isPublicName } from '../lib/public-names.ts';
import { letsEncrypt } from '../model/acme-site.ts';
import { message } from '../model/message.ts';
import type { Pointer } from '../model/pointer.ts';
import type { Checking } from './checking.ts';
import { acmeId, acmeNames, acmeWords, type Showing, showing } from './resolve-acme.ts';

/** What an ACME server could not certify as it is described: found before it is asked. */
export function checkAcme(checking: Checking): void {
  const { parsed, report, whole } = checking;
  const asking = showing(parsed).filter(({ entry }) => acmeWords(entry));
  const acme = parsed.site?.acme;
  if (!acme) {
    if (!whole('')) return;
    for (const { name, pointer } of asking)
      report('error', {
        code: 'acme.missing',
        params: { name },
        pointer: `${pointer}/tls`,
        hint: message('acme.missing.hint'),
      });
    return;
  }
  checkSection(checking, asking.length);
  checkSharing(checking, asking);
  for (const each of asking) checkShowing(checking, each);
}

function checkSection({ parsed, report, whole }: Checking, asking: number): void {
  const { terms, dns, challenge, shared, directory } = parsed.site?.acme ?? {};
  const key = { onKey: true, params: {} };
  if (asking === 0) report('note', { code: 'acme.unused', pointer: '/acme', ...key });
  if (terms === undefined)
    report('error', {
      code: 'acme.terms',
      pointer: '/acme',
      ...key,
      hint: message('acme.terms.hint', { directory: directory ?? letsEncrypt.directory }),
    });
  if (dns?.hook && dns.rfc2136) report('error', { code: 'acme.dns.both', pointer: '/acme/dns/hook', ...key });
  if (dns && !dns.hook && !dns.rfc2136 && whole(''))
    report('error', { code: 'acme.dns.empty', pointer: '/acme/dns', ...key });
  if (challenge === 'dns' && !dns)
    report('error', {
      code: 'acme.dns.missing',
      params: {},
      pointer: '/acme/challenge',
      hint: message('acme.dns.missing.hint'),
    });
  if (shared && !parsed.site?.store)
    report('error', {
      code: 'acme.shared.store',
      pointer: '/acme/shared',
      ...key,
      hint: message('acme.shared.store.hint'),
    });
}

/** Publications that share a certificate cannot want different ones. */
function checkSharing({ report, other }: Checking, asking: readonly Showing[]): void {
  const first = new Map<string, { readonly pointer: Pointer; readonly words: object }>();
  for (const { name, entry, pointer } of asking) {
    const words = acmeWords(entry);
    if (words?.certificate === undefined) continue;
    const id = acmeId(name, words);
    const before = first.get(id);
    if (!before) first.set(id, { pointer, words });
    else
      for (const key of ['challenge', 'profile', 'key-type'] as const) {
        const [one, two] = [before.words[key as never], words[key]];
        if (one !== two)
          report('error', {
            code: 'acme.certificate.differs',
            params: { name: words.certificate, key },
            pointer: `${pointer}/tls/acme`,
            hint: other(`${before.pointer}/tls`),
          });
      }
  }
}

function checkShowing(checking: Checking, showing: Showing): void {
  const { parsed, report } = checking;
  const { name, entry } = showing;
  const at = `${showing.pointer}/tls`;
  const words = acmeWords(entry);
  const acme = parsed.site?.acme;
  if (!acme || !words) return;
  const place = (index: number): Pointer => (words.names ? `${at}/acme/names/${index}` : at);
  const names = acmeNames(name, words);
  const overDns = (words.challenge ?? acme.challenge) === 'dns';
  for (const [i, each] of names.entries()) {
    if (!isPublicName(each) && acme.trust === undefined)
      report('error', {
        code: 'acme.name.private',
        params: { name: each },
        pointer: place(i),
        hint: message('acme.name.private.hint'),
      });
    if (each.startsWith('*.') && (!acme.dns || words.challenge === 'http'))
      report('error', {
        code: 'acme.wildcard',
        params: { name: each },
        pointer: place(i),
        hint: message('acme.dns.missing.hint'),
      });
  }
  if (words.challenge === 'dns' && !acme.dns && !names.some((each) => each.startsWith('*.')))
    report('error', {
      code: 'acme.dns.missing',
      params: {},
      pointer: `${at}/acme/challenge`,
      hint: message('acme.dns.missing.hint'),
    });
  if (!overDns && !names.every((each) => each.startsWith('*.'))) checkHttp(checking, showing, at);
}

/** The server asks on port 80, from anywhere on the internet (RFC 8555 §8.3). */
function checkHttp({ parsed, report }: Checking, { name, entry }: Showing, at: Pointer): void {
  // A private server may ask elsewhere, and stands in a network that may be let in.
  if (parsed.site?.acme?.trust !== undefined) return;
  const { gateway } = parsed;
  const port = gateway?.['http-port'] ?? 80;
  const isForwarded = (gateway?.public.length ?? 0) > 0 || gateway?.['public-port'] !== undefined;
  if (port !== 80 && !isForwarded)
    report('error', {
      code: 'acme.http.port',
      params: { port },
      pointer: at,
      hint: message('acme.http.port.hint'),
    });
  const { audience } = entry;
  if (audience !== undefined && audience !== 'everyone')
    report('warning', {
      code: 'acme.http.audience',
      params: { name },
      pointer: at,
      hint: message('acme.dns.missing.hint'),
    });
}
