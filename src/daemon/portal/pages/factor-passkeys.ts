import type { Hono } from 'hono';
import type { Factors } from '../../../identity/factors.ts';
import { ownerOf } from '../../../identity/owner.ts';
import type { User } from '../../../identity/types.ts';
import { html } from '../../../lib/html.ts';
import type { Whose } from '../../../store/credentials.ts';
import { type Asked, type PortalEnv, tell } from '../asked.ts';
import { challengePath } from '../factors.ts';
import { button, field, form, sentBy } from '../forms.ts';
import { present } from '../guard.ts';
import { page } from '../layout.ts';
import { wished, wishOf, withWish } from '../onward.ts';
import { passkeyField, passkeyScript } from '../passkey-script.ts';
import { problem } from '../problem.ts';
import { byThem, ownSession, strengthened } from './factor-pages.ts';
import { afterEnrolment } from './factor-recovery.ts';
import { enter, refused, signInPage } from './sign-in.ts';

/** Passkeys: made, shown as a second factor, and shown instead of a password. */
export function passkeyPages(app: Hono<PortalEnv>, factors: Factors): void {
  const isOffered = (asked: Asked) => asked.get('site').signIn.secondFactor.methods.includes('passkey');

  app.get('/factors/passkeys', (asked) => (isOffered(asked) ? makePage(asked) : problem(asked, 404)));

  app.post('/factors/passkeys/options', async (asked) => {
    if (!isOffered(asked)) return problem(asked, 404);
    return asked.json(await factors.registration(ownSession(asked).user));
  });

  app.post('/factors/passkeys', async (asked) => {
    if (!isOffered(asked)) return problem(asked, 404);
    const { user } = ownSession(asked);
    const sent = await sentBy(asked);
    const name = (sent.name ?? '').trim().slice(0, 60);
    const result = await factors.register(user, asked.get('origin'), sent.passkey ?? '', name, byThem(asked));
    if (!result.ok) return makePage(asked, tell(asked, result.why.code), name);
    if (!(await strengthened(asked, result.strength)))
      return asked.redirect(withWish('/sign-in', wishOf(asked, sent)), 303);
    return afterEnrolment(asked, factors, wishOf(asked, sent));
  });

  app.post(challengePath, present, async (asked) =>
    asked.json(await factors.challenge(ownSession(asked).user)),
  );

  app.post('/sign-in/passkey/challenge', async (asked) =>
    isOffered(asked) ? asked.json(await factors.challenge(undefined)) : problem(asked, 404),
  );

  app.post('/sign-in/passkey', async (asked) => {
    if (!isOffered(asked)) return problem(asked, 404);
    const sent = await sentBy(asked);
    const wish = wishOf(asked, sent);
    const whose = await factors.signInByPasskey(asked.get('origin'), sent.passkey ?? '');
    const user = whose && (await userOf(asked, whose));
    if (user) return enter(asked, user, wish, { factor: 'passkey', at: asked.get('needs').now() });
    await refused(asked, whose?.person ?? '', whose ? 'ended' : 'passkey');
    return signInPage(asked, wish, { wrong: tell(asked, 'factor.passkey.wrong'), status: 401 });
  });
}

/** Who somebody is now, by the source that has them; whoever has got their name since is not they. */
async function userOf(asked: Asked, { owner, person }: Whose): Promise<User | undefined> {
  for (const source of asked.get('needs').sources()) {
    const user = await source.find(person);
    if (user && ownerOf(user) === owner) return user;
  }
  return undefined;
}

async function makePage(asked: Asked, wrong?: string, name = ''): Promise<Response> {
  const wish = wishOf(asked, wrong === undefined ? {} : await sentBy(asked));
  return page(asked, {
    ...{ title: tell(asked, 'factors.passkey.title'), wrong, status: wrong === undefined ? 200 : 400 },
    script: passkeyScript.path,
    body: html`<p>${tell(asked, 'factors.passkey.text')}</p>
${form(
  asked,
  '/factors/passkeys',
  html`${wished(wish)}
${passkeyField(asked, 'make', '/factors/passkeys/options')}
${field({
  ...{
    name: 'name',
    label: tell(asked, 'factors.name.give'),
    hint: tell(asked, 'factors.name.hint'),
    value: name,
  },
  ...{ autocomplete: 'off', isOptional: true, focus: true },
})}
<p class="actions">${button(tell(asked, 'factors.passkey.go'))}</p>`,
)}`,
  });
}
