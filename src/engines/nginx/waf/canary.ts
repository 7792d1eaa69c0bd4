import { wafCanary } from '../../../lib/waf-log.ts';
import { wafQuestionEnd } from '../../../lib/waf-question.ts';
import { block, exactly, type Node, own } from '../syntax.ts';
import { type Action, secAction, secRule } from './seclang.ts';

/** Of a transaction: that it is the gateway's own question, and the id of the publication that answers it. */
const isAsked = 'poterne_canary';
export const answering = (id: string): Action => ['setvar', `tx.poterne_id=${id}`];

const quietly: Action[] = ['t:none', 'pass', 'nolog'];
const { header, rule, asVisitors, strictly } = wafCanary;

/**
 * Marks the gateway's own question, and where that asks for it has it judged as strictly as an attack is where the firewall blocks, whatever the
 * publication's mode and threshold: it is refused, and its service is not troubled with it. Only who asks from this machine can ask so, and what
 * follows is stricter.
 */
const marking = [
  secRule(`&REQUEST_HEADERS:${header}`, '@eq 0', [
    ...[`id:${rule - 1}`, 'phase:1', ...quietly, 'skipAfter:POTERNE_CANARY'],
  ]),
  secRule('REMOTE_ADDR', '!@ipMatch 127.0.0.1,::1', [
    ...[`id:${rule + 1}`, 'phase:1', ...quietly, 'skipAfter:POTERNE_CANARY'],
  ]),
  secAction([
    ...[`id:${rule}`, 'phase:1', 't:none', 'pass', 'log', 'auditlog', `setvar:tx.${isAsked}=1`],
    ['msg', wafCanary.message],
  ]),
  secRule(`REQUEST_HEADERS:${header}`, `@streq ${strictly}`, [
    ...[`id:${rule + 2}`, 'phase:1', ...quietly, 'ctl:ruleEngine=On'],
    'setvar:tx.inbound_anomaly_score_threshold=5',
  ]),
  'SecMarker POTERNE_CANARY',
];

/** In a request line, the question with a mark, made up or not: rules know no key. */
const asked = `GET [^ ?]*${exactly(wafQuestionEnd)}&at=[\\w.-]+&own=[0-9a-z]{1,9}\\.[\\w-]{32} HTTP/1\\.1`;

/** What makes one that is another request, and has all of it written down. */
const others = [
  [`&TX:${isAsked}`, '@eq 0'],
  ['RESPONSE_STATUS', '!@streq 403'],
  ['REQUEST_LINE', `!@rx ^${asked}$`],
  ['ARGS:at', '!@streq %{tx.poterne_id}'],
  ['&REQUEST_HEADERS', '!@eq 5'],
  [
    `REQUEST_HEADERS|!REQUEST_HEADERS:Host|!REQUEST_HEADERS:${header}`,
    '!@rx ^(?:poterne|application/json|close)$',
  ],
] as const;

/**
 * Of the very question, refused by what the Core Rule Set counted, the log tells who asked and no more: asked each minute of each publication, all
 * that is found in it would be gigabytes a day. That what was found is not told says that it was found.
 */
const brief = [
  ...others.map(([variables, operator], index) =>
    secRule(variables, operator, [
      ...[`id:${rule + 3 + index}`, 'phase:5', ...quietly, 'skipAfter:POTERNE_BRIEF'],
    ]),
  ),
  secRule('TX:ANOMALY_SCORE|TX:BLOCKING_INBOUND_ANOMALY_SCORE', '@ge 5', [
    ...[`id:${rule + 3 + others.length}`, 'phase:5', ...quietly, 'ctl:auditLogParts=-H'],
  ]),
  'SecMarker POTERNE_BRIEF',
];

export const canaryRules = [...marking, ...brief];

/** For the page of who is blocked: nothing where it is the gateway's own question, which the access log does not tell. */
export const visitedMap = (): Node =>
  block(
    '',
    [
      'map',
      `$remote_addr $uri $http_${header.toLowerCase().replaceAll('-', '_')} $request`,
      '$poterne_visited',
    ],
    [
      own('default', '1'),
      own(`~^(?:127\\.0\\.0\\.1|::1) /blocked\\.json (?:${asVisitors}|${strictly}) ${asked}$`, ''),
    ],
  );
