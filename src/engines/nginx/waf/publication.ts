import { applicationsIn } from '../../../lib/crs.ts';
import { ambiguous } from '../../../lib/path-class.ts';
import { wafSummary, wafSummaryData } from '../../../lib/waf-log.ts';
import type { Pointer } from '../../../model/pointer.ts';
import type { ProxiedPublication, Publication } from '../../../model/site.ts';
import type { Waf, WafExclusion } from '../../../model/waf.ts';
import { type Context, endlessResets } from '../render/common.ts';
import { block, encoded, exactly, line, type Node } from '../syntax.ts';
import { blockedStatus } from './base.ts';
import { type Action, secAction, secRule } from './seclang.ts';

const rules = (at: Pointer, text: string): Node => line(at, 'modsecurity_rules', text);

/** Ids of a publication's own rules; the CRS leaves those below 100,000 to others. */
const firstExclusion = 10_100;

/** What is set before the CRS sets what is not: by the names that 3.3 has, and those of 4. */
const settings = ({ paranoia, thresholds, methods = [] }: Waf): string[] => [
  ...['paranoia_level', 'blocking_paranoia_level'].map((name) => `${name}=${paranoia}`),
  `inbound_anomaly_score_threshold=${thresholds.inbound}`,
  `outbound_anomaly_score_threshold=${thresholds.outbound}`,
  ...(methods.length > 0 ? [`allowed_methods=${['GET HEAD POST OPTIONS', ...methods].join(' ')}`] : []),
];

/** The applications whose ways are known here; those of plugins are off elsewhere. */
function applications({ facts }: Context, waf: Waf): string[] {
  const set = facts.waf?.rules;
  const known = set && 'files' in set ? applicationsIn(set.files.map(({ name }) => name)) : new Map();
  return [...known].flatMap(([name, { on, off }]) => {
    if (waf.applications.includes(name)) return [on as string];
    return off === undefined ? [] : [off as string];
  });
}

/** Which publication it was, and how much came together: nothing else in the log tells. */
function summary({ id, waf }: ProxiedPublication & { readonly waf: Waf }): string {
  const sum = (...names: string[]) => names.map((name) => `%{tx.${name}}`).join('');
  const actions: Action[] = [
    ...[`id:${wafSummary.rule}`, 'phase:5', 't:none', 'pass', 'log', 'auditlog'],
    // Rules of the CRS have answers written into the log.
    'ctl:auditLogParts=-E',
    ['msg', wafSummary.message],
    [
      'logdata',
      wafSummaryData({
        publication: id,
        mode: waf.mode,
        // 3.3 has the first of each, 4 the second; what is not set is empty.
        inbound: sum('anomaly_score', 'blocking_inbound_anomaly_score'),
        inboundThreshold: waf.thresholds.inbound,
        outbound: sum('outbound_anomaly_score', 'blocking_outbound_anomaly_score'),
        outboundThreshold: waf.thresholds.outbound,
      }),
    ],
  ];
  return secRule('HIGHEST_SEVERITY', '@lt 255', actions);
}

/**
 * Where a path is excluded: as it is sent, and only in its normal form. Whatever a service may read as another path (`//`, `/./`, `;`,
 * encoded dots) is looked at wholly.
 */
function pathPattern(path: string): string {
  const sent = exactly(encoded(path));
  return `^(?!(?i:[^?]*(?:${ambiguous})))${sent}${path.endsWith('/') ? '' : '(?:\\?|$)'}`;
}

function exclusion({ rule, path, target }: WafExclusion, index: number): string {
  const what =
    target === undefined ? `ctl:ruleRemoveById=${rule}` : `ctl:ruleRemoveTargetById=${rule};${target}`;
  return secRule('REQUEST_URI_RAW', `@rx ${pathPattern(path)}`, [
    ...[`id:${firstExclusion + index}`, 'phase:1', 't:none', 'pass', 'nolog', what],
  ]);
}

/** The lines by which a publication's server has its requests looked at. Rules of the server itself come before the CRS. */
export function wafLines(context: Context, publication: ProxiedPublication): Node[] {
  const { waf } = publication;
  if (!waf) return [];
  const { pointer: at } = waf;
  return [
    line(at, 'modsecurity', 'on'),
    // Each request may cost as much as a connection: one that resets them keeps others waiting for so many.
    ...(endlessResets(context.facts) ? [line(at, 'keepalive_requests', '100')] : []),
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
        ...[...settings(waf), ...applications(context, waf)].map(
          (setting): Action => ['setvar', `tx.${setting}`],
        ),
      ]),
    ),
    ...waf.exclusions.map((each, index) => rules(each.pointer, exclusion(each, index))),
    rules(at, summary({ ...publication, waf })),
  ];
}

/** First of the server's rewrite directives: a service whose answers are looked at is not asked to compress them. */
export const wafSets = ({ waf }: ProxiedPublication): Node[] =>
  waf?.responseBody === undefined
    ? []
    : [line(`${waf.pointer}/response-body`, 'set', '$poterne_encodings', '')];

const wafOf = (publication: Publication): Waf | undefined =>
  publication.scenario === 'direct' ? undefined : publication.waf;

/** In a location where answers may last: they are passed on as they come, unseen. */
export const liveLines = (publication: Publication): Node[] => {
  const waf = wafOf(publication);
  return waf?.responseBody === undefined
    ? []
    : [rules(`${waf.pointer}/response-body`, 'SecResponseBodyAccess Off')];
};

/** Whether all below a location is skipped. */
export const isSkipped = (publication: Publication, path: string): boolean =>
  wafOf(publication)?.skip.some((skipped) => skipped.endsWith('/') && path.startsWith(skipped)) ?? false;

/** The skipped paths that need locations of their own. */
export const skipped = (publication: Publication): readonly string[] => wafOf(publication)?.skip ?? [];

/** In a location that is not looked at: a path that a service may read as another one is no reason not to look. */
export function skipLines(publication: Publication): Node[] {
  const waf = wafOf(publication);
  if (!waf) return [];
  const at = `${waf.pointer}/skip`;
  return [
    line(at, 'modsecurity', 'off'),
    block(at, ['if', '($poterne_unclear_path)'], [line(at, 'return', blockedStatus)]),
  ];
}
