import { bastionOf } from '../../../lib/access.ts';
import { bastionPlaces } from '../../../model/access.ts';
import { answersTo, type Opening, rulesOf } from '../openings.ts';
import { block, gap, hook, line, type Node, note, quoted, rule, type Word } from '../syntax.ts';
import type { Context } from './context.ts';
import { countingRules } from './counting.ts';
import { established, icmpErrors, invalid, linkIn, linkOut, refusing } from './ground.ts';
import { ledRules } from './nat.ts';

/** What arrives for the host itself. */
export function input(context: Context): readonly Node[] {
  const { left } = context;
  return [
    gap,
    block(
      '',
      ['chain', 'input'],
      [
        line('', ...hook('filter', 'input', 'filter', 'drop')),
        rule('', ['iif', quoted('lo'), 'accept'], 'this host itself'),
        established,
        ...icmpErrors,
        ...linkIn(context),
        invalid,
        ...countingRules(context),
        ...(left ? servedToLeft(left) : []),
        ...asked(context.incoming, 'Nobody may connect to this host.'),
        rule('', ['jump', 'refused_in'], 'nothing above asks for it'),
      ],
    ),
    gap,
    refusing(context, 'in'),
  ];
}

/** Machines behind interfaces that are left to other software get names and addresses from it, on this host. */
function servedToLeft(left: Word): Node[] {
  const served = 'names and addresses for what other software keeps here';
  return [
    rule('', ['iifname', left, 'udp', 'dport', { values: [53, 67, 547] }, 'counter', 'accept'], served),
    rule('', ['iifname', left, 'tcp', 'dport', 53, 'counter', 'accept'], served),
  ];
}

/** On the bastion: `oif` still tells where a connection was meant to go that was led to this host itself instead. */
function ledBack({ site, host }: Context): readonly Node[] {
  const bastion = bastionOf(site);
  if (bastion?.host !== host.name) return [];
  const { people, standIns } = bastionPlaces;
  const words = ['ip', 'daddr', standIns, 'meta', 'skgid', quoted(people), 'counter', 'accept'];
  return [rule(bastion.pointer, words, 'people are led to the bastion in place of a machine')];
}

/** What the host itself opens, where not everything may leave it. */
export function output(context: Context): readonly Node[] {
  const { closed, left } = context;
  if (!closed) return [];
  return [
    gap,
    block(
      '',
      ['chain', 'output'],
      [
        line('', ...hook('filter', 'output', 'filter', 'drop')),
        rule('', ['oif', quoted('lo'), 'accept'], 'this host itself'),
        ...ledBack(context),
        established,
        ...icmpErrors,
        ...linkOut(),
        ...(left ? [rule('', ['oifname', left, 'accept'], 'left to other software')] : []),
        ...context.incoming.flatMap(answersTo),
        rule('', ['jump', 'outgoing'], 'what something asks for'),
        rule('', ['jump', 'refused_out'], 'nothing above asks for it'),
      ],
    ),
    gap,
    block('', ['chain', 'outgoing'], [...asked(context.outgoing, 'Nothing may leave this host.')]),
    gap,
    refusing(context, 'out'),
  ];
}

/** What passes through the host: between networks, to where its ports lead, and for what other software keeps on it. */
export function forward(context: Context): readonly Node[] {
  const { left, closed, passing, forwardings, site } = context;
  const led = forwardings.filter(({ masquerade }) => masquerade);
  return [
    gap,
    block(
      '',
      ['chain', 'forward'],
      [
        line('', ...hook('filter', 'forward', 'filter', 'drop')),
        // ICMP errors about a connection are related to it; others have no business beyond the router.
        established,
        invalid,
        ...passing.flatMap((one) => rulesOf(one, ['accept'])),
        ...led.flatMap((forwarding) => ledRules(forwarding, site.language)),
        ...(left ? leftRules(context, left, closed) : []),
        rule('', ['jump', 'refused_forward'], 'nothing above asks for it'),
      ],
    ),
    gap,
    refusing(context, 'forward'),
  ];
}

/**
 * What other software keeps on the host may leave as the host itself may. What comes to it through ports that this
 * software publishes (destination NAT) passes when the description opens the port on this host.
 */
function leftRules({ incoming }: Context, left: Word, closed: boolean): Node[] {
  return [
    rule(
      '',
      ['iifname', left, closed ? 'jump' : 'accept', ...(closed ? ['outgoing'] : [])],
      'from what other software keeps here',
    ),
    ...incoming.flatMap((one) =>
      rulesOf(
        { ...one, to: 'anybody' },
        ['accept'],
        ['oifname', left, 'ct', 'status', 'dnat'],
        (protocol, ports) => [...['meta', 'l4proto', protocol, 'ct', 'original', 'proto-dst'], ports],
      ),
    ),
  ];
}

function asked(openings: readonly Opening[], none: string): readonly Node[] {
  if (openings.length === 0) return [note('', none)];
  return openings.flatMap((one) => rulesOf(one, ['accept']));
}
