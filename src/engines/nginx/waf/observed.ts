import { isGuarded, proxied, type Site } from '../../../model/site.ts';
import { powerOfTwo } from '../render/common.ts';
import { block, line, type Node, note, own } from '../syntax.ts';
import { visitedMap } from './canary.ts';

const walled = (site: Site) => proxied(site).filter(({ waf }) => waf !== undefined);

const guarded = (site: Site) => walled(site).filter(isGuarded);

/**
 * What the access log says of each request besides: whether the firewall of its publication blocks or only observes; and, where people sign in
 * to one, the id of the session or token that the request showed, also where it was refused before anybody judged it.
 */
export const observedFields = (site: Site): (readonly [string, string])[] => [
  ...(walled(site).length > 0 ? [['waf', '"$poterne_waf"'] as const] : []),
  ...(guarded(site).length > 0 ? [['session', '"$poterne_waf_session"'] as const] : []),
];

/** Room for the names below, which nginx takes only before its first map. */
export function observedHash(site: Site): Node[] {
  const names = walled(site);
  if (names.length === 0) return [];
  const longest = Math.max(...names.map(({ name }) => Buffer.byteLength(name)));
  return [
    own('map_hash_max_size', `${powerOfTwo(4 * names.length, 2048)}`),
    own('map_hash_bucket_size', `${powerOfTwo(longest + 32, 128)}`),
  ];
}

/** How many came while it was observed is what going on to block is decided by. */
export function observedMap(site: Site): Node[] {
  const names = walled(site);
  const people = guarded(site);
  if (names.length === 0) return [];
  // A name that begins with ~ would be an expression.
  const exact = (name: string) => (name.startsWith('~') ? `\\${name}` : name);
  return [
    note('', 'The access log tells which requests came while the firewall only observed.'),
    block(
      '',
      ['map', '$server_name', '$poterne_waf'],
      [
        own('default', ''),
        ...names.map(({ name, waf }) => line(`${waf?.pointer}/mode`, exact(name), waf?.mode ?? '')),
      ],
    ),
    ...(people.length > 0
      ? [
          block(
            '',
            ['map', '$server_name', '$poterne_waf_session'],
            [
              own('default', ''),
              ...people.map(({ name, waf }) => line(`${waf?.pointer}`, exact(name), '$poterne_known')),
            ],
          ),
        ]
      : []),
    visitedMap(),
  ];
}
