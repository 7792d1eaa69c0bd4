import { randomInt } from 'node:crypto';
import { engineAccount } from '../apply/observe.ts';
import { openAudit } from '../audit/log.ts';
import type { EntryServer } from '../daemon/entry/entry.ts';
import type { Gateway } from '../daemon/gateway.ts';
import type { Fault } from '../model/fault.ts';
import type { Message } from '../model/message.ts';
import type { Site } from '../model/site.ts';

/** The portal of a site, and who may enter, as `poterne up` has them. Its libraries take a while: they are loaded while all else starts. */
export async function openPortal(
  { state }: Gateway,
  site: Site,
  on: { readonly tell: (what: Message) => void; readonly fail: (fault: Fault) => void },
): Promise<EntryServer> {
  const { openEntry } = await import('../daemon/entry/entry.ts');
  const entry = openEntry(state, engineAccount(), on);
  await entry.follow(site);
  return entry;
}

/** Gives the first described person a password of this run, and says both. Nobody else keeps it. */
export async function givePassword(
  { state, store }: Gateway,
  site: Site,
): Promise<{ readonly name: string; readonly password: string } | undefined> {
  const { openPeople } = await import('../identity/people.ts');
  const audit = await openAudit(state);
  const people = openPeople({
    ...{ site: () => site, credentials: () => store.credentials(site.name) },
    ...{ audit: audit.append, now: () => new Date() },
  });
  const user = site.people[0] && (await people.find(site.people[0].name));
  if (!user) return undefined;
  const password = newPassword();
  const wrong = await people.setPassword(user, password, { who: 'demo', from: 'here' });
  return wrong ? undefined : { name: user.login, password };
}

/** Easy to type, and no word: 16 letters and digits that look like no others, 80 bits. */
function newPassword(): string {
  const letters = 'abcdefghijkmnpqrstuvwxyz23456789';
  const one = () => letters[randomInt(letters.length)];
  return Array.from({ length: 4 }, () => Array.from({ length: 4 }, one).join('')).join('-');
}
