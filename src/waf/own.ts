import { isMarked } from '../lib/own-question.ts';
import type { WafFound, WafTransaction } from './transaction.ts';

/** Whether a transaction is a question of the gateway's own, or of `verify`, which nobody's report or ban is about. */
export type IsOwn = (read: WafTransaction) => boolean;

/** Who has no key knows no question of theirs: all count. */
export const nobodysOwn: IsOwn = () => false;

/**
 * Knows those that a gateway's key has marked (`src/lib/own-question.ts`). A mark that somebody got hold of hides only the question itself: what
 * was found in anything else of the request counts. Of a line that does not tell what was found, the rules saw that there was nothing else.
 */
export const ownBy =
  (key: string): IsOwn =>
  ({ uri, method, at, found, isCut, isBrief }) =>
    (!isCut || isBrief === true) && method === 'GET' && isMarked(uri, key, at) && found.every(isOfQuestion);

/** Of anything that the question does not have: cookies, parameters, headers. What 920 finds is the form of a request, and no attack. */
function isOfQuestion({ rule, target = '' }: WafFound): boolean {
  const isForm = rule >= 920_000 && rule < 921_000;
  const isElse = /^(?:REQUEST_(?:COOKIES|HEADERS|BODY)|FILES|XML|ARGS)/.test(target);
  return isForm || !isElse || /^ARGS(?:_GET)?(?:_NAMES)?:(?:poterne|own)$/.test(target);
}
