import { ofFamily, pruned } from '../matches.ts';
import { block, gap, line, type Node, note, oneOf, rule, type Word } from '../syntax.ts';
import type { Context } from './context.ts';

/**
 * How many connections one address may have open to what the gateway publishes. nginx counts requests, and so nothing of those who never
 * finish their first one. An IPv6 address counts by its /64, of which a machine has all; load balancers that are trusted stand for many.
 */

const families = [
  { family: 4, header: 'ip', type: 'ipv4_addr', key: ['ip', 'saddr'] },
  { family: 6, header: 'ip6', type: 'ipv6_addr', key: ['ip6', 'saddr', '&', 'ffff:ffff:ffff:ffff::'] },
] as const;

const limitOf = ({ site, host, settings }: Context): number | undefined =>
  site.gateway.host === host.name && site.publications.length > 0 && settings.connections !== false
    ? settings.connections
    : undefined;

/** The sets that count. One that is full counts nobody new: whoever fills it shuts nobody out. */
export function countingSets(context: Context): readonly Node[] {
  if (limitOf(context) === undefined) return [];
  return [
    note('', 'Who has connections open to what is published; the kernel counts them.'),
    ...families.map(({ family, type }) =>
      block(
        '',
        ['set', `open${family}`],
        [line('', 'type', type), line('', 'size', 65_535), line('', 'flags', 'dynamic')],
      ),
    ),
    gap,
  ];
}

/** Refuses a connection more than an address may have open. */
export function countingRules(context: Context): readonly Node[] {
  const limit = limitOf(context);
  if (limit === undefined) return [];
  const { httpPort, httpsPort, trustedFronts } = context.site.gateway;
  const ports = oneOf([httpPort, httpsPort]);
  return families.flatMap(({ family, header, key }): Node[] => {
    const fronts = ofFamily(pruned(trustedFronts), family);
    if (fronts.some((network) => network.endsWith('/0'))) return [];
    const others: readonly Word[] = fronts.length === 0 ? [] : [header, 'saddr', '!=', oneOf(fronts)];
    const words: readonly Word[] = [
      ...['tcp', 'dport', ports],
      ...others,
      ...['add', `@open${family}`, { element: [...key, 'ct', 'count', 'over', limit] }],
      ...['counter', 'reject', 'with', 'tcp', 'reset'],
    ];
    return [rule(context.host.pointer, words, `more than ${limit} connections of one address`)];
  });
}
