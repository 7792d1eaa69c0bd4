import { join } from 'node:path';
import type { Pointer } from '../../model/pointer.ts';
import { passedThrough, proxied, type Site } from '../../model/site.ts';
import { acmeCertificateFile } from '../../pki/acme-files.ts';
import { certificateFile } from '../../pki/certificates.ts';
import type { Place } from './asked.ts';

/** Where a certificate that a site depends on comes from. */
export const origins = [
  ...(['root', 'issuing', 'issued', 'publication', 'acme', 'file', 'client-authority', 'client'] as const),
  ...(['partner', 'service', 'mail', 'trusted', 'ssh'] as const),
] as const;
export type Origin = (typeof origins)[number];

/** A certificate of a site, before it was looked at. */
export interface Source {
  readonly origin: Origin;
  /** The publication, service, partner or configuration that needs it. */
  readonly for: string;
  readonly pointer: Pointer;
  /** Its file on this machine, with all that is in it (`whole`) or the first alone; else where it is asked for. */
  readonly from: { readonly file: string; readonly whole?: boolean; readonly else?: Place } | Place;
}

/** Every certificate that a description depends on. `state` is of a gateway on this machine. */
export function sourcesOf(site: Site, state: string | undefined): readonly Source[] {
  return [
    ...ofPublications(site, state),
    ...ofServices(site),
    ...ofConfigurations(site),
    ...ofPartners(site),
    ...ofMail(site),
    ...(site.acme?.authority.trust === undefined
      ? []
      : [trusted('acme', `${site.acme.pointer}/trust`, site.acme.authority.trust)]),
    ...(site.store?.postgres.ca === undefined
      ? []
      : [trusted('store', site.store.postgres.pointer, site.store.postgres.ca)]),
  ];
}

const trusted = (name: string, pointer: Pointer, file: string): Source => ({
  ...{ origin: 'trusted', for: name, pointer, from: { file, whole: true } },
});

function ofPublications(site: Site, state: string | undefined): readonly Source[] {
  const { gateway, hosts } = site;
  const host = hosts.find(({ name }) => name === gateway.host)?.address ?? gateway.listen[0] ?? 'localhost';
  const proxy = proxied(site).map(({ id, name, example, match, tls }): Source => {
    const shown: Place = { host, port: gateway.httpsPort, name: match === 'exact' ? name : example };
    const ground = { for: name, pointer: tls.pointer };
    if (tls.kind === 'files') return { ...ground, origin: 'file', from: { file: tls.certificate } };
    const origin = tls.kind === 'acme' ? 'acme' : 'publication';
    if (state === undefined) return { ...ground, origin, from: shown };
    const file =
      tls.kind === 'acme'
        ? acmeCertificateFile(state, tls.certificate)
        : certificateFile(join(state, 'certificates'), id);
    return { ...ground, origin, from: { file, else: shown } };
  });
  const direct = passedThrough(site).map(
    ({ name, example, match, pointer }): Source => ({
      ...{ origin: 'service', for: name, pointer },
      from: { host, port: gateway.httpsPort, name: match === 'exact' ? name : example },
    }),
  );
  return [...proxy, ...direct];
}

function ofServices(site: Site): readonly Source[] {
  return site.services.flatMap((service): Source[] => [
    ...service.upstreams.flatMap(({ scheme, address, pointer }): Source[] =>
      scheme === 'https' && address.kind === 'tcp'
        ? [
            {
              ...{ origin: 'service', for: service.name, pointer },
              from: {
                ...{ host: address.host, port: address.port },
                ...(service.trust ? { name: service.trust.name } : {}),
              },
            },
          ]
        : [],
    ),
    ...(service.trust ? [trusted(service.name, `${service.pointer}/trust/ca`, service.trust.ca)] : []),
  ]);
}

function ofConfigurations(site: Site): readonly Source[] {
  return site.tlsConfigurations.flatMap((configuration): Source[] => {
    const { name } = configuration;
    if (configuration.kind === 'client') {
      const { shows, pointer } = configuration;
      return shows.kind === 'files'
        ? [{ origin: 'client', for: name, pointer, from: { file: shows.certificate } }]
        : [];
    }
    const { authorities, probe } = configuration;
    return [
      ...authorities.flatMap((each): Source[] =>
        each.kind === 'file'
          ? [
              {
                ...{ origin: 'client-authority', for: name, pointer: each.pointer },
                from: { file: each.file, whole: true },
              },
            ]
          : [],
      ),
      ...(probe
        ? [
            {
              origin: 'client' as const,
              for: name,
              pointer: probe.right.pointer,
              from: { file: probe.right.certificate },
            },
          ]
        : []),
    ];
  });
}

function ofPartners(site: Site): readonly Source[] {
  return site.partners.flatMap(({ name, host, port, trust, pointer }): Source[] => [
    { origin: 'partner', for: name, pointer, from: { host, port, name: trust.name } },
    ...(trust.ca === undefined ? [] : [trusted(name, `${pointer}/trust/ca`, trust.ca)]),
  ]);
}

function ofMail({ mail }: Site): readonly Source[] {
  if (!mail) return [];
  const { host, port, tls, ca, pointer } = mail.smtp;
  return [
    { origin: 'mail', for: 'mail', pointer, from: { host, port, starttls: tls === 'starttls' } },
    ...(ca === undefined ? [] : [trusted('mail', `${pointer}/ca`, ca)]),
  ];
}
