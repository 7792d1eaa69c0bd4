import { hostname } from 'node:os';
import type { Code } from '../../i18n/en.ts';
import { say, translate } from '../../i18n/index.ts';
import type { Letter } from '../../mail/letter.ts';
import { type Message, message, type Params } from '../../model/message.ts';
import type { Language, Site } from '../../model/site.ts';
import { clockText } from '../jobs/words.ts';
import type { CanaryAlarm } from './record.ts';

/** As many alarms as a letter lists. */
const most = 30;

/** The letter of alarms that began, or are over: which machine, which publications, what was seen since when, and what to do. */
export function alarmLetter(
  { name: site, language, timezone }: Pick<Site, 'name' | 'language' | 'timezone'>,
  what: 'alarm' | 'over',
  alarms: readonly CanaryAlarm[],
): Omit<Letter, 'to'> {
  const names = [...new Set(alarms.map(({ publication }) => publication))];
  const params = { site, gateway: hostname(), count: names.length, publication: names[0] ?? '' };
  const t = (code: Code, more: Params = {}) => translate(language, code, { ...params, ...more });
  const list = alarms.slice(0, most).map((alarm) =>
    t('canary.letter.line', {
      alarm: say(language, alarmText(alarm, language)),
      since: clockText(Date.parse(alarm.since), timezone),
      timezone,
    }),
  );
  const lines = [
    t(`canary.letter.${what}`),
    ...['', ...list],
    ...(alarms.length > most ? [t('canary.letter.more', { more: alarms.length - most })] : []),
    ...['', t(`canary.letter.${what}.next`)],
  ];
  const subject = names.length === 1 ? 'one' : 'many';
  return { subject: t(`canary.letter.${what}.${subject}`), text: `${lines.join('\n')}\n` };
}

/** What an alarm says; what was seen stands in it in a language. */
export const alarmText = ({ kind, publication, seen }: CanaryAlarm, language: Language): Message =>
  message(`canary.alarm.${kind}`, { publication, seen: say(language, seen) });
