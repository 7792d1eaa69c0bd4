import { ambiguous, className, pathClasses, rootClass, unclearClass } from '../../../lib/path-class.ts';
import { clientVerification, isGuarded, type ProxiedPublication } from '../../../model/site.ts';
import { block, exactly, line, type Node, note } from '../syntax.ts';
import { identityValue } from './clients.ts';
import type { Context } from './common.ts';

const variable = (what: string, { id }: ProxiedPublication): string => `$poterne_${what}_${id}`;

/** The class of a path, as `classOf` has it: of the path itself, before nginx looks for a location. */
export function classMaps(publication: ProxiedPublication): Node[] {
  const { rules = [], pointer: at } = publication.audience;
  const prefixes = pathClasses(rules);
  if (prefixes.length === 0) return [];
  const pathOf = (prefix: string) => rules.find(({ paths }) => paths?.includes(prefix))?.pointer ?? at;
  return [
    note(at, 'Paths that rules of the audience tell apart; nginx tries these in this order.'),
    block(
      at,
      ['map', '$request_uri', variable('form', publication)],
      [
        line('', 'default', variable('path', publication)),
        line('', `~*^[^?]*?(?:${ambiguous})`, unclearClass),
      ],
    ),
    block(
      at,
      ['map', '$uri', variable('path', publication)],
      [
        line('', 'default', rootClass),
        ...prefixes.flatMap((prefix) => [
          line(pathOf(prefix), `~^${exactly(prefix)}`, className(prefix)),
          // A service may take capitals for small letters, and `/rfe` for `/rfe/`.
          line(pathOf(prefix), `~*^${exactly(prefix).replace(/\/$/, '(?:/|$)')}`, unclearClass),
        ]),
      ],
    ),
  ];
}

/** What is asked about a request of a guarded publication, before its path can change to that of a page. */
export function guardLines({ site }: Context, publication: ProxiedPublication): Node[] {
  if (!isGuarded(publication)) return [];
  const { rules = [], pointer: at } = publication.audience;
  const verification = clientVerification(site, publication);
  return [
    line(
      at,
      'set',
      '$poterne_class',
      pathClasses(rules).length > 0 ? variable('form', publication) : rootClass,
    ),
    ...(verification
      ? [line(at, 'set', '$poterne_identity', identityValue(verification.configuration))]
      : []),
  ];
}
