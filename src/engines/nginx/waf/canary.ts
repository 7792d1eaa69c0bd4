import { wafCanary } from '../../../lib/waf-log.ts';
import { secAction, secRule } from './seclang.ts';

/**
 * Marks the gateway's own question, and where that asks for it has it judged as strictly as an attack is where the firewall blocks, whatever the
 * publication's mode and threshold: it is refused, and its service is not troubled with it. Only who asks from this machine can ask so, and what
 * follows is stricter.
 */
export const canaryRules = [
  secRule(`&REQUEST_HEADERS:${wafCanary.header}`, '@eq 0', [
    ...[`id:${wafCanary.rule - 1}`, 'phase:1', 't:none', 'pass', 'nolog', 'skipAfter:POTERNE_CANARY'],
  ]),
  secRule('REMOTE_ADDR', '!@ipMatch 127.0.0.1,::1', [
    ...[`id:${wafCanary.rule + 1}`, 'phase:1', 't:none', 'pass', 'nolog', 'skipAfter:POTERNE_CANARY'],
  ]),
  secAction([
    ...[`id:${wafCanary.rule}`, 'phase:1', 't:none', 'pass', 'log', 'auditlog'],
    ['msg', wafCanary.message],
  ]),
  secRule(`REQUEST_HEADERS:${wafCanary.header}`, `@streq ${wafCanary.strictly}`, [
    ...[`id:${wafCanary.rule + 2}`, 'phase:1', 't:none', 'pass', 'nolog', 'ctl:ruleEngine=On'],
    'setvar:tx.inbound_anomaly_score_threshold=5',
  ]),
  'SecMarker POTERNE_CANARY',
];
