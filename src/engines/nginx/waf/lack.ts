import type { Facts } from '../../../model/facts.ts';
import type { Finding } from '../../../model/finding.ts';
import { message } from '../../../model/message.ts';
import type { Site } from '../../../model/site.ts';
import { walled } from './main.ts';

/** What the machine lacks to look at requests: publications with a firewall refuse until it is there. */
export function wafLack(site: Site, found: Facts['waf']): Finding | undefined {
  const scenario = `${walled(site)[0]?.pointer ?? ''}/scenario`;
  const lacks = (
    code: Finding['code'],
    params: Finding['params'],
    pointer: string,
    hint: Finding['code'],
  ): Finding => ({
    ...{ severity: 'error', code, params, pointer, hint: message(hint) },
  });
  if (!found?.module) return lacks('waf.module.missing', {}, scenario, 'waf.module.missing.hint');
  const { rules } = found;
  if (!('lack' in rules)) return undefined;
  const own = site.waf?.folder !== undefined;
  const at = own ? '/waf/rules' : scenario;
  if (rules.lack === 'digest')
    return lacks('waf.rules.digest', rules.params, '/waf/sha256', 'waf.rules.digest.hint');
  return lacks(`waf.rules.${rules.lack}`, rules.params, at, own ? 'waf.rules.hint' : 'waf.rules.debian.hint');
}
