import { wafSummary, wafSummaryData } from '../../../lib/waf-log.ts';
import type { Pointer } from '../../../model/pointer.ts';
import type { ProxiedPublication } from '../../../model/site.ts';
import type { Waf } from '../../../model/waf.ts';
import { line, type Node } from '../syntax.ts';
import { type Action, secAction, secRule } from './seclang.ts';

const rules = (at: Pointer, text: string): Node => line(at, 'modsecurity_rules', text);

/** Set before the CRS sets what is not: by the names that 3.3 has, and those of 4. */
const settings = ({ paranoia, thresholds }: Waf): string[] => [
  ...['paranoia_level', 'blocking_paranoia_level'].map((name) => `${name}=${paranoia}`),
  `inbound_anomaly_score_threshold=${thresholds.inbound}`,
  `outbound_anomaly_score_threshold=${thresholds.outbound}`,
];

/** The scores by which the CRS says that something matched, by the names of 3.3 and of 4. */
const scores = {
  inbound: ['anomaly_score', 'blocking_inbound_anomaly_score'],
  outbound: ['outbound_anomaly_score', 'blocking_outbound_anomaly_score'],
} as const;

/** Which publication it was, and how much came together: nothing else in the log tells the first. */
function told({ id, waf: { mode, thresholds } }: ProxiedPublication & { readonly waf: Waf }): string {
  const sum = (names: readonly string[]) => names.map((name) => `%{tx.${name}}`).join('');
  const actions: Action[] = [
    ...[`id:${wafSummary.rule}`, 'phase:5', 't:none', 'pass', 'log', 'auditlog'],
    ['msg', wafSummary.message],
    [
      'logdata',
      wafSummaryData({
        ...{ publication: id, mode },
        ...{ inbound: sum(scores.inbound), inboundThreshold: thresholds.inbound },
        ...{ outbound: sum(scores.outbound), outboundThreshold: thresholds.outbound },
      }),
    ],
  ];
  // Any other rule matched, also one that refuses by itself, without a score.
  return secRule('HIGHEST_SEVERITY', '@lt 255', actions);
}

/** The lines by which a publication's server has its requests looked at. Rules of the server itself come before the CRS. */
export function wafLines(publication: ProxiedPublication): Node[] {
  const { waf } = publication;
  if (!waf) return [];
  const { pointer: at } = waf;
  return [
    line(at, 'modsecurity', 'on'),
    rules(`${at}/mode`, `SecRuleEngine ${waf.mode === 'block' ? 'On' : 'DetectionOnly'}`),
    rules(`${at}/request-body`, `SecRequestBodyNoFilesLimit ${waf.requestBody}`),
    ...(waf.responseBody === undefined
      ? []
      : [
          rules(`${at}/response-body`, 'SecResponseBodyAccess On'),
          rules(`${at}/response-body`, `SecResponseBodyLimit ${waf.responseBody}`),
        ]),
    rules(
      at,
      secAction([
        ...['id:10001', 'phase:1', 't:none', 'pass', 'nolog'],
        ...settings(waf).map((setting) => `setvar:tx.${setting}`),
      ]),
    ),
    rules(at, told({ ...publication, waf })),
  ];
}
