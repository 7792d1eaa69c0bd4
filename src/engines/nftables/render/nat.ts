import type { Forwarding } from '../../../model/network.ts';
import type { Language } from '../../../model/site.ts';
import { type Family, familyOf, header, match, networkAround } from '../matches.ts';
import { reasonText, rulesOf } from '../openings.ts';
import { block, gap, hook, line, type Node, rule, type Word } from '../syntax.ts';
import type { Context } from './context.ts';

type Target = Forwarding['to'][number];

const isLed: readonly Word[] = ['ct', 'status', 'dnat'];
const origin = ({ reasons }: Forwarding) => reasons[0]?.because ?? '';

/** Ports that lead to other machines. */
export function destinationNat({ forwardings, site }: Context): readonly Node[] {
  const rules = forwardings.flatMap((forwarding) =>
    forwarding.to.flatMap((target): Node[] => {
      const family = familyOf(target.address);
      const asked = askedAddress(forwarding, family);
      const from = visitors(forwarding, family);
      if (!asked || !from) return [];
      const words = [...from, ...asked, forwarding.protocol, 'dport', forwarding.port, 'counter'];
      return [
        rule(
          origin(forwarding),
          [...words, 'dnat', header(family), 'to', place(target)],
          reasonText(site.language, forwarding.reasons),
        ),
      ];
    }),
  );
  if (rules.length === 0) return [];
  return [
    gap,
    block(
      '',
      ['chain', 'destination_nat'],
      [line('', ...hook('nat', 'prerouting', 'dstnat', 'accept')), ...rules],
    ),
  ];
}

/** What goes on under this host's own address, so that answers come back through it. */
export function sourceNat(context: Context): readonly Node[] {
  const rules = unique(standingFor(context));
  if (rules.length === 0) return [];
  return [
    gap,
    block(
      '',
      ['chain', 'source_nat'],
      [line('', ...hook('nat', 'postrouting', 'srcnat', 'accept')), ...rules],
    ),
  ];
}

function standingFor({ forwardings, masqueraded, site }: Context): readonly Node[] {
  const led = forwardings.flatMap((forwarding) =>
    forwarding.to.flatMap((target): Node[] => {
      const family = familyOf(target.address);
      const around = networkAround(site, target.address);
      const to = [...toTarget(forwarding, target, family), ...isLed, 'counter', 'masquerade'];
      if (forwarding.masquerade)
        return [rule(origin(forwarding), to, reasonText(site.language, forwarding.reasons))];
      // Answers of one machine to another of its own network would not pass here.
      if (around === undefined) return [];
      return [
        rule(
          origin(forwarding),
          [header(family), 'saddr', around, ...to],
          'asked from its own network: answers must come back this way',
        ),
      ];
    }),
  );
  return [...led, ...masqueraded.flatMap((one) => rulesOf(one, ['masquerade']))];
}

/** Several ports may lead to one place: what is done about its answers is said once. */
function unique(rules: readonly Node[]): readonly Node[] {
  const said = (node: Node) => JSON.stringify(node.kind === 'statement' ? node.words : node);
  return [...new Map([...rules].reverse().map((node) => [said(node), node])).values()].reverse();
}

/** Lets what was led to another machine pass there, for those who are let in. */
export function ledRules(forwarding: Forwarding, language: Language): Node[] {
  return forwarding.to.flatMap((target): Node[] => {
    const family = familyOf(target.address);
    const from = visitors(forwarding, family);
    if (!from) return [];
    const words = [...from, ...toTarget(forwarding, target, family), ...isLed, 'counter', 'accept'];
    return [rule(origin(forwarding), words, reasonText(language, forwarding.reasons))];
  });
}

const toTarget = ({ protocol }: Forwarding, { address, port }: Target, family: Family): readonly Word[] => [
  ...[header(family), 'daddr', address],
  ...[protocol, 'dport', port],
];

/** The addresses at which the port leads on; `undefined` when none is of the family. */
function askedAddress({ addresses }: Forwarding, family: Family): readonly Word[] | undefined {
  if (addresses.length === 0)
    return ['meta', 'nfproto', family === 4 ? 'ipv4' : 'ipv6', 'fib', 'daddr', 'type', 'local'];
  return match(addresses, 'daddr', family);
}

/** Who is let in; `undefined` when nobody of the family is. */
function visitors({ networks }: Forwarding, family: Family): readonly Word[] | undefined {
  return networks === undefined ? [] : match(networks, 'saddr', family);
}

function place({ address, port }: Target): string {
  return familyOf(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}
