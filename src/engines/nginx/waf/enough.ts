import { type Action, secRule } from './seclang.ts';

/**
 * Where so much was found that a request is refused in any case, the families of rules that follow are not asked: what is made of nothing
 * but attacks would keep a worker busy for seconds, and those whom it serves waiting.
 */

/** Forty certain finds at one level. */
const enough = 200;

/** Never less than what a publication refuses: below, all rules are asked. */
export const enoughFor = (inbound: number): string => `poterne_enough=${Math.max(enough, inbound)}`;

/** Of a transaction: that not all rules were asked. */
export const enoughFound = 'poterne_enough_found';

const firstId = 10_200;
const marker = 'POTERNE_ENOUGH';
/** Of 3.3 and of 4: what rules add up, level by level. */
const scores = ['ANOMALY_SCORE', 'INBOUND_ANOMALY_SCORE']
  .flatMap((name) => [1, 2, 3, 4].map((level) => `TX:${name}_PL${level}`))
  .join('|');

/** Rules to come before a file of the CRS: before each family of attacks, and before what adds all up. */
export function enoughBefore(path: string, index: number): readonly string[] {
  if (/\/REQUEST-949-[^/]+$/.test(path)) return [`SecMarker ${marker}`];
  if (!/\/REQUEST-9(?:2[1-9]|3\d|4[0-8])-[^/]+$/.test(path)) return [];
  const quietly: Action[] = [
    ...['phase:2', 't:none', 'pass', 'nolog', `setvar:tx.${enoughFound}=1`, `skipAfter:${marker}`],
  ];
  return [secRule(scores, '@ge %{tx.poterne_enough}', [`id:${firstId + index}`, ...quietly])];
}

/** Where nothing was set: nothing is not to be enough. */
export const enoughDefault = secRule('&TX:POTERNE_ENOUGH', '@eq 0', [
  ...['id:10199', 'phase:1', 't:none', 'pass', 'nolog', `setvar:tx.poterne_enough=${enough}`],
]);
