import type { Hono } from 'hono';
import type { User } from '../../../identity/types.ts';
import { html } from '../../../lib/html.ts';
import { leaveSession, type PortalEnv, tell } from '../asked.ts';
import { button, form } from '../forms.ts';
import { page } from '../layout.ts';
import { asksPassword, type Source } from '../needs.ts';

/** Signing out: here, on every publication, and at the provider where there is one. */
export function signOutPages(app: Hono<PortalEnv>): void {
  // Applications link here; only a button signs out, or any page could do it to a visitor.
  app.get('/sign-out', (asked) =>
    asked.get('session')
      ? page(asked, {
          title: tell(asked, 'portal.sign-out.title'),
          body: html`<p>${tell(asked, 'portal.sign-out.text')}</p>
${form(asked, '/sign-out', html`<p class="actions">${button(tell(asked, 'portal.sign-out'))}</p>`)}`,
        })
      : asked.redirect('/signed-out', 303),
  );

  app.post('/sign-out', async (asked) => {
    const session = asked.get('session');
    if (!session) return asked.redirect('/signed-out', 303);
    const needs = asked.get('needs');
    await needs.sessions.end(session, 'sign-out');
    await needs.audit({
      who: session.user.id,
      what: 'sign-out',
      from: asked.get('whence').address,
      result: 'done',
      detail: { session: session.id },
    });
    leaveSession(asked);
    const source = needs.sources().find(({ name }) => name === session.user.source);
    const back = new URL('/signed-out', asked.get('origin'));
    // That the provider does not answer keeps nobody signed in here.
    const next = await leaveProvider(source, session.user, back).catch((error) => {
      needs.fail(error);
      return undefined;
    });
    return next ? signedOut(asked, next) : asked.redirect('/signed-out', 303);
  });

  // An address that one kept says nothing false to whoever is signed in again.
  app.get('/signed-out', (asked) => (asked.get('session') ? asked.redirect('/', 303) : signedOut(asked)));
}

async function leaveProvider(source: Source | undefined, user: User, back: URL): Promise<URL | undefined> {
  return source && !asksPassword(source) ? source.leave?.(user, back) : undefined;
}

function signedOut(asked: Parameters<typeof page>[0], next?: URL): Response | Promise<Response> {
  return page(asked, {
    title: tell(asked, 'portal.signed-out.title'),
    body: html`<p>${tell(asked, 'portal.signed-out.text')}</p>
<p class="actions"><a class="button" href="/sign-in">${tell(asked, 'portal.sign-in.again')}</a></p>`,
    ...(next ? { next } : {}),
  });
}
