import { dirname } from 'node:path/posix';
import { publishedAt } from '../../../lib/authority.ts';
import { publishedPath } from '../../../model/authority.ts';
import type { ProxiedPublication } from '../../../model/site.ts';
import { block, line, type Node, ownPath } from '../syntax.ts';
import type { Context } from './common.ts';

/** Whether the revocations of Poterne's own authority are fetched under the name of a publication. */
export const tellsRevocations = ({ site }: Context, { name }: ProxiedPublication): boolean =>
  publishedAt(site) === name;

/**
 * What certificates of Poterne's own authority point at (RFC 5280 §4.2.1.13, §4.2.2.1): over plain http, for whoever verifies them has
 * nothing to trust yet; the files are signed. They lie outside of the generation: a new list needs no reload.
 */
export function revocationsLocation({ site, facts }: Context): Node {
  const at = site.authority?.pointer ?? '';
  const folder = ownPath(`${dirname(facts.prefixes.nginx ?? '')}/public/`);
  return block(
    at,
    ['location', '^~', publishedPath],
    [
      line(at, 'alias', folder),
      block(
        at,
        ['types'],
        [line(at, 'application/pkix-crl', 'crl'), line(at, 'application/pkix-cert', 'crt')],
      ),
      line(at, 'expires', '10m'),
    ],
  );
}
