import type { Manifest } from '../model/applied.ts';
import type { Finding } from '../model/finding.ts';
import { message } from '../model/message.ts';
import { proxied, type Site } from '../model/site.ts';
import type { Waf } from '../model/waf.ts';

/** What a change of a publication's firewall costs, in words: told once, by the plan that makes it. */
export function wafCosts(active: Manifest | undefined, site: Site): readonly Finding[] {
  const before = new Map(active ? proxied(active.site).map((each) => [each.id, each.waf]) : []);
  return proxied(site).flatMap(({ id, name, waf }) => {
    if (!waf) return [];
    const was = before.get(id);
    const note = (code: Finding['code'], key: string, params: Finding['params'] = {}): Finding => ({
      ...{ severity: 'note', code, params: { name, ...params } },
      pointer: was || key === '' ? `${waf.pointer}${key}` : waf.pointer,
    });
    return [
      ...(was === undefined ? [{ ...note('waf.cost.looks', ''), hint: message('waf.cost.looks.hint') }] : []),
      ...(waf.paranoia > (was?.paranoia ?? 1)
        ? [note('waf.cost.paranoia', '/paranoia', { level: waf.paranoia })]
        : []),
      ...(waf.responseBody !== undefined && was?.responseBody === undefined
        ? [note('waf.cost.answers', '/response-body')]
        : []),
      ...(looksLess(was, waf) ? [note('waf.cost.less', '')] : []),
    ];
  });
}

/** Whether a firewall refuses less than it did. */
const looksLess = (was: Waf | undefined, is: Waf): boolean =>
  was !== undefined &&
  ((was.mode === 'block' && is.mode === 'observe') ||
    is.paranoia < was.paranoia ||
    is.thresholds.inbound > was.thresholds.inbound ||
    is.skip.some((path) => !was.skip.includes(path)));
