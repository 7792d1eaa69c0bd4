import type { Code } from '../i18n/en.ts';
import { shortSize } from '../lib/size.ts';
import { type Message, message } from '../model/message.ts';

/** What limits say in a plan. The keys are those of the description, as a change's settings have them. */

const none = '∞';

const speed = (bytes: string | undefined): string =>
  bytes === undefined ? none : `${shortSize(Number(bytes))}/s`;

/** A limit that changes, as a person would say it; `undefined` for what is none. */
export function limitSentence(
  name: string,
  setting: string,
  from: string | undefined,
  to: string | undefined,
): Message | undefined {
  if (setting === 'limits.download.rate')
    return message('change.limit.download', { name, from: speed(from), to: speed(to) });
  if (setting === 'limits.upload')
    return message('change.limit.upload', { name, from: speed(from), to: speed(to) });
  const [, whom = 'address', word] =
    /^limits\.(?:(session|token|all)\.)?(requests|connections)$/.exec(setting) ?? [];
  if (word === undefined) return undefined;
  const who = name === 'gateway' ? 'gateway' : whom;
  const code = `change.limit.${who}.${word}` as Code;
  return message(code, { name, from: from ?? none, to: to ?? none });
}
