import type { Hono } from 'hono';
import type { User } from '../../../identity/types.ts';
import { html } from '../../../lib/html.ts';
import { type Asked, type PortalEnv, tell } from '../asked.ts';
import type { Attempts } from '../attempts.ts';
import { button, field, form, sentBy } from '../forms.ts';
import { sure } from '../guard.ts';
import { page } from '../layout.ts';
import { asksPassword, type PortalSession } from '../needs.ts';
import { problem } from '../problem.ts';
import { begin } from './sign-in.ts';

/** Changing one's password, by those who are signed in with it. */
export function passwordPages(app: Hono<PortalEnv>, attempts: Attempts): void {
  app.get('/password', sure, (asked) => passwordPage(asked, {}));

  app.post('/password', sure, async (asked) => {
    const own = asked.get('session') as PortalSession;
    // A directory may have somebody of the name that a local person has.
    if (own.user.source !== 'local') return problem(asked, 404);
    const result = await change(asked, attempts, own.user);
    if (result) return passwordPage(asked, result);
    const { sessions } = asked.get('needs');
    // Whoever knew the old one is out, and whoever has a copy of this session's cookie.
    const others = (await sessions.list(own.user.id)).filter(({ id }) => id !== own.id);
    for (const session of others) await sessions.end(session, 'ended-by-user');
    await begin(asked, own.user, own.strength);
    return passwordPage(asked, { done: tell(asked, 'portal.password.done') });
  });
}

interface Wrong {
  readonly wrong: string;
  readonly status: 400 | 401 | 429;
  readonly at: 'current' | 'password' | 'again' | undefined;
}

/** Changes somebody's password, once they gave the present one; else what is wrong. */
async function change(asked: Asked, attempts: Attempts, { id, login }: User): Promise<Wrong | undefined> {
  const needs = asked.get('needs');
  const { current = '', password = '', again = '' } = await sentBy(asked);
  if (password !== again) return { wrong: tell(asked, 'portal.password.differ'), status: 400, at: 'again' };
  const { address } = asked.get('whence');
  const attempt = await attempts.begin(login, address);
  if (attempt.wait !== undefined) {
    asked.header('Retry-After', String(attempt.wait));
    return { wrong: tell(asked, 'portal.wait', { seconds: attempt.wait }), status: 429, at: undefined };
  }
  const local = needs
    .sources()
    .filter(asksPassword)
    .find(({ name }) => name === 'local');
  const result = await local?.check(login, current);
  if (result?.user?.id !== id) {
    const detail = { why: result?.refused ?? 'unknown' };
    await needs.audit({ who: id, what: 'password.set', from: address, result: 'refused', detail });
    return { wrong: tell(asked, 'portal.password.wrong'), status: 401, at: 'current' };
  }
  attempt.good();
  const bad = await needs.changePassword(result.user, password, address);
  return bad && { wrong: tell(asked, bad.code, bad.params), status: 400, at: 'password' };
}

function passwordPage(
  asked: Asked,
  { wrong, done, status, at }: Partial<Wrong> & { readonly done?: string },
): Response | Promise<Response> {
  const title = tell(asked, 'portal.password');
  const session = asked.get('session');
  if (session && session.user.source !== 'local')
    return page(asked, {
      title,
      body: html`<p>${tell(asked, 'portal.password.elsewhere', { source: session.user.source })}</p>`,
    });
  const secret = (name: 'current' | 'password' | 'again', autocomplete: string) =>
    field({
      ...{ name, label: tell(asked, `portal.password.${name}`), type: 'password', autocomplete },
      ...{ isWrong: at === name, focus: at === name },
      hint: name === 'password' ? tell(asked, 'portal.password.hint') : undefined,
    });
  return page(asked, {
    ...{ title, wrong, done, status: status ?? 200 },
    body: html`${form(
      asked,
      '/password',
      html`<input type="text" name="login" value="${session?.user.login}" autocomplete="username" hidden>
${secret('current', 'current-password')}
${secret('password', 'new-password')}
${secret('again', 'new-password')}
<p class="actions">${button(tell(asked, 'portal.password.go'))}</p>`,
    )}`,
  });
}
