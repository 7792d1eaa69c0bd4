import { enoughActions, enoughMarker, enoughOperator, enoughScores } from '../../../lib/crs-enough.ts';
import { secRule } from './seclang.ts';

/**
 * Where so much was found that a request is refused in any case, the families of rules that follow are not asked: what is made of nothing
 * but attacks would keep a worker busy for seconds, and those whom it serves waiting.
 */

/** Forty certain finds at one level. */
const enough = 200;

/** Never less than what a publication refuses: below, all rules are asked. */
export const enoughFor = (inbound: number): string => `poterne_enough=${Math.max(enough, inbound)}`;

const firstId = 10_200;

/** Rules to come before a file of the CRS: before each family of attacks, and before what adds all up. */
export function enoughBefore(path: string, index: number): readonly string[] {
  if (/\/REQUEST-949-[^/]+$/.test(path)) return [`SecMarker ${enoughMarker}`];
  if (!/\/REQUEST-9(?:2[1-9]|3\d|4[0-8])-[^/]+$/.test(path)) return [];
  return [secRule(enoughScores, enoughOperator, [`id:${firstId + index}`, ...enoughActions])];
}

/** Where nothing was set: nothing is not to be enough. */
export const enoughDefault = secRule('&TX:POTERNE_ENOUGH', '@eq 0', [
  ...['id:10199', 'phase:1', 't:none', 'pass', 'nolog', `setvar:tx.poterne_enough=${enough}`],
]);
