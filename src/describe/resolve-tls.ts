import { type Pointer, pointer } from '../model/pointer.ts';
import type { CertificateFact, ClientTls, ServerTls, TlsConfiguration } from '../model/tls.ts';
import type { Parsed } from './parse.ts';
import { type TlsConfigurationEntry, wordsOf } from './schema/tls.ts';

/** Makes the path of a file absolute. */
type File = (name: string, at: Pointer) => string;

/** The headers that tell a service of the certificate, where the description names no others. */
export const certificateHeaders: Readonly<Partial<Record<CertificateFact, string>>> = {
  verified: 'X-Client-Verified',
  identity: 'X-Client-Identity',
  subject: 'X-Client-Subject',
  issuer: 'X-Client-Issuer',
  serial: 'X-Client-Serial',
};

/** The named TLS configurations of the site, of both kinds. */
export function resolveTlsConfigurations(parsed: Parsed, file: File): readonly TlsConfiguration[] {
  return [...parsed['tls-configurations']].map(([name, entry]) => {
    const at = pointer('tls-configurations', name);
    return wordsOf(entry).server.length > 0
      ? resolveServer(name, entry, file, at)
      : resolveClient(name, entry, file, at);
  });
}

function resolveServer(name: string, entry: TlsConfigurationEntry, file: File, at: Pointer): ServerTls {
  const { authorities = [], crl, ocsp, headers, probe } = entry;
  const crls = typeof crl === 'string' ? [crl] : (crl ?? []);
  const pair = (files: { readonly certificate: string; readonly key: string }, pointer: Pointer) => ({
    ...{ certificate: file(files.certificate, at), key: file(files.key, at), pointer },
  });
  return {
    kind: 'server',
    name,
    client: entry['client-certificate'] ?? 'required',
    authorities: [...new Set(authorities)].map((authority) => {
      const here = `${at}/authorities/${authorities.indexOf(authority)}`;
      return authority === 'internal'
        ? { kind: 'internal', pointer: here }
        : { kind: 'file', file: file(authority, at), pointer: here };
    }),
    depth: entry.depth ?? 2,
    crls: [...new Set(crls)].map((one) => ({
      file: file(one, at),
      pointer: typeof crl === 'string' ? `${at}/crl` : `${at}/crl/${crls.indexOf(one)}`,
    })),
    ...(ocsp
      ? { ocsp: { responder: ocsp.responder, whole: ocsp.check === 'chain', pointer: `${at}/ocsp` } }
      : {}),
    identity: entry.identity ?? 'subject',
    headers: {
      ...certificateHeaders,
      ...Object.fromEntries(Object.entries(headers ?? {}).filter(([, header]) => header !== undefined)),
    },
    ...(probe
      ? {
          probe: {
            right: pair(probe, `${at}/probe`),
            ...(probe.expired ? { expired: pair(probe.expired, `${at}/probe/expired`) } : {}),
            ...(probe.revoked ? { revoked: pair(probe.revoked, `${at}/probe/revoked`) } : {}),
          },
        }
      : {}),
    pointer: at,
  };
}

function resolveClient(name: string, entry: TlsConfigurationEntry, file: File, at: Pointer): ClientTls {
  const { certificate = '', key = '', passphrase, names = [] } = entry;
  if (entry.authority !== undefined)
    return { kind: 'client', name, shows: { kind: 'internal', names: [...new Set(names)] }, pointer: at };
  return {
    kind: 'client',
    name,
    shows: {
      kind: 'files',
      certificate: file(certificate, at),
      key: file(key, at),
      ...(passphrase ? { passphrase: { file: passphrase.file, pointer: `${at}/passphrase` } } : {}),
    },
    pointer: at,
  };
}
