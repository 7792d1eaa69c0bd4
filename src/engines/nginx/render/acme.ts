import { namesOverHttp } from '../../../model/acme-site.ts';
import { type ProxiedPublication, proxied } from '../../../model/site.ts';
import { block, gap, line, type Node, note, ownPath } from '../syntax.ts';
import { type Context, listens } from './common.ts';

/** Whether an authority asks on port 80 under the name of a publication whether it is ours. */
export const isAsked = ({ site, facts }: Context, { match, name }: ProxiedPublication): boolean =>
  facts.acme !== undefined && match === 'exact' && namesOverHttp(site.acme).has(name);

/**
 * Answers any HTTP-01 challenge for our account, whichever gateway ordered (RFC 8555 §8.1, §8.3): without an order, the
 * answer is of no use to anybody, since only the account's key could have asked for it.
 */
export function challengeLocation({ site, facts }: Context): Node {
  const at = site.acme?.pointer ?? '';
  return block(
    at,
    ['location', '~', '^/\\.well-known/acme-challenge/([A-Za-z0-9_-]+)$'],
    [
      line(at, 'default_type', 'text/plain'),
      line(at, 'return', '200', `$1.${ownPath(facts.acme?.thumbprint ?? '')}`),
    ],
  );
}

/** `acme.conf`: names of certificates under which nothing is published exactly; they too are asked for on port 80. */
export function acmeFile(context: Context): Node[] {
  const publications = proxied(context.site);
  const exact = new Set(publications.filter(({ match }) => match === 'exact').map(({ name }) => name));
  const others = [...namesOverHttp(context.site.acme)].filter((name) => !exact.has(name));
  // A wildcard or a regular expression answers under the names that it asks for; www.example.fr is nobody's.
  const served = new Set(
    publications.flatMap(({ match, tls }) => (match !== 'exact' && tls.kind === 'acme' ? tls.names : [])),
  );
  const at = context.site.acme?.pointer ?? '';
  const server = (names: readonly string[], rest: readonly string[]): Node[] =>
    names.length === 0
      ? []
      : [
          gap,
          block(
            at,
            ['server'],
            [
              ...listens(context, 'http'),
              line(at, 'server_name', ...names),
              challengeLocation(context),
              block(at, ['location', '/'], [line(at, 'return', ...rest)]),
            ],
          ),
        ];
  return [
    note(at, 'Names of certificates under which nothing is published exactly.'),
    ...server(
      others.filter((name) => served.has(name)),
      ['308', `https://$host${context.publicPort}$request_uri`],
    ),
    ...server(
      others.filter((name) => !served.has(name)),
      ['444'],
    ),
  ];
}
