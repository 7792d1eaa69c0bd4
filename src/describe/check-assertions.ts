import { parseNetwork } from '../lib/ip.ts';
import { message } from '../model/message.ts';
import { pointer } from '../model/pointer.ts';
import type { Party } from '../model/site.ts';
import type { Checking } from './checking.ts';
import { knownHint, shortList } from './hints.ts';
import { isAddressLike, normalName } from './names.ts';
import type { Parsed } from './parse.ts';

/** The user's own assertions: each says one thing, of things that exist. Whether it holds is the plan's to say. */
export function checkAssertions(checking: Checking): void {
  const { parsed, report, whole } = checking;
  for (const [i, entry] of (parsed.site?.expect ?? []).entries()) {
    const at = pointer('expect', i);
    if (!entry.deny && !entry.allow && whole(''))
      report('error', {
        code: 'assertion.missing',
        params: {},
        pointer: at,
        hint: message('assertion.missing.hint'),
      });
    if (entry.deny && entry.allow)
      report('error', {
        code: 'assertion.both',
        params: {},
        pointer: `${at}/allow`,
        onKey: true,
        hint: message('assertion.both.hint'),
      });
    for (const verdict of ['deny', 'allow'] as const)
      for (const side of ['from', 'to'] as const) {
        const name = entry[verdict]?.[side];
        if (name !== undefined) checkParty(checking, name, side, `${at}/${verdict}/${side}`);
      }
  }
}

/** Everything that an assertion may mean by a name: one when the description is clear. */
export function partiesNamed(parsed: Parsed, name: string): readonly Party[] {
  const { zones, hosts, publications } = parsed.names;
  const found: Party[] = [];
  if (zones.includes(name)) found.push({ kind: 'zone', name });
  if (hosts.includes(name)) found.push({ kind: 'host', name });
  const publication = publications.map(normalName).find((known) => known === normalName(name));
  if (publication !== undefined) found.push({ kind: 'publication', name: publication });
  if (found.length > 0) return found;
  // A zone that the user calls internet is what they say it is.
  if (name === 'everyone' || name === 'internet') return [{ kind: name, name }];
  const network = parseNetwork(name);
  return network === undefined ? [] : [{ kind: 'network', name: network }];
}

/** Reports a name by which nothing, or more than one thing, is meant; publications may be meant only where `side` is `to`. */
export function checkParty(
  { parsed, report, other }: Checking,
  name: string,
  side: 'from' | 'to' | 'machine',
  at: string,
): void {
  const { zones, hosts, publications } = parsed.names;
  const [party, second] = partiesNamed(parsed, name);
  if (second)
    report('error', {
      code: 'assertion.ambiguous',
      params: { name },
      pointer: at,
      hint: other(pointer(`${second.kind}s`, name)),
    });
  else if (party?.kind === 'publication' && side !== 'to')
    report('error', {
      code: 'assertion.from.publication',
      params: { name },
      pointer: at,
      hint: message('assertion.from.publication.hint'),
    });
  else if (party) return;
  else if (isAddressLike(name))
    report('error', {
      code: 'value.network',
      params: { value: name },
      pointer: at,
      ...(zones.length > 0 ? { hint: message('hint.zones', { known: shortList(zones) }) } : {}),
    });
  else {
    const known = [...zones, ...hosts, ...(side === 'to' ? publications : []), 'everyone', 'internet'];
    report('error', {
      code: 'assertion.unknown',
      params: { name },
      pointer: at,
      hint: knownHint(name, known),
    });
  }
}
