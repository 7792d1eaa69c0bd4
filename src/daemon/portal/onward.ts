import { type Html, html } from '../../lib/html.ts';
import { publicationAt } from '../../lib/publication-at.ts';
import { isGuarded } from '../../model/site.ts';
import { enterUrl } from '../entry/passage.ts';
import { type Asked, tell } from './asked.ts';
import { hidden } from './forms.ts';
import { page } from './layout.ts';
import { destinationOf, linkOf } from './places.ts';

/** Where somebody wants to go, as it goes along from page to page: only places where one may be sent. */
export type Wish = URL | undefined;

/** The wish of a request, from its query or its form. */
export function wishOf(asked: Asked, sent: Readonly<Record<string, string>> = {}): Wish {
  return destinationOf(asked.get('site'), sent.to ?? asked.req.query('to'));
}

/** A path of the portal with a wish. */
export const withWish = (path: string, to: Wish): string =>
  to ? `${path}?${new URLSearchParams({ to: to.href })}` : path;

/** A wish as a form has it. */
export const wished = (to: Wish): Html => hidden('to', to?.href);

/** Whether a wish is for another name than the portal's. */
export const isElsewhere = (asked: Asked, to: Wish): to is URL =>
  to !== undefined && to.origin !== asked.get('origin');

/** Where a browser is sent for a place, also by a link: a pass is as strong as the session was when it was made, and is made anew. */
export function enteringUrl(asked: Asked, to: URL): URL {
  const site = asked.get('site');
  const publication = to.origin === asked.get('origin') ? undefined : publicationAt(site, to.hostname);
  return publication && isGuarded(publication) ? new URL(enterUrl(site, to.hostname, linkOf(to))) : to;
}

/** Sends somebody where they wished to go: to the portal's first page, when nowhere else. */
export async function onward(asked: Asked, to: Wish): Promise<Response> {
  if (!isElsewhere(asked, to)) {
    const path = to ? linkOf(to) : '/';
    return asked.redirect(path.startsWith('/sign-') ? '/' : path, 303);
  }
  const there = enteringUrl(asked, to);
  if (asked.req.method === 'GET') return asked.redirect(there.href, 303);
  // Browsers hold a form's answer, and wherever that leads, to `form-action`: a page leads on instead.
  return page(asked, {
    title: tell(asked, 'portal.onward.title'),
    body: html`<p><a href="${there.href}">${tell(asked, 'portal.onward.go', { name: to.hostname })}</a></p>`,
    next: there,
  });
}
