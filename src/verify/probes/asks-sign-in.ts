import { message } from '../../model/message.ts';
import type { ProbeFunction } from '../probe.ts';
import { refusesHere } from '../refused-here.ts';

/** Whoever has not signed in gets nothing of the service, but an answer of the gateway itself: 401, or 403 where signing in would not help. */
export const asksSignIn: ProbeFunction<'asks-sign-in'> = refusesHere({
  statuses: [401, 403],
  refused: (status) => message('seen.sign-in.refused', { status }),
  letThrough: (status) => message('seen.sign-in.let-in', { status }),
});
