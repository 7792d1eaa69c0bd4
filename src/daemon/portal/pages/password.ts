import type { Hono } from 'hono';
import type { User } from '../../../identity/types.ts';
import { html } from '../../../lib/html.ts';
import { type Asked, type PortalEnv, tell } from '../asked.ts';
import type { Attempts } from '../attempts.ts';
import { button, field, form, sentBy } from '../forms.ts';
import { sure } from '../guard.ts';
import { page } from '../layout.ts';
import { asksPassword, type PortalSession } from '../needs.ts';
import { type Wish, wished, wishOf, withWish } from '../onward.ts';

/** Changing one's password: by those who are signed in, and by those whose password must be changed before they can be. */
export function passwordPages(app: Hono<PortalEnv>, attempts: Attempts): void {
  app.get('/password', sure, (asked) => passwordPage(asked, {}));
  app.get('/password/expired', (asked) => passwordPage(asked, { wish: wishOf(asked), isExpired: true }));

  app.post('/password', sure, async (asked) => {
    const own = asked.get('session') as PortalSession;
    const result = await change(asked, attempts, own.user.login);
    if (!result.user) return passwordPage(asked, result);
    const { sessions } = asked.get('needs');
    // Whoever knew the old one is out.
    for (const session of await sessions.list(own.user.id))
      if (session.id !== own.id) await sessions.end(session, 'ended-by-user');
    return passwordPage(asked, { done: tell(asked, 'portal.password.done') });
  });

  app.post('/password/expired', async (asked) => {
    const wish = wishOf(asked, await sentBy(asked));
    const { login = '' } = await sentBy(asked);
    const result = await change(asked, attempts, login);
    if (!result.user) return passwordPage(asked, { ...result, login, wish, isExpired: true });
    return asked.redirect(withWish('/sign-in', wish), 303);
  });
}

type Changed =
  | { readonly user: User }
  | { readonly user?: undefined; readonly wrong: string; readonly status: 400 | 401 | 429; readonly at: At };
type At = 'current' | 'password' | 'again' | undefined;

/** Changes a password, once the present one was given. */
async function change(asked: Asked, attempts: Attempts, login: string): Promise<Changed> {
  const needs = asked.get('needs');
  const { current = '', password = '', again = '' } = await sentBy(asked);
  if (password !== again) return { wrong: tell(asked, 'portal.password.differ'), status: 400, at: 'again' };
  const { address } = asked.get('whence');
  const attempt = attempts.begin(login, address);
  if (attempt.wait !== undefined) {
    asked.header('Retry-After', String(attempt.wait));
    return { wrong: tell(asked, 'portal.wait', { seconds: attempt.wait }), status: 429, at: undefined };
  }
  const local = needs
    .sources()
    .filter(asksPassword)
    .find(({ name }) => name === 'local');
  const result = await local?.check(login, current);
  const user = result?.user ?? (result?.refused === 'must-change' ? await local?.find(login) : undefined);
  if (!user) {
    const detail = { why: result?.refused ?? 'unknown' };
    await needs.audit({ who: login || '-', what: 'password.set', from: address, result: 'refused', detail });
    return { wrong: tell(asked, 'portal.password.wrong'), status: 401, at: 'current' };
  }
  attempt.good();
  const bad = await needs.changePassword(user, password, address);
  return bad ? { wrong: tell(asked, bad.code, bad.params), status: 400, at: 'password' } : { user };
}

interface Shown {
  readonly wish?: Wish;
  readonly isExpired?: boolean;
  readonly login?: string;
  readonly wrong?: string;
  readonly done?: string;
  readonly status?: 400 | 401 | 429;
  readonly at?: At;
}

function passwordPage(
  asked: Asked,
  { wish, isExpired, login, wrong, done, status, at }: Shown,
): Response | Promise<Response> {
  const title = tell(asked, 'portal.password');
  const session = asked.get('session');
  if (!isExpired && session && session.user.source !== 'local')
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
    body: html`${isExpired && html`<p>${tell(asked, 'portal.password.expired')}</p>`}
${form(
  asked,
  isExpired ? '/password/expired' : '/password',
  html`${wished(wish)}
${
  isExpired
    ? field({
        name: 'login',
        label: tell(asked, 'portal.sign-in.login'),
        autocomplete: 'username',
        value: login,
      })
    : // Password managers keep what they fill in by this name.
      html`<input type="text" name="login" value="${session?.user.login}" autocomplete="username" hidden>`
}
${secret('current', 'current-password')}
${secret('password', 'new-password')}
${secret('again', 'new-password')}
<p class="actions">${button(tell(asked, 'portal.password.go'))}</p>`,
)}`,
  });
}
