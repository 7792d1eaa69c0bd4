import { proxied, type Site } from '../../../model/site.ts';
import { powerOfTwo } from '../render/common.ts';
import { block, line, type Node, note } from '../syntax.ts';

const own = (...words: string[]): Node => line('', ...words);

const walled = (site: Site) => proxied(site).filter(({ waf }) => waf !== undefined);

/** What the access log says of each request besides: whether the firewall of its publication blocks or only observes. */
export const observedFields = (site: Site): (readonly [string, string])[] =>
  walled(site).length > 0 ? [['waf', '"$poterne_waf"']] : [];

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
  if (names.length === 0) return [];
  return [
    note('', 'The access log tells which requests came while the firewall only observed.'),
    block(
      '',
      ['map', '$server_name', '$poterne_waf'],
      [
        own('default', ''),
        // A name that begins with ~ would be an expression.
        ...names.map(({ name, waf }) =>
          line(`${waf?.pointer}/mode`, name.startsWith('~') ? `\\${name}` : name, waf?.mode ?? ''),
        ),
      ],
    ),
  ];
}
