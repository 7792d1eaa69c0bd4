import type { Code } from '../i18n/en.ts';
import { writtenSize } from '../lib/size.ts';
import { type Message, message } from '../model/message.ts';

/** What limits say in a plan. The keys are those of the description, as a change's settings have them. */

const speed = (bytes: string): string => `${writtenSize(Number(bytes))}/s`;

/** A limit that changes, as a person would say it; `undefined` for what is none. */
export function limitSentence(
  name: string,
  setting: string,
  from: string | undefined,
  to: string | undefined,
): Message | undefined {
  if (setting === 'limits.download.rate') return sentence('change.limit.download', name, from, to, speed);
  if (setting === 'limits.upload') return sentence('change.limit.upload', name, from, to, speed);
  const [, whom = 'address', word] =
    /^limits\.(?:(session|token|all)\.)?(requests|connections)$/.exec(setting) ?? [];
  if (word === undefined) return undefined;
  const who = name === 'gateway' ? 'gateway' : whom;
  return sentence(`change.limit.${who}.${word}`, name, from, to);
}

/** It changes, it begins where there was none, or it ends. */
function sentence(
  code: string,
  name: string,
  from: string | undefined,
  to: string | undefined,
  said = (value: string) => value,
): Message {
  if (from === undefined) return message(`${code}.new` as Code, { name, to: said(to ?? '') });
  if (to === undefined) return message(`${code}.end` as Code, { name, from: said(from) });
  return message(code as Code, { name, from: said(from), to: said(to) });
}
