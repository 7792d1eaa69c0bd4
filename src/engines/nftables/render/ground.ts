import { block, gap, hook, line, type Node, note, oneOf, quoted, rule, type Word } from '../syntax.ts';
import type { Context } from './context.ts';

// What every firewall lets pass or refuses, whatever is described.

const errors4 = ['destination-unreachable', 'time-exceeded', 'parameter-problem'];
const errors6 = ['destination-unreachable', 'packet-too-big', 'time-exceeded', 'parameter-problem'];
const neighbours = ['nd-neighbor-solicit', 'nd-neighbor-advert'];
const multicast = ['mld-listener-query', 'mld-listener-report', 'mld-listener-done', 'mld2-listener-report'];

/** Answers to what was let through before, and what belongs to it. */
export const established: Node = rule(
  '',
  ['ct', 'state', oneOf(['established', 'related']), 'counter', 'accept'],
  'answers to what was let through',
);

/** Errors are let through before conntrack calls those invalid whose connection it has forgotten. */
export const icmpErrors: readonly Node[] = [
  rule(
    '',
    ['icmp', 'type', oneOf(errors4), 'counter', 'accept'],
    'ICMP errors: path MTU, unreachable, time exceeded',
  ),
  rule(
    '',
    ['icmpv6', 'type', oneOf(errors6), 'counter', 'accept'],
    'ICMPv6 errors: path MTU, unreachable (RFC 4890, 4.3.1)',
  ),
];

export const invalid: Node = rule(
  '',
  ['ct', 'state', 'invalid', 'counter', 'drop'],
  'belongs to no connection',
);

/** What a machine needs of its own links: neighbours, routers, multicast, an address, and to be pinged. */
export function linkIn({ host }: Context): readonly Node[] {
  const local: readonly Word[] = ['ip6', 'saddr', 'fe80::/10'];
  return [
    rule('', ['icmpv6', 'type', oneOf(neighbours), 'counter', 'accept'], 'IPv6 neighbours (RFC 4890, 4.4.1)'),
    rule(
      '',
      [...local, 'icmpv6', 'type', 'nd-router-advert', 'counter', 'accept'],
      'IPv6 routers of the link',
    ),
    rule(
      '',
      [...local, 'icmpv6', 'type', oneOf(multicast), 'counter', 'accept'],
      'IPv6 multicast groups of the link',
    ),
    ...(host.roles.includes('router')
      ? [
          rule(
            '',
            ['icmpv6', 'type', 'nd-router-solicit', 'counter', 'accept'],
            'who looks for an IPv6 router',
          ),
        ]
      : []),
    ...['icmp', 'icmpv6'].flatMap((protocol) => [
      rule(
        '',
        [
          protocol,
          'type',
          'echo-request',
          'limit',
          'rate',
          '20/second',
          'burst',
          40,
          'packets',
          'counter',
          'accept',
        ],
        'ping',
      ),
      rule('', [protocol, 'type', 'echo-request', 'counter', 'drop'], 'too many pings'),
    ]),
    rule('', ['udp', 'sport', 67, 'udp', 'dport', 68, 'counter', 'accept'], 'DHCP: an address for this host'),
    rule(
      '',
      [...local, 'udp', 'sport', 547, 'udp', 'dport', 546, 'counter', 'accept'],
      'DHCPv6: an address for this host',
    ),
  ];
}

/** The same, from this machine's side. */
export function linkOut(): readonly Node[] {
  return [
    rule(
      '',
      [
        'icmpv6',
        'type',
        oneOf([...neighbours, 'nd-router-solicit', 'nd-router-advert']),
        'counter',
        'accept',
      ],
      'IPv6 neighbours and routers',
    ),
    rule('', ['icmpv6', 'type', oneOf(multicast), 'counter', 'accept'], 'IPv6 multicast groups of the link'),
    rule('', ['udp', 'sport', 68, 'udp', 'dport', 67, 'counter', 'accept'], 'DHCP: an address for this host'),
    rule(
      '',
      ['udp', 'sport', 546, 'udp', 'dport', 547, 'counter', 'accept'],
      'DHCPv6: an address for this host',
    ),
  ];
}

/** Source addresses that cannot be where they come from. */
export function antispoof({ settings, left }: Context): readonly Node[] {
  const how = settings['reverse-path'];
  if (how === 'off') return [];
  const route: readonly Word[] =
    how === 'strict' ? ['fib', 'saddr', '.', 'iif', 'oif', 'missing'] : ['fib', 'saddr', 'oif', 'missing'];
  const why =
    how === 'strict'
      ? 'the way back leads elsewhere: the source address is forged'
      : 'no way back: the source address is forged';
  return [
    gap,
    block(
      '',
      ['chain', 'antispoof'],
      [
        line('', ...hook('filter', 'prerouting', 'raw', 'accept')),
        rule('', ['iif', quoted('lo'), 'accept'], 'this host itself'),
        ...(left ? [rule('', ['iifname', left, 'accept'], 'left to other software')] : []),
        rule('', ['ip6', 'saddr', oneOf(['::', 'fe80::/10']), 'accept'], 'addresses of the link only'),
        rule(
          '',
          ['ip', 'saddr', '0.0.0.0', 'udp', 'dport', 67, 'accept'],
          'DHCP: somebody who has no address yet',
        ),
        rule('', [...route, ...logged('spoofed')], 'forged sources are logged, not more often than this'),
        rule('', [...route, 'counter', 'drop'], why),
      ],
    ),
  ];
}

/** Has some of the packets logged, with what they are: a flood of them must not fill the disk. */
function logged(what: string): readonly Word[] {
  const limit: readonly Word[] = ['limit', 'rate', '5/minute', 'burst', 10, 'packets'];
  return [...limit, 'counter', 'log', 'prefix', quoted(`poterne ${what}: `)];
}

/** What asks for a connection: only that is answered with a reset, which would end a connection that stands. */
const asking: readonly Word[] = ['tcp', 'flags', 'syn'];

/** The end of a chain: log, with a limit, and refuse. */
export function refusing(context: Context, direction: 'in' | 'forward' | 'out'): Node {
  const log = rule('', logged(`refused ${direction}`), 'refusals are logged, not more often than this');
  if (direction === 'out')
    return block(
      '',
      ['chain', 'refused_out'],
      [
        log,
        // A socket that is just connecting hears a reset at once; an ICMP error finds it busy and is lost.
        rule('', [...asking, 'counter', 'reject', 'with', 'tcp', 'reset'], 'nothing asks for it'),
        rule('', ['counter', 'reject', 'with', 'icmpx', 'admin-prohibited'], 'nothing asks for it'),
      ],
    );
  return block(
    '',
    ['chain', `refused_${direction}`],
    [
      rule(
        '',
        ['meta', 'pkttype', oneOf(['broadcast', 'multicast']), 'counter', 'drop'],
        'chatter of the network',
      ),
      log,
      ...context.zoned.flatMap((family): Node[] => {
        const zones: readonly Word[] = [family === 4 ? 'ip' : 'ip6', 'saddr', `@zones${family}`];
        return [
          rule(
            '',
            [...zones, ...asking, 'counter', 'reject', 'with', 'tcp', 'reset'],
            'nothing asks for it, and they are told',
          ),
          rule(
            '',
            [...zones, 'counter', 'reject', 'with', 'icmpx', 'admin-prohibited'],
            'nothing asks for it, and they are told',
          ),
        ];
      }),
      rule('', ['counter', 'drop'], 'nothing asks for it'),
    ],
  );
}

/** Named sets: the networks of the site's zones, and all that is not the internet. */
export function sets({ zones, inside, usesInside, zoned }: Context): readonly Node[] {
  const set = (name: string, family: 4 | 6, values: readonly string[], why: string): Node[] => [
    note('', why),
    block(
      '',
      ['set', `${name}${family}`],
      [
        line('', 'type', family === 4 ? 'ipv4_addr' : 'ipv6_addr'),
        line('', 'flags', 'interval'),
        line('', 'elements', '=', { values }),
      ],
    ),
  ];
  return [
    ...zoned.flatMap((family) =>
      set('zones', family, zones[family], 'Described zones: those who are told that they are refused.'),
    ),
    ...(usesInside
      ? ([4, 6] as const).flatMap((family) =>
          set('inside', family, inside[family], 'What is not the internet: the zones, and private ranges.'),
        )
      : []),
  ];
}
