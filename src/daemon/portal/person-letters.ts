import { say, translate } from '../../i18n/index.ts';
import type { User } from '../../identity/types.ts';
import { deliver } from '../../mail/deliver.ts';
import type { Fault } from '../../model/fault.ts';
import type { Message } from '../../model/message.ts';
import type { Site } from '../../model/site.ts';

/**
 * Tells people by mail what became of what they sign in with, where the description has `mail:` and their source an address. What cannot
 * leave waits with other letters; why comes back.
 */
export function personLetters(
  state: string,
  site: Site,
): (user: User, text: Message) => Promise<Fault | undefined> {
  return async ({ email }, { code, params }) => {
    const { mail, language, timezone: timeZone } = site;
    if (!mail || email === undefined) return undefined;
    const locale = language === 'fr' ? 'fr-FR' : 'en-GB';
    const at = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(
      new Date(params.at ?? 0),
    );
    const told = say(language, { code, params: { ...params, at } });
    const delivery = await deliver(state, mail, {
      to: [email],
      subject: translate(language, 'factor.told.subject', params),
      text: `${told}\n\n${translate(language, 'factor.told.unexpected')}\n`,
    });
    return delivery.is === 'kept' ? delivery.fault : undefined;
  };
}
