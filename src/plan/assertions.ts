import { contains, isPrivate, networkText, overlaps, parseNetwork } from '../lib/ip.ts';
import type { Finding } from '../model/finding.ts';
import type { Endpoint, Flow, Reason } from '../model/flow.ts';
import { type Message, message } from '../model/message.ts';
import type { Assertion, Party, Site } from '../model/site.ts';
import { internet } from './endpoints.ts';
import { flows } from './flows.ts';

/** What an assertion may turn out to be of a flow: `unknown` when the description does not say where a name leads. */
export type Match = 'yes' | 'no' | 'unknown';

/** What the user's own assertions hold against the flows that the rest of the description asks for. */
export function assertionFindings(site: Site): readonly Finding[] {
  const all = site.assertions.length > 0 ? flows(site) : [];
  return site.assertions.flatMap((assertion) => {
    const concerned = all.flatMap((flow) => towards(site, assertion, flow));
    return assertion.verdict === 'deny'
      ? denied(site, assertion, concerned)
      : allowed(site, assertion, concerned);
  });
}

/** An assertion as its author wrote it. */
export function ruleText({ verdict, from, to, port }: Assertion): string {
  return `${verdict}: { from: ${networkText(from.name)}, to: ${networkText(to.name)}${port === undefined ? '' : `, port: ${port}`} }`;
}

/** A flow to what an assertion is about, with the reasons that lead there. */
interface Concerned {
  readonly flow: Flow;
  readonly reason: Reason;
  readonly match: Exclude<Match, 'no'>;
}

function towards(site: Site, { to, port }: Assertion, flow: Flow): Concerned[] {
  if (port !== undefined && flow.port !== port && flow.forwardedTo !== port) return [];
  if (to.kind === 'publication') {
    const at = site.publications.find(({ name }) => name === to.name)?.pointer ?? '';
    const arrives = flow.to.kind === 'host' && flow.to.name === site.gateway.host;
    const reason = flow.reasons.find(({ because }) => because === at || because.startsWith(`${at}/`));
    return arrives && reason ? [{ flow, reason, match: 'yes' }] : [];
  }
  const match = touches(site, flow.to, to);
  const reason = flow.reasons[0];
  return match === 'no' || !reason ? [] : [{ flow, reason, match }];
}

function denied(site: Site, assertion: Assertion, concerned: readonly Concerned[]): Finding[] {
  const verdicts = concerned.map((c) => ({ ...c, from: touches(site, c.flow.from, assertion.from) }));
  const broken = verdicts.find(({ match, from }) => match === 'yes' && from === 'yes');
  if (broken) return [finding(assertion, because(broken))];
  const open = verdicts.find(({ from }) => from !== 'no');
  return open ? [undecided(assertion, open)] : [];
}

function allowed(site: Site, assertion: Assertion, concerned: readonly Concerned[]): Finding[] {
  const certain = concerned.filter(({ match }) => match === 'yes').map(({ flow }) => flow.from);
  if (isCovered(site, assertion.from, certain)) return [];
  const possible = concerned.map(({ flow }) => flow.from);
  const open = concerned.find(({ match }) => match === 'unknown');
  if (open && isCovered(site, assertion.from, possible))
    return [undecided(assertion, { ...open, from: 'yes' })];
  const to = assertion.to.name;
  const known = [...new Set(possible.map(({ name }) => networkText(name)))].join(', ');
  return [
    finding(
      assertion,
      known === '' ? message('assertion.flow.none', { to }) : message('assertion.flow.others', { to, known }),
    ),
  ];
}

function finding(assertion: Assertion, hint: Message): Finding {
  const { verdict, pointer } = assertion;
  const params = { rule: ruleText(assertion) };
  return { severity: 'error', code: 'assertion.broken', params, pointer: `${pointer}/${verdict}`, hint };
}

function undecided(assertion: Assertion, { flow, match, from }: Concerned & { from: Match }): Finding {
  const { verdict, pointer } = assertion;
  const unknown =
    match === 'unknown' ? flow.to.name : from === 'unknown' ? assertion.from.name : assertion.to.name;
  return {
    severity: 'warning',
    code: 'assertion.undecided',
    params: { rule: ruleText(assertion) },
    pointer: `${pointer}/${verdict}`,
    hint: message('assertion.undecided.hint', { ...ends(flow), unknown }),
  };
}

const reasonCodes = {
  'flow.everyone': 'assertion.flow.everyone',
  'flow.audience': 'assertion.flow.audience',
  'flow.everyone.certificate': 'assertion.flow.everyone.certificate',
  'flow.audience.certificate': 'assertion.flow.audience.certificate',
  'flow.guarded': 'assertion.flow.guarded',
  'flow.redirect': 'assertion.flow.redirect',
  'flow.front': 'assertion.flow.front',
  'flow.upstream': 'assertion.flow.upstream',
  'flow.needs': 'assertion.flow.needs',
  'flow.grant': 'assertion.flow.grant',
  'flow.partner': 'assertion.flow.partner',
  'flow.partner.out': 'assertion.flow.partner.out',
  'flow.admin': 'assertion.flow.admin',
  'flow.admin.via': 'assertion.flow.admin.via',
} as const;

/** A flow and why it exists, in one sentence. */
function because({ flow, reason }: Concerned): Message {
  const code = reasonCodes[reason.say.code as keyof typeof reasonCodes];
  return message(code, { ...reason.say.params, ...ends(flow) });
}

function ends({ from, to, port }: Flow): { from: string; to: string; port: number } {
  return { from: networkText(from.name), to: networkText(to.name), port };
}

/** Whether some machine of a flow's end is some machine that a party means. */
export function touches(site: Site, end: Endpoint, party: Party): Match {
  if (party.kind === 'everyone') return 'yes';
  if (end.kind === party.kind && end.name === party.name) return 'yes';
  if (end.kind === 'internet') return outsideTouches(site, party);
  const known = networksOf(end);
  const zone = end.kind === 'host' ? end.zone : undefined;
  switch (party.kind) {
    case 'internet':
      if (known) return yes(known.some((network) => isOutside(site, network)));
      return zone === undefined ? 'unknown' : 'no';
    case 'zone': {
      if (zone === party.name) return 'yes';
      const held = site.zones.find(({ name }) => name === party.name)?.networks ?? [];
      if (known) return yes(known.some((a) => held.some((b) => overlaps(a, b))));
      return zone === undefined ? 'unknown' : 'no';
    }
    case 'network':
      return known ? yes(known.some((network) => overlaps(network, party.name))) : 'unknown';
    case 'host': {
      if (end.kind === 'host') return 'no';
      const host = site.hosts.find(({ name }) => name === party.name);
      const addresses = addressesOf(host);
      if (known && addresses.length > 0)
        return yes(known.some((network) => addresses.some((address) => contains(network, address))));
      if (end.kind === 'zone' && (end.name === host?.zone || end.networks.includes('0.0.0.0/0')))
        return 'yes';
      return end.kind === 'zone' && host?.zone !== undefined ? 'no' : 'unknown';
    }
    case 'publication':
      return 'no';
  }
}

/** Whether some machine of the internet, without zones and private ranges, is some machine that a party means. */
function outsideTouches(site: Site, party: Party): Match {
  if (party.kind === 'network') return yes(isOutside(site, party.name));
  if (party.kind !== 'host') return 'no';
  const host = site.hosts.find(({ name }) => name === party.name);
  const addresses = addressesOf(host);
  if (addresses.length > 0) return yes(addresses.some((address) => isOutside(site, address)));
  return host?.zone === undefined ? 'unknown' : 'no';
}

/** Whether all the machines that a party means are among these ends together. */
function isCovered(site: Site, party: Party, ends: readonly Endpoint[]): boolean {
  if (ends.some((end) => end.kind === party.kind && end.name === party.name)) return true;
  const open = ends.flatMap((end) => networksOf(end) ?? []);
  const covers = (networks: readonly string[]) =>
    networks.length > 0 && networks.every((network) => open.some((outer) => contains(outer, network)));
  switch (party.kind) {
    case 'everyone':
    case 'internet':
      return covers(internet.networks);
    case 'zone':
      return covers(site.zones.find(({ name }) => name === party.name)?.networks ?? []);
    case 'network':
      return covers([party.name]);
    case 'host': {
      const host = site.hosts.find(({ name }) => name === party.name);
      const addresses = addressesOf(host);
      if (addresses.length > 0) return covers(addresses);
      return covers(internet.networks) || ends.some((end) => end.kind === 'zone' && end.name === host?.zone);
    }
    case 'publication':
      return false;
  }
}

/** The addresses of an end; `undefined` when the description does not tell them. */
function networksOf(end: Endpoint): readonly string[] | undefined {
  if (end.kind === 'zone') return end.networks;
  if (end.kind === 'network') return [end.name];
  const addresses =
    end.kind === 'host' ? end.addresses.flatMap((address) => parseNetwork(address) ?? []) : [];
  return addresses.length === 0 ? undefined : addresses;
}

/** A machine's addresses as networks; none when it has a name alone. */
function addressesOf(host: { readonly addresses: readonly string[] } | undefined): readonly string[] {
  return (host?.addresses ?? []).flatMap((address) => parseNetwork(address) ?? []);
}

/** Whether some of a network is on the internet: in no zone (but one that holds everything), and not private. */
function isOutside(site: Site, network: string): boolean {
  const zones = site.zones.flatMap(({ networks }) => networks).filter((held) => !held.endsWith('/0'));
  return !isPrivate(network) && !zones.some((held) => contains(held, network));
}

function yes(is: boolean): Match {
  return is ? 'yes' : 'no';
}
