import type { Input } from '../../../model/plan.ts';
import type { ProxiedPublication, Service } from '../../../model/site.ts';
import type { Context } from './common.ts';

/** Where a certificate (with its chain) and its key stand, beside `nginx.conf`. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** The files of a publication's certificate: one that holds both, or two that the user keeps; none while it is still to be obtained. */
export function certificateFiles(
  { facts }: Context,
  { id, tls }: ProxiedPublication,
): CertificateFiles | undefined {
  const of = (name: string) => `certificates/${name}`;
  if (tls.kind === 'files') return { certificate: of(`${id}.crt`), key: of(`${id}.key`) };
  if (tls.kind === 'internal') return { certificate: of(`${id}.pem`), key: of(`${id}.pem`) };
  if (!facts.acme?.present.includes(tls.certificate)) return undefined;
  // Each publication has a copy, also of one that is shared: what is refused with its files takes nobody else's away.
  return { certificate: of(`${id}.acme.pem`), key: of(`${id}.acme.pem`) };
}

/** What stands in these files. */
export function certificateInputs(context: Context, publication: ProxiedPublication): Input[] {
  const files = certificateFiles(context, publication);
  if (!files) return [];
  const { id, tls } = publication;
  const because = tls.pointer;
  const as = files.certificate;
  if (tls.kind === 'internal') return [{ as, from: { certificate: { id, names: tls.names } }, because }];
  if (tls.kind === 'acme') return [{ as, from: { acme: tls.certificate }, because }];
  return [
    { as, from: { file: tls.certificate }, because },
    { as: files.key, from: { file: tls.key }, because },
  ];
}

/** Where the CA of an https service stands, for the group of servers of that service in a publication. */
export const authorityFile = (group: string): string => `certificates/${group}.ca.crt`;

/** The files that a publication's configuration names. */
export function inputsOf(
  context: Context,
  publication: ProxiedPublication,
  groups: ReadonlyMap<Service, string>,
): Input[] {
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
  return [...certificateInputs(context, publication), ...authorities];
}
