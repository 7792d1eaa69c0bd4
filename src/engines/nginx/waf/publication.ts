import { applicationsIn } from '../../../lib/crs.ts';
import { enoughFound } from '../../../lib/crs-enough.ts';
import { ambiguous } from '../../../lib/path-class.ts';
import { wafSummary, wafSummaryData } from '../../../lib/waf-log.ts';
import type { Pointer } from '../../../model/pointer.ts';
import type { ProxiedPublication, Publication } from '../../../model/site.ts';
import type { Waf, WafExclusion } from '../../../model/waf.ts';
import { type Context, endlessResets } from '../render/common.ts';
import { encoded, exactly, line, type Node } from '../syntax.ts';
import { answering } from './canary.ts';
import { enoughFor } from './enough.ts';
import { type Action, secAction, secRule } from './seclang.ts';
import { wafOf } from './skip.ts';

const rules = (at: Pointer, text: string): Node => line(at, 'modsecurity_rules', text);

/** Ids of a publication's own rules; the CRS leaves those below 100,000 to others. */
const unclearPath = 10_002;
const firstExclusion = 20_000;
const afterExclusions = 'POTERNE_EXCLUSIONS';

/** What is set before the CRS sets what is not: by the names that 3.3 has, and those of 4. */
const settings = ({ paranoia, thresholds, methods = [] }: Waf): string[] => [
  ...['paranoia_level', 'blocking_paranoia_level'].map((name) => `${name}=${paranoia}`),
  `inbound_anomaly_score_threshold=${thresholds.inbound}`,
  `outbound_anomaly_score_threshold=${thresholds.outbound}`,
  enoughFor(thresholds.inbound),
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
        isUnfinished: `%{tx.${enoughFound}}`,
      }),
    ],
  ];
  return secRule('HIGHEST_SEVERITY', '@lt 255', actions);
}

/** A path that is its own normal form, and no folder: it is compared to the letter. An expression would take 10 KB (ADR 37). */
const plainPath = /^(?:\/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)+$/;

/**
 * What is excluded, and where: at a path as it is sent, and only in its normal form. Whatever a service may read as another path (`//`, `/./`,
 * `;`, encoded dots) is looked at wholly.
 */
function exclusions({ exclusions: all, pointer }: Waf): Node[] {
  const at = `${pointer}/exclusions`;
  const first = ['phase:1', 't:none', 'pass', 'nolog'];
  const exact = all.filter(({ path }) => plainPath.test(path));
  const others = all.filter((each) => !exact.includes(each));
  const one = (exclusion: WafExclusion, operators: readonly string[]): Node[] => {
    const { rule, target, pointer: each } = exclusion;
    const id = firstExclusion + 2 * all.indexOf(exclusion);
    return operators.map((operator, more) =>
      rules(
        each,
        secRule('REQUEST_URI_RAW', operator, [
          ...[`id:${id + more}`, ...first],
          target === undefined ? `ctl:ruleRemoveById=${rule}` : `ctl:ruleRemoveTargetById=${rule};${target}`,
        ]),
      ),
    );
  };
  return [
    ...exact.flatMap((each) => one(each, [`@streq ${each.path}`, `@beginsWith ${each.path}?`])),
    ...(others.length === 0
      ? []
      : [
          rules(
            at,
            secRule('REQUEST_URI_RAW', `@rx ^(?i:[^?]*(?:${ambiguous}))`, [
              ...[`id:${unclearPath}`, ...first, `skipAfter:${afterExclusions}`],
            ]),
          ),
          ...others.flatMap((each) =>
            one(each, [`@rx ^${exactly(encoded(each.path))}${each.path.endsWith('/') ? '' : '(?:\\?|$)'}`]),
          ),
          rules(at, `SecMarker ${afterExclusions}`),
        ]),
  ];
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
        answering(publication.id),
        ...[...settings(waf), ...applications(context, waf)].map(
          (setting): Action => ['setvar', `tx.${setting}`],
        ),
      ]),
    ),
    ...exclusions(waf),
    rules(at, summary({ ...publication, waf })),
  ];
}

/** First of the server's rewrite directives: a service whose answers are looked at is not asked to compress them. */
export const wafSets = ({ waf }: ProxiedPublication): Node[] =>
  waf?.responseBody === undefined
    ? []
    : [line(`${waf.pointer}/response-body`, 'set', '$poterne_encodings', '')];

/** In a location where answers may last: they are passed on as they come, unseen. */
export const liveLines = (publication: Publication): Node[] => {
  const waf = wafOf(publication);
  return waf?.responseBody === undefined
    ? []
    : [rules(`${waf.pointer}/response-body`, 'SecResponseBodyAccess Off')];
};
