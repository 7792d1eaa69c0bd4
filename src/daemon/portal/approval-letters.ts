import { translate } from '../../i18n/index.ts';
import { isMailAddress } from '../../lib/mailbox.ts';
import type { Publication, Site } from '../../model/site.ts';
import type { Approval } from '../../store/approvals.ts';
import { originOf } from '../entry/passage.ts';
import { type ApprovalRule, approversOf, counts } from './approving.ts';
import { type Asked, moment } from './asked.ts';
import { publicationTitle } from './pages/applications.ts';

/**
 * Tells those whose word counts that somebody asks: described people, and those of directories who are signed in now, whose groups their
 * directory told. Where that is nobody, whoever owns the service hears of it.
 */
export function tellApprovers(
  asked: Asked,
  publication: Publication,
  rule: ApprovalRule,
  on: Approval,
): void {
  letter(asked, 'asked', on, async () => {
    const site = asked.get('site');
    const described = approversOf(site, rule).filter(({ name }) => name !== on.person);
    const signedIn = await usersNow(asked);
    const others = signedIn.filter((user) => user.id !== on.person && counts(rule, user));
    const to = [...described, ...others].flatMap(({ email }) => email ?? []);
    return to.length > 0 ? to : ownersOf(site, publication);
  });
}

/** Tells who asked what became of it. */
export function tellAsker(asked: Asked, on: Approval): void {
  letter(asked, on.until ? 'accepted' : 'refused', on, async () => {
    const described = asked.get('site').people.find(({ name }) => name === on.person)?.email;
    return described === undefined
      ? (await usersNow(asked, on.person)).flatMap(({ email }) => email ?? [])
      : [described];
  });
}

/** Whom a person is to others: their name, and what they sign in with. */
export const titleOf = (asked: Asked, id: string): string => {
  const title = asked.get('site').people.find(({ name }) => name === id)?.title;
  return title === undefined ? id : `${title} (${id})`;
};

/** What a publication is called, by its id: its title, and its name beside it, as several can have one title. */
export function nameOf(asked: Asked, id: string): string {
  const site = asked.get('site');
  const publication = site.publications.find((each) => each.id === id);
  if (!publication) return id;
  const title = publicationTitle(site, publication);
  return title === publication.example ? title : `${title} (${publication.example})`;
}

/** Those who are signed in, as their sources had them last. */
async function usersNow(asked: Asked, id?: string) {
  return (await asked.get('needs').sessions.list(id)).map(({ user }) => user);
}

function ownersOf({ services }: Pick<Site, 'services'>, { routes }: Publication): string[] {
  return routes.flatMap(({ service }) => services.find(({ name }) => name === service)?.owner?.email ?? []);
}

/** Writes to those concerned. Nobody waits for it: what was asked or decided holds whether or not the letter leaves. */
function letter(
  asked: Asked,
  what: 'asked' | 'accepted' | 'refused',
  { person, publication, reason, until }: Approval,
  recipients: () => Promise<readonly string[]>,
): void {
  const { mail, fail } = asked.get('needs');
  if (!mail) return;
  const site = asked.get('site');
  const example = site.publications.find(({ id }) => id === publication)?.example;
  const application = example === undefined ? asked.get('origin') : originOf(site, example);
  const params = {
    ...{ person: titleOf(asked, person), name: nameOf(asked, publication), reason },
    link: what === 'asked' ? `${asked.get('origin')}/approvals` : `${application}/`,
    until: until ? moment(asked, until, site.language) : '',
  };
  const send = async () => {
    const to = [...new Set(await recipients())].filter(isMailAddress);
    if (to.length === 0) return;
    await mail({
      to,
      subject: translate(site.language, `portal.mail.${what}.subject`, params),
      text: translate(site.language, `portal.mail.${what}`, params),
    });
  };
  send().catch(fail);
}
