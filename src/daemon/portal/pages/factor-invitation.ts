import type { Hono } from 'hono';
import type { LocalPeople } from '../../../identity/people.ts';
import type { User } from '../../../identity/types.ts';
import { html } from '../../../lib/html.ts';
import { type Asked, type PortalEnv, tell } from '../asked.ts';
import { button, field, form, hidden, sentBy } from '../forms.ts';
import { page } from '../layout.ts';

/** An invitation: whoever has its link sets their password, once. */
export function invitationPages(app: Hono<PortalEnv>, people: LocalPeople): void {
  app.get('/invitation', async (asked) => {
    // The page's own address opens something: it goes nowhere, not even to our style sheet.
    asked.header('Referrer-Policy', 'strict-origin');
    const code = asked.req.query('code') ?? '';
    const found = await people.invitation(code);
    return found ? passwordPage(asked, found.user, code) : overPage(asked);
  });

  app.post('/invitation', async (asked) => {
    asked.header('Referrer-Policy', 'strict-origin');
    const { code = '', password = '', again = '' } = await sentBy(asked);
    const found = await people.invitation(code);
    if (!found) return overPage(asked);
    if (password !== again)
      return passwordPage(asked, found.user, code, tell(asked, 'portal.password.differ'));
    const { user, wrong } = await people.accept(code, password, asked.get('whence').address);
    if (!user) return overPage(asked);
    if (wrong) return passwordPage(asked, user, code, tell(asked, wrong.code, wrong.params));
    const { sessions } = asked.get('needs');
    // Whoever knew a password of before is out.
    for (const session of await sessions.list(user.id)) await sessions.end(session, 'ended-by-user');
    return page(asked, {
      title: tell(asked, 'factors.invitation.title'),
      done: tell(asked, 'factors.invitation.done', { login: user.login }),
      once: true,
      body: html`<p class="actions"><a class="button" href="/sign-in">${tell(asked, 'portal.sign-in.title')}</a></p>`,
    });
  });
}

function overPage(asked: Asked): Response | Promise<Response> {
  return page(asked, {
    ...{ title: tell(asked, 'factors.invitation.title'), status: 404 },
    wrong: tell(asked, 'factors.invitation.over'),
    body: html`<p>${tell(asked, 'factors.invitation.over.next')}</p>`,
  });
}

function passwordPage(asked: Asked, user: User, code: string, wrong?: string): Response | Promise<Response> {
  const secret = (name: 'password' | 'again', focus: boolean) =>
    field({
      ...{ name, label: tell(asked, `portal.password.${name}`), type: 'password', focus },
      ...{ autocomplete: 'new-password', isWrong: wrong !== undefined },
      hint: name === 'password' ? tell(asked, 'portal.password.hint') : undefined,
    });
  return page(asked, {
    ...{ title: tell(asked, 'factors.invitation.title'), wrong, status: wrong === undefined ? 200 : 400 },
    body: html`<p>${tell(asked, 'factors.invitation.text', { name: user.title ?? user.login, login: user.login })}</p>
${form(
  asked,
  '/invitation',
  html`${hidden('code', code)}
<input type="text" name="login" value="${user.login}" autocomplete="username" hidden>
${secret('password', true)}
${secret('again', false)}
<p class="actions">${button(tell(asked, 'portal.password.go'))}</p>`,
)}`,
  });
}
