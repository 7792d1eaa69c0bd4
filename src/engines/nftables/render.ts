import { neverBanned } from '../../lib/bans.ts';
import type { Network } from '../../model/network.ts';
import type { Pointer } from '../../model/pointer.ts';
import type { Host } from '../../model/site.ts';
import { wallTable } from '../../model/wall.ts';
import type { Rendered } from '../engine.ts';
import { families, match, pruned } from './matches.ts';
import { forward, input, output } from './render/chains.ts';
import { type Context, contextOf } from './render/context.ts';
import { countingSets } from './render/counting.ts';
import { antispoof, sets } from './render/ground.ts';
import { destinationNat, sourceNat } from './render/nat.ts';
import type { Settings } from './schema.ts';
import { block, gap, hook, line, type Node, note, oneOf, rule, write } from './syntax.ts';

/** The whole ruleset of a host, each line with the part of the description that asked for it. */
export function render(network: Network, host: Host, settings: Settings): Rendered {
  const context = contextOf(network, host, settings);
  return write([
    note(
      host.pointer,
      `Firewall of ${host.name}, written by Poterne from the description of ${network.site.name}.`,
    ),
    note('', 'One transaction: nft -f takes all of it or nothing. Other tables are left as they are.'),
    gap,
    ...bans(context),
    gap,
    note('', 'The old rules go and the new ones come at once.'),
    line('', 'table', 'inet', 'poterne'),
    line('', 'delete', 'table', 'inet', 'poterne'),
    block(
      '',
      ['table', 'inet', 'poterne'],
      [
        ...sets(context),
        ...countingSets(context),
        ...antispoof(context),
        ...destinationNat(context),
        ...input(context),
        ...output(context),
        ...forward(context),
        ...sourceNat(context),
      ],
    ),
  ]);
}

/** Who is shut out for a while, and which ports lead nowhere for now. The sets are made when they are not there, and keep what they hold. */
function bans(context: Context): readonly Node[] {
  const { forwardings, site } = context;
  const table = ['table', 'inet', wallTable.name];
  const set = (name: string, type: string, ...flags: readonly string[]) =>
    block('', ['set', name], [line('', 'type', type), ...flags.map((flag) => line('', 'flags', flag))]);
  const chain = (name: string, ...body: readonly Node[]) => block('', ['chain', name], body);
  const banned = line('', ...hook('filter', 'prerouting', '-310', 'accept'));
  const isLed = forwardings.length > 0;
  return [
    note('', 'Who is shut out for a while: nft add element inet poterne_bans ban4 { 192.0.2.7 timeout 1h }'),
    block('', table, [
      set('ban4', 'ipv4_addr', 'interval,timeout'),
      set('ban6', 'ipv6_addr', 'interval,timeout'),
      ...(isLed ? [set(wallTable.ports, 'inet_service')] : []),
      ...(site.bans ? [wallTable.shut, wallTable.drop, wallTable.ssh] : []).flatMap(([four, six]) => [
        set(four, 'ipv4_addr', 'interval,timeout'),
        set(six, 'ipv6_addr', 'interval,timeout'),
      ]),
      chain('banned', banned),
      // Before what is established passes.
      ...(isLed ? [chain('cut', line('', ...hook('filter', 'forward', '-10', 'accept')))] : []),
    ]),
    line('', 'flush', 'chain', 'inet', wallTable.name, 'banned'),
    ...(isLed ? [line('', 'flush', 'chain', 'inet', wallTable.name, 'cut')] : []),
    block('', table, [
      chain(
        'banned',
        ...(site.bans ? spared(context, site.bans.pointer) : []),
        ...dropped(['ban4', 'ban6']),
        ...(site.bans
          ? [
              ...dropped(wallTable.drop),
              ...told(context),
              ...dropped(wallTable.shut),
              ...dropped(wallTable.ssh),
            ]
          : []),
      ),
      ...(isLed ? [chain('cut', ...cutPorts)] : []),
    ]),
  ];
}

/** What was led elsewhere from a port that is cut off, whoever sends it: both ends hear that it is over. */
const cutPorts: readonly Node[] = [
  rule(
    '',
    [
      ...['meta', 'l4proto', 'tcp', 'ct', 'status', 'dnat', 'ct', 'original', 'proto-dst'],
      ...[`@${wallTable.ports}`, 'counter', 'reject', 'with', 'tcp', 'reset'],
    ],
    'cut off',
  ),
];

/** Whoever is in these sets, of either family. */
const dropped = ([four, six]: readonly [string, string]): readonly Node[] => [
  rule('', ['ip', 'saddr', `@${four}`, 'counter', 'drop'], 'banned'),
  rule('', ['ip6', 'saddr', `@${six}`, 'counter', 'drop'], 'banned'),
];

/** Who is never banned, whatever stands in the sets. */
function spared({ site }: Context, at: Pointer): readonly Node[] {
  const never = pruned(neverBanned(site).map(({ network }) => network));
  return families.flatMap((family) => {
    const from = match(never, 'saddr', family);
    return from ? [rule(at, [...from, 'accept'], 'never banned')] : [];
  });
}

/** Visitors of the gateway read there why they are refused. */
function told({ site, host }: Context): readonly Node[] {
  const { gateway } = site;
  if (host.name !== gateway.host) return [];
  const ports = oneOf([...new Set([gateway.httpPort, gateway.httpsPort])]);
  // Of IPv6, who stands on the same wire is found by what they send themselves.
  const found = ['icmpv6', 'type', oneOf(['nd-neighbor-solicit', 'nd-neighbor-advert']), 'accept'];
  return [
    rule(gateway.pointer, ['tcp', 'dport', ports, 'accept'], 'nginx tells them why'),
    rule(gateway.pointer, found, 'neighbours are found'),
  ];
}
