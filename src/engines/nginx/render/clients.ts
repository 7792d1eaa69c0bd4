import { ambiguous } from '../../../lib/path-class.ts';
import type { Input } from '../../../model/plan.ts';
import {
  type ClientVerification,
  clientVerification,
  isRequired,
  isVerified,
  type ProxiedPublication,
  type Publication,
  proxied,
  type Route,
  type Site,
} from '../../../model/site.ts';
import type { CertificateFact, Identity, ServerTls } from '../../../model/tls.ts';
import { block, exactly, line, type Node, note, unnamed } from '../syntax.ts';
import { type Context, early } from './common.ts';
import { namesVariable } from './names.ts';

/** Whether any publication asks for client certificates. */
export const asksClients = (site: Site): boolean =>
  proxied(site).some((publication) => clientVerification(site, publication) !== undefined);

const trustFile = ({ id }: Publication): string => `certificates/${id}.clients.crt`;
const listFile = ({ id }: Publication): string => `certificates/${id}.clients.crl`;

/** What says which client certificates a publication accepts. */
export function clientInputs({ site }: Context, publication: ProxiedPublication): Input[] {
  const verification = clientVerification(site, publication);
  if (!verification) return [];
  const { authorities, crls, pointer } = verification.configuration;
  const trust = { authorities, crls };
  return [
    { as: trustFile(publication), from: { authorities: trust }, because: `${pointer}/authorities` },
    ...(hasLists(verification.configuration)
      ? [{ as: listFile(publication), from: { revocations: trust }, because: pointer }]
      : []),
  ];
}

/** Poterne's own authority always says what it has revoked. */
const hasLists = ({ authorities, crls }: ServerTls): boolean =>
  crls.length > 0 || authorities.some(({ kind }) => kind === 'internal');

/** What a server says of client certificates. nginx refuses (495, 496) before any location is looked for. */
export function clientLines({ site }: Context, publication: ProxiedPublication): Node[] {
  const verification = clientVerification(site, publication);
  if (!verification) return [];
  const { configuration, everywhere } = verification;
  const { pointer: at, client, ocsp } = configuration;
  return [
    note(at, `Client certificates: "${configuration.name}"`),
    line(
      `${at}/client-certificate`,
      'ssl_verify_client',
      client === 'required' && everywhere ? 'on' : 'optional',
    ),
    line(`${at}/authorities`, 'ssl_client_certificate', trustFile(publication)),
    // nginx counts those between the client's own and the root.
    line(`${at}/depth`, 'ssl_verify_depth', `${configuration.depth - 1}`),
    ...(hasLists(configuration) ? [line(`${at}/crl`, 'ssl_crl', listFile(publication))] : []),
    ...(ocsp
      ? [
          line(ocsp.pointer, 'ssl_ocsp', ocsp.whole ? 'on' : 'leaf'),
          line(ocsp.pointer, 'ssl_ocsp_responder', ocsp.responder),
          line(ocsp.pointer, 'ssl_ocsp_cache', `shared:${publication.id}_ocsp:1m`),
        ]
      : []),
    line(at, 'error_page', '495', '=403', `${early}/$poterne_page/495.html`),
    line(at, 'error_page', '496', '=403', `${early}/$poterne_page/496.html`),
    ...(isPartial(publication, verification)
      ? [
          block(at, ['if', `(${variable('refused', publication)}`, '=', '403)'], [line(at, 'return', '403')]),
          block(at, ['if', `(${variable('refused', publication)})`], [line(at, 'return', '496')]),
        ]
      : []),
  ];
}

/** Whether some paths cannot be had without a certificate while others can. */
const isPartial = ({ routes }: Publication, verification: ClientVerification): boolean =>
  !verification.everywhere && routes.some((route) => isRequired(verification, route));

const variable = (what: string, { id }: Publication): string => `$poterne_${what}_${id}`;

/**
 * Which paths of a publication need a certificate, and whether this visitor may not go there: said of the path itself, before nginx
 * looks for a location, so that no other location can answer there instead. A service may read a path otherwise than nginx does, which
 * sends it as it came: in capitals, without `;…`, with `//` counted or `%2f` not decoded. What could be read as two paths needs a certificate.
 */
export function clientMaps({ site }: Context, publication: ProxiedPublication): Node[] {
  const verification = clientVerification(site, publication);
  if (!verification || !isPartial(publication, verification)) return [];
  const { audience, routes, pointer: at } = publication;
  const needs = (route: Route) => (isRequired(verification, route) ? '1' : '');
  const regexes = routes.filter((route) => route.match === 'regex' && isRequired(verification, route));
  const prefixes = routes
    .filter((route) => route.match === 'prefix')
    .sort((a, b) => b.path.length - a.path.length);
  return [
    note(at, 'Paths that nobody gets to without a client certificate; nginx tries these in this order.'),
    block(
      at,
      ['map', '$request_uri', variable('unclear', publication)],
      [line('', 'default', ''), line('', `~*^[^?]*?(?:${ambiguous})`, '1')],
    ),
    block(
      at,
      ['map', '$uri', variable('guarded', publication)],
      [
        line('', 'volatile'),
        line('', 'default', variable('unclear', publication)),
        line('', '~^/\\.poterne/', ''),
        ...regexes.map((route) => line(route.pointer, `~*${unnamed(route.path)}`, needs(route))),
        ...prefixes.map((route) =>
          line(
            route.pointer,
            `${needs(route) ? '~*' : '~'}^${exactly(route.path)}`,
            needs(route) || variable('unclear', publication),
          ),
        ),
      ],
    ),
    // Outside the audience all is refused alike.
    block(
      audience.pointer,
      ['geo', variable('refusal', publication)],
      [
        line('', 'default', audience.networks ? '403' : '496'),
        ...(audience.networks ?? []).map((network) => line(audience.pointer, network, '496')),
      ],
    ),
    block(
      at,
      ['map', `${variable('guarded', publication)}|$ssl_client_verify`, variable('refused', publication)],
      [
        line('', 'volatile'),
        line('', 'default', variable('refusal', publication)),
        line('', '~^\\|', ''),
        line('', '1|SUCCESS', ''),
      ],
    ),
  ];
}

/** The first common name, in whatever order a subject has its parts (RFC 2253; a backslash escapes). */
export const identityMaps = (site: Site): Node[] =>
  site.tlsConfigurations.some((each) => each.kind === 'server' && each.identity === 'common-name')
    ? [
        note('', 'The common name in the subject of a client certificate.'),
        block(
          '',
          ['map', '$ssl_client_s_dn', '$poterne_client_name'],
          [line('', 'default', ''), line('', '~^(?:(?:[^,\\\\]|\\\\.)*,)*?CN=((?:[^,+\\\\]|\\\\.)+)', '$1')],
        ),
      ]
    : [];

const identityValues: Readonly<Record<Identity, string>> = {
  subject: '$ssl_client_s_dn',
  'common-name': '$poterne_client_name',
  'san-dns': namesVariable('san-dns'),
  'san-email': namesVariable('san-email'),
  'san-uri': namesVariable('san-uri'),
};

/** The variable that holds whose a certificate is. */
export const identityValue = ({ identity }: ServerTls): string => identityValues[identity];

const factValue = ({ identity }: ServerTls, fact: CertificateFact): string =>
  ({
    verified: '$ssl_client_verify',
    identity: identityValues[identity],
    subject: '$ssl_client_s_dn',
    issuer: '$ssl_client_i_dn',
    serial: '$ssl_client_serial',
    certificate: '$ssl_client_escaped_cert',
  })[fact];

/**
 * What a service is told of the client's certificate. Every name that any configuration uses is set on every route, to nothing where
 * none is asked for: a service that is reached in two ways believes no visitor.
 */
export function identityLines({ site }: Context, publication: Publication, route: Route): Node[] {
  const servers = (site.tlsConfigurations ?? []).filter((each) => each.kind === 'server');
  const names = new Map(
    servers.flatMap(({ headers }) => Object.values(headers).map((name) => [name.toLowerCase(), name])),
  );
  const verification = clientVerification(site, publication);
  const told = verification && isVerified(verification, route) ? verification.configuration : undefined;
  const values = new Map(
    Object.entries(told?.headers ?? {}).map(([fact, name]) => [
      name.toLowerCase(),
      { name, value: factValue(told as ServerTls, fact as CertificateFact) },
    ]),
  );
  return [...names].map(([key, name]) => {
    const own = values.get(key);
    return line(told?.pointer ?? '', 'proxy_set_header', own?.name ?? name, own?.value ?? '');
  });
}
