import type { Finding } from '../model/finding.ts';
import type { HostFacts } from '../model/host-facts.ts';
import { message } from '../model/message.ts';
import { type Host, roles, type Zone } from '../model/site.ts';
import { knownHint, shortList } from './hints.ts';
import { parseSelector, type Selector, selectorFinding, type Term } from './selector-syntax.ts';
import { zoneOfHost } from './zones.ts';

/** What selectors are about: a description (or its hosts and zones alone), and what its hosts told of themselves. */
export interface Known {
  readonly site: {
    readonly hosts: readonly Selectable[];
    readonly zones: readonly Pick<Zone, 'name' | 'networks'>[];
  };
  readonly facts: readonly HostFacts[];
}

/** What selectors look at of a host. */
export type Selectable = Pick<Host, 'name' | 'address' | 'zone' | 'roles' | 'groups' | 'ssh' | 'pointer'>;

/**
 * The hosts that an expression selects, by name in the description's order (there may be none), and notes for whoever reads
 * them; or what is wrong with the expression.
 */
export type Selection =
  | { readonly names: readonly string[]; readonly notes: readonly Finding[] }
  | { readonly findings: readonly Finding[] };

/** True, false, or not known because the host was never asked. */
type Verdict = boolean | undefined;

/**
 * Selects hosts: `group:A and not (web-* or os:debian-11)`. A name that nothing has is a finding, so that a mistake never
 * selects too much or too little; so is a condition on facts of hosts that were never asked, where it decides. Hosts that are
 * described only, which nobody can ask, are left out there, and a note says so.
 */
export function select(expression: string, known: Known): Selection {
  const judged = judge(expression, known);
  if ('findings' in judged) return judged;
  const { verdicts, terms } = judged;
  const unknown = verdicts.filter((each) => each.verdict === undefined).map(({ host }) => host);
  const unasked = unknown.filter(({ ssh }) => ssh);
  if (unasked.length > 0) return { findings: [neverAsked('error', terms, unasked)] };
  const names = verdicts.filter((each) => each.verdict).map(({ host }) => host.name);
  return { names, notes: unknown.length > 0 ? [neverAsked('note', terms, unknown)] : [] };
}

/** The hosts that an expression may select, whatever hosts tell of themselves; or what is wrong with the expression. */
export function maySelect(expression: string, site: Known['site']): Selection {
  const judged = judge(expression, { site, facts: [] });
  if ('findings' in judged) return judged;
  const possible = judged.verdicts.filter((each) => each.verdict !== false);
  return { names: possible.map(({ host }) => host.name), notes: [] };
}

/** What holds of each host; or what is wrong with the expression. */
function judge(
  expression: string,
  known: Known,
):
  | {
      readonly verdicts: readonly { readonly host: Selectable; readonly verdict: Verdict }[];
      readonly terms: readonly Term[];
    }
  | { readonly findings: readonly Finding[] } {
  const read = parseSelector(expression);
  if ('findings' in read) return read;
  const hosts = describedHosts(known.site);
  const facts = new Map(known.facts.map((each) => [each.host, each]));
  const values = valuesOf(known.site, facts);
  const terms = termsOf(read.selector);
  const findings = terms.flatMap((term) => unknownName(term, known.site, hosts, facts, values));
  if (findings.length > 0) return { findings };
  const verdicts = hosts.map((host) => ({
    host,
    verdict: verdict(read.selector, (term) => holds(term, values(term.key, host))),
  }));
  return { verdicts, terms };
}

/** The hosts that somebody described: not the one that stands for this machine where a description names no gateway. */
export function describedHosts<H extends Pick<Host, 'pointer'>>({
  hosts,
}: {
  readonly hosts: readonly H[];
}): readonly H[] {
  return hosts.filter((host) => host.pointer !== '');
}

/** What a host has of a key; `undefined` when it was never asked. */
type Values = (key: Term['key'], host: Selectable) => readonly string[] | undefined;

function valuesOf(site: Known['site'], facts: ReadonlyMap<string, HostFacts>): Values {
  return (key, host) => {
    const told = facts.get(host.name);
    switch (key) {
      case 'name':
        return [host.name];
      case 'group':
        return host.groups;
      case 'zone':
        return [zoneOfHost(site, host) ?? []].flat();
      case 'role':
        return host.roles;
      case 'os':
        return told && osNames(told);
      case 'arch':
        return told && [told.architecture ?? []].flat();
      case 'has':
        return told && [...told.accounts.login, ...told.accounts.system];
    }
  };
}

/** `debian-12`, and `debian` for every version. */
function osNames({ os }: HostFacts): readonly string[] {
  return os ? [...(os.version === undefined ? [] : [`${os.id}-${os.version}`]), os.id] : [];
}

function holds(term: Term, values: readonly string[] | undefined): Verdict {
  return values?.some(matcher(term));
}

/** Whether a text is what a term asks for. */
function matcher({ value, glob }: Term): (text: string) => boolean {
  if (!glob) return (text) => text === value;
  const source = value.replace(/[.*+?^${}()|[\]\\]/g, (sign) =>
    sign === '*' ? '.*' : sign === '?' ? '.' : `\\${sign}`,
  );
  const pattern = new RegExp(`^${source}$`, 'su');
  return (text) => pattern.test(text);
}

/** Kleene's logic: what is not known decides only where nothing else does. */
function verdict(selector: Selector, ask: (term: Term) => Verdict): Verdict {
  switch (selector.kind) {
    case 'all':
      return true;
    case 'term':
      return ask(selector);
    case 'not': {
      const inner = verdict(selector.of, ask);
      return inner === undefined ? undefined : !inner;
    }
    default: {
      const decisive = selector.kind === 'or';
      const parts = selector.of.map((part) => verdict(part, ask));
      if (parts.includes(decisive)) return decisive;
      return parts.includes(undefined) ? undefined : !decisive;
    }
  }
}

function termsOf(selector: Selector): readonly Term[] {
  if (selector.kind === 'all') return [];
  if (selector.kind === 'term') return [selector];
  return (selector.kind === 'not' ? [selector.of] : selector.of).flatMap(termsOf);
}

/** The conditions of a selector that only hosts themselves can tell. */
export function factTerms(selector: Selector): readonly Term[] {
  return termsOf(selector).filter(isFact);
}

/** Whether it depends on what hosts tell of themselves which of them an expression selects. */
export function asksFacts(expression: string): boolean {
  const read = parseSelector(expression);
  return 'selector' in read && factTerms(read.selector).length > 0;
}

const isFact = ({ key }: Term) => key === 'os' || key === 'arch' || key === 'has';

/** A name that nothing described (or nothing that hosts told) has. What hosts that were never asked have is unknown. */
function unknownName(
  term: Term,
  { zones }: Known['site'],
  hosts: readonly Selectable[],
  facts: ReadonlyMap<string, HostFacts>,
  valuesOf: Values,
): readonly Finding[] {
  const { key, value } = term;
  if (isFact(term) && hosts.some(({ name, ssh }) => ssh && !facts.has(name))) return [];
  const declared = key === 'role' ? roles : key === 'zone' ? zones.map(({ name }) => name) : [];
  const known = [...new Set([...declared, ...hosts.flatMap((host) => valuesOf(key, host) ?? [])])];
  if (known.some(matcher(term))) return [];
  const group = key === 'name' && hosts.some(({ groups }) => groups.includes(value));
  const hint = group ? message('hint.nearest', { nearest: `group:${value}` }) : knownHint(value, known);
  return [selectorFinding(`selector.${key}.unknown`, { value }, term, hint)];
}

function neverAsked(
  severity: 'error' | 'note',
  terms: readonly Term[],
  hosts: readonly Selectable[],
): Finding {
  const term = terms.find(isFact) as Term;
  const params = { count: hosts.length, hosts: shortList(hosts.map(({ name }) => name)) };
  if (severity === 'note') return { ...selectorFinding('selector.facts.unaskable', params, term), severity };
  return selectorFinding('selector.facts.missing', params, term, message('selector.facts.missing.hint'));
}
