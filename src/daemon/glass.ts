import { tellTerminals } from '../bastion/alarm.ts';
import type { SessionRecord } from '../bastion/record.ts';
import { say } from '../i18n/index.ts';
import { deliver, retryQueue } from '../mail/deliver.ts';
import { message } from '../model/message.ts';
import type { Site } from '../model/site.ts';

/**
 * Tells everybody that somebody broke the glass: those who are logged in to the bastion at once, and by mail, where the description
 * has it, every person with an address. A letter that does not leave is kept and tried again; nobody waits for it.
 */
export async function tellEverybody(
  state: string,
  site: Site,
  { person, host, account, from, breakGlass = '', id }: SessionRecord,
  trouble: (error: unknown) => void,
): Promise<void> {
  const params = { site: site.name, person, host, account, from, reason: breakGlass, session: id };
  const text = say(site.language, message('session.glass.alarm', params));
  const to = site.people.flatMap(({ email }) => email ?? []);
  if (site.mail && to.length > 0) {
    const subject = say(site.language, message('session.glass.subject', params));
    void deliver(state, site.mail, { to, subject, text }).then(
      (delivery) => delivery.is === 'kept' && trouble(delivery.fault),
      trouble,
    );
  }
  await tellTerminals(text);
}

/** Tries again to send what waits. */
export async function retryLetters(
  state: string,
  { mail }: Site,
  trouble: (error: unknown) => void,
): Promise<void> {
  if (mail) await retryQueue(state, mail).catch(trouble);
}
