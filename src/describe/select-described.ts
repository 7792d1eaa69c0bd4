import { factTerms, type Known, type Selectable, select } from '../lib/selector.ts';
import { parseSelector } from '../lib/selector-syntax.ts';
import type { Finding } from '../model/finding.ts';
import { message } from '../model/message.ts';
import { pointer } from '../model/pointer.ts';
import type { Parsed } from './parse.ts';

/** What is wrong with a selector that stands in the description, without its place. */
export type Misselection = Pick<Finding, 'code' | 'params' | 'hint'>;

/**
 * The hosts that a selector of the description selects, by name. It is about what the description says only: what hosts told
 * of themselves changes without anybody having written it.
 */
export function selectDescribed(
  parsed: Parsed,
  expression: string,
): { readonly names: readonly string[] } | { readonly wrong: readonly Misselection[] } {
  const read = parseSelector(expression);
  if ('findings' in read) return { wrong: read.findings };
  const facts = factTerms(read.selector);
  if (facts.length > 0)
    return {
      wrong: facts.map(({ key }) => ({
        code: 'selector.fact.described',
        params: { key },
        hint: message('selector.fact.described.hint'),
      })),
    };
  const selection = select(expression, { site: selectables(parsed), facts: [] });
  return 'findings' in selection ? { wrong: selection.findings } : { names: selection.names };
}

/** Hosts and zones as selectors look at them. */
export function selectables(parsed: Parsed): Known['site'] {
  const hosts = [...parsed.hosts].map(([name, host]): Selectable => {
    const address = typeof host.address === 'string' ? host.address : host.address?.[0];
    const at = pointer('hosts', name);
    return {
      name,
      ...(address === undefined ? {} : { address }),
      ...(host.zone === undefined ? {} : { zone: host.zone }),
      roles: host.roles,
      groups: host.groups,
      ...(host.ssh === undefined ? {} : { ssh: { port: host.ssh.port, pointer: `${at}/ssh` } }),
      pointer: at,
    };
  });
  return { hosts, zones: [...parsed.zones].map(([name, { networks }]) => ({ name, networks })) };
}
