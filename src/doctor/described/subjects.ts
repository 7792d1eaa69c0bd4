import type { Partner } from '../../model/partner.ts';
import type { Publication, Site } from '../../model/site.ts';
import type { TlsConfiguration } from '../../model/tls.ts';

/** Something of a description that has to do with certificates. */
export type Subject =
  | { readonly kind: 'publication'; readonly publication: Publication }
  | { readonly kind: 'partner'; readonly partner: Partner }
  | { readonly kind: 'configuration'; readonly configuration: TlsConfiguration };

/** What is called so: a publication, a partner, a named TLS configuration, or several of these. */
export function subjectsNamed(site: Site, name: string): readonly Subject[] {
  return subjectsOf(site).flatMap(([called, subject]) => (called === name ? [subject] : []));
}

/** The names of all of them. */
export function subjectNames(site: Site): readonly string[] {
  return [...new Set(subjectsOf(site).map(([called]) => called))];
}

function subjectsOf({
  publications,
  partners,
  tlsConfigurations,
}: Site): readonly (readonly [string, Subject])[] {
  return [
    ...publications.map((publication) => [publication.name, { kind: 'publication', publication }] as const),
    ...partners.map((partner) => [partner.name, { kind: 'partner', partner }] as const),
    ...tlsConfigurations.map(
      (configuration) => [configuration.name, { kind: 'configuration', configuration }] as const,
    ),
  ];
}
