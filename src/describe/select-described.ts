import { factTerms, select } from '../lib/selector.ts';
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
  const hosts = [...parsed.hosts].map(([name, host]) => {
    const address = typeof host.address === 'string' ? host.address : host.address?.[0];
    return {
      name,
      ...(address === undefined ? {} : { address }),
      ...(host.zone === undefined ? {} : { zone: host.zone }),
      roles: host.roles,
      groups: host.groups,
      pointer: pointer('hosts', name),
    };
  });
  const zones = [...parsed.zones].map(([name, { networks }]) => ({ name, networks }));
  const selection = select(expression, { site: { hosts, zones }, facts: [] });
  return 'findings' in selection ? { wrong: selection.findings } : { names: selection.names };
}
