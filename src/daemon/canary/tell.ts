import { openAudit } from '../../audit/log.ts';
import { tellTerminals } from '../../bastion/alarm.ts';
import { languageOf, say } from '../../i18n/index.ts';
import { deliver, retryQueue } from '../../mail/deliver.ts';
import type { Letter } from '../../mail/letter.ts';
import type { Fault } from '../../model/fault.ts';
import { message, type Step, warning } from '../../model/message.ts';
import type { Site } from '../../model/site.ts';
import { faultOf } from '../trouble.ts';
import { alarmLetter, alarmText } from './letter.ts';
import type { CanaryAlarm } from './record.ts';

/** What telling needs. */
export interface Telling {
  readonly state: string;
  readonly tell: (step: Step) => void;
  readonly fail: (fault: Fault) => void;
}

/** As many alarms as a terminal is told one by one. */
const few = 3;

/** Tells once of what began and of what is over: the journal, people by letter, terminals of this machine, the audit log. */
export async function tellChanges(
  on: Telling,
  site: Site,
  { before, now }: { readonly before: readonly CanaryAlarm[]; readonly now: readonly CanaryAlarm[] },
): Promise<void> {
  const isIn = (alarms: readonly CanaryAlarm[], { id }: CanaryAlarm) => alarms.some((each) => each.id === id);
  const begun = now.filter((alarm) => !isIn(before, alarm));
  const over = before.filter((alarm) => !isIn(now, alarm));
  const letters = [
    ...(begun.length > 0 ? [alarmLetter(site, 'alarm', begun)] : []),
    ...(over.length > 0 ? [alarmLetter(site, 'over', over)] : []),
  ];
  // Nobody waits for a mail server.
  void send(on, site, letters).catch((error) => on.fail(faultOf(error)));
  for (const alarm of begun) on.tell(warning(alarmText(alarm, languageOf(process.env))));
  for (const { publication } of over) on.tell(message('canary.over', { publication }));
  const { language } = site;
  if (begun.length > few) await tellTerminals(alarmLetter(site, 'alarm', begun).subject);
  else for (const alarm of begun) await tellTerminals(say(language, alarmText(alarm, language)));
  if (begun.length + over.length === 0) return;
  const audit = await openAudit(on.state);
  for (const [what, alarms] of [
    ['canary.alarm', begun],
    ['canary.over', over],
  ] as const)
    for (const { publication, kind, seen, id } of alarms)
      await audit.append({
        ...{ who: 'poterne', what, to: publication, from: 'here' },
        result: what === 'canary.alarm' ? 'failed' : 'done',
        detail: { kind, question: id, seen: say('en', seen) },
      });
}

/** Sends letters to those whom the description names, and those that could not leave before. */
async function send(
  { state, fail }: Telling,
  { mail }: Site,
  letters: readonly Omit<Letter, 'to'>[],
): Promise<void> {
  if (!mail?.alert) return;
  for (const letter of letters) {
    const delivery = await deliver(state, mail, { ...letter, to: mail.alert });
    if (delivery.is === 'kept') fail(delivery.fault);
  }
  await retryQueue(state, mail);
}
