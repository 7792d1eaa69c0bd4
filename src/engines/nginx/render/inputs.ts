import type { Input } from '../../../model/plan.ts';
import type { ProxiedPublication, Service } from '../../../model/site.ts';

/** Where a certificate (with its chain) and its key stand, beside `nginx.conf`. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** The files of a publication's certificate: one that holds both, or two that the user keeps. */
export function certificateFiles({ id, tls }: ProxiedPublication): CertificateFiles {
  const of = (extension: string) => `certificates/${id}.${extension}`;
  return tls.kind === 'internal'
    ? { certificate: of('pem'), key: of('pem') }
    : { certificate: of('crt'), key: of('key') };
}

/** Where the CA of an https service stands, for the group of servers of that service in a publication. */
export const authorityFile = (group: string): string => `certificates/${group}.ca.crt`;

/** The files that a publication's configuration names. */
export function inputsOf(publication: ProxiedPublication, groups: ReadonlyMap<Service, string>): Input[] {
  const { id, tls } = publication;
  const { certificate, key } = certificateFiles(publication);
  const because = tls.pointer;
  const own: Input[] =
    tls.kind === 'internal'
      ? [{ as: certificate, from: { certificate: { id, names: tls.names } }, because }]
      : [
          { as: certificate, from: { file: tls.certificate }, because },
          { as: key, from: { file: tls.key }, because },
        ];
  const authorities = [...groups].flatMap(([service, group]): Input[] =>
    service.trust && service.upstreams[0]?.scheme === 'https'
      ? [
          {
            as: authorityFile(group),
            from: { file: service.trust.ca },
            because: `${service.pointer}/trust/ca`,
          },
        ]
      : [],
  );
  return [...own, ...authorities];
}
