import type { Code } from '../i18n/en.ts';
import type { Manifest } from '../model/applied.ts';
import type { Finding } from '../model/finding.ts';
import { message } from '../model/message.ts';
import { type ProxiedPublication, proxied, type Site } from '../model/site.ts';
import type { Waf, WafEvidence } from '../model/waf.ts';

type Walled = ProxiedPublication & { readonly waf: Waf };

const hasWaf = (each: ProxiedPublication): each is Walled => each.waf !== undefined;

/** The publications that are served already and whose firewall begins to block with a site: new ones have nothing to lose. */
export function turnedOn(active: Manifest | undefined, site: Site): readonly Walled[] {
  if (!active) return [];
  const before = new Map(proxied(active.site).map((each) => [each.id, each]));
  return proxied(site)
    .filter(hasWaf)
    .filter(({ id, waf }) => {
      const was = before.get(id);
      return waf.mode === 'block' && was !== undefined && was.waf?.mode !== 'block';
    });
}

/** What is to be known before the firewall of a publication begins to block: what was seen while it only looked. */
export function enforcementFindings(
  active: Manifest | undefined,
  site: Site,
  evidence: ReadonlyMap<string, WafEvidence | 'unknown'>,
): readonly Finding[] {
  return turnedOn(active, site).map(({ id, name, waf: { pointer } }): Finding => {
    const seen = evidence.get(id) ?? 'unknown';
    const about = {
      pointer: `${pointer}/mode`,
      hint: message('waf.enforce.hint', { name }),
    };
    if (seen === 'unknown')
      return { severity: 'warning', code: 'waf.enforce.unknown', params: { name }, ...about };
    const { requests, first, last, wouldBlock, unresolved, lastUnresolved = '', rules } = seen;
    const params = {
      ...{ name, requests, wouldBlock, unresolved },
      days: daysOf(first, last),
      last: `${lastUnresolved.slice(0, 16).replace('T', ' ')} UTC`,
      rules: rules.map((each) => `${each.rule} (${each.requests})`).join(', '),
    };
    if (unresolved > 0) return { severity: 'warning', code: 'waf.enforce.unresolved', params, ...about };
    if (requests === 0) return { severity: 'warning', code: 'waf.enforce.unseen', params, ...about };
    const code: Code = wouldBlock > 0 ? 'waf.enforce.resolved' : 'waf.enforce.clean';
    return { severity: 'note', code, params, ...about };
  });
}

/** The days that two times span, begun ones too. */
function daysOf(first: string | undefined, last: string | undefined): number {
  if (first === undefined || last === undefined) return 0;
  return Math.floor((Date.parse(last) - Date.parse(first)) / 86_400_000) + 1;
}
