import type { Hono } from 'hono';
import { type Html, html } from '../../../lib/html.ts';
import { pathClasses, rootClass } from '../../../lib/path-class.ts';
import type { Refusal, Verdict } from '../../../model/audience.ts';
import { type Publication, proxied, type Site } from '../../../model/site.ts';
import { originOf } from '../../entry/passage.ts';
import { approvable, mayApprove } from '../approving.ts';
import { type Asked, moment, type PortalEnv, tell } from '../asked.ts';
import { signedIn } from '../guard.ts';
import { page } from '../layout.ts';
import type { PortalSession } from '../needs.ts';
import { withWish } from '../onward.ts';

/** Refusals that may be otherwise at another time, from elsewhere or with somebody's word: these applications are shown all the same. */
const passing = [
  'second-factor',
  'approval',
  'network',
  'country',
  'hours',
  'cut',
] as const satisfies Refusal[];
type Passing = (typeof passing)[number];
const isPassing = (why: Refusal): why is Passing => passing.includes(why as Passing);

/** What somebody may use, now or at another time. */
export function applicationPages(app: Hono<PortalEnv>): void {
  app.get('/', signedIn, async (asked) => {
    const session = asked.get('session') as PortalSession;
    const judged = await Promise.all(
      proxied(asked.get('site')).map((publication) => judge(asked, session, publication)),
    );
    const shown = judged.filter((each) => each !== undefined);
    shown.sort((a, b) => titleOf(asked, a.publication).localeCompare(titleOf(asked, b.publication)));
    return page(asked, {
      title: tell(asked, 'portal.applications'),
      wide: true,
      body: html`${await waiting(asked, session)}${
        shown.length === 0
          ? html`<p>${tell(asked, 'portal.applications.none')}</p>`
          : html`<ul class="cards">${shown.map((each) => card(asked, each))}</ul>`
      }`,
    });
  });
}

/** A publication, and whether somebody is let in. */
interface Application {
  readonly publication: Publication;
  /** Where they would begin there. */
  readonly url: string;
  readonly verdict: Verdict;
}

/** Whether there is a place of a publication for somebody: its beginning, or else one of those that its rules name. */
async function judge(
  asked: Asked,
  session: PortalSession,
  publication: Publication,
): Promise<Application | undefined> {
  const { admit } = asked.get('needs');
  const { address } = asked.get('whence');
  const origin = originOf(asked.get('site'), publication.example);
  const places = [rootClass, ...pathClasses(publication.audience.rules ?? []).toReversed()];
  const applications = await Promise.all(
    [...new Set(places)].map(async (pathClass) => ({
      publication,
      url: `${origin}${pathClass}`,
      verdict: await admit(session, publication, address, { pathClass }),
    })),
  );
  return (
    applications.find(({ verdict }) => verdict.admitted) ??
    applications.find(({ verdict }) => !verdict.admitted && isPassing(verdict.why))
  );
}

/** What a publication is called: by the first of its services that has a title. */
export function publicationTitle(
  { services }: Pick<Site, 'services'>,
  { routes, example }: Publication,
): string {
  const titles = routes.map(({ service }) => services.find(({ name }) => name === service)?.title);
  return titles.find((title) => title !== undefined) ?? example;
}

const titleOf = (asked: Asked, publication: Publication): string =>
  publicationTitle(asked.get('site'), publication);

function card(asked: Asked, { publication, url, verdict }: Application): Html {
  const title = titleOf(asked, publication);
  const isOpen = verdict.admitted || verdict.why === 'second-factor';
  return html`<li>${isOpen ? html`<a href="${url}">${title}</a>` : html`<strong>${title}</strong>`}
${title !== publication.example && html`<small>${publication.example}</small>`}
${state(asked, url, verdict, title)}</li>`;
}

function state(asked: Asked, url: string, verdict: Verdict, name: string): Html | undefined {
  const until = verdict.until && moment(asked, verdict.until);
  if (verdict.admitted)
    return until === undefined
      ? undefined
      : html`<span class="state">${tell(asked, 'portal.applications.until', { until })}</span>`;
  if (!isPassing(verdict.why)) return undefined;
  if (verdict.why === 'hours' && until !== undefined)
    return html`<span class="state shut">${tell(asked, 'portal.applications.opens', { until })}</span>`;
  const text = html`<span class="state${verdict.why !== 'second-factor' && ' shut'}">${tell(asked, `portal.applications.${verdict.why}`)}</span>`;
  if (verdict.why !== 'approval') return text;
  return html`${text}<a href="${withWish('/ask', new URL(url))}" aria-label="${tell(asked, 'portal.ask.title', { name })}">${tell(asked, 'portal.applications.ask')}</a>`;
}

/** How many requests wait for this person's answer. */
async function waiting(asked: Asked, { user }: PortalSession): Promise<Html | undefined> {
  const { approvals, now } = asked.get('needs');
  const site = asked.get('site');
  if (!mayApprove(site, user)) return undefined;
  const count = (await approvals.waiting(site.name, now())).filter((each) =>
    approvable(site, user, each),
  ).length;
  if (count === 0) return undefined;
  return html`<p class="done"><a href="/approvals">${tell(asked, 'portal.approvals.waiting', { count })}</a></p>`;
}
