import { marked } from '../../lib/own-question.ts';
import { message } from '../../model/message.ts';
import type { ProbeFunction } from '../probe.ts';
import { refusesHere } from '../refused-here.ts';

/** An attack gets nothing of the service, but the gateway's own refusal. */
export const wafRefuses: ProbeFunction<'waf-refuses'> = (probe, context) =>
  refuses(context.mark === undefined ? probe : { ...probe, path: marked(probe.path, context.mark) }, context);

const refuses = refusesHere({
  statuses: [403],
  refused: () => message('seen.waf.refused'),
  letThrough: (status) => message('seen.waf.let-through', { status }),
});
