import type { Hono } from 'hono';
import type { Factors, NewTotp } from '../../../identity/factors.ts';
import { qrCode, seedInFours } from '../../../identity/totp.ts';
import { html } from '../../../lib/html.ts';
import { type Asked, type PortalEnv, tell } from '../asked.ts';
import { codeField } from '../factors.ts';
import { button, field, form, hidden, sentBy } from '../forms.ts';
import { page } from '../layout.ts';
import { wished, wishOf, withWish } from '../onward.ts';
import { problem } from '../problem.ts';
import { byThem, ownSession, strengthened } from './factor-pages.ts';
import { afterEnrolment } from './factor-recovery.ts';

/** An application for one-time codes: a QR code, its seed as text, and a first code that shows that it works. */
export function totpPages(app: Hono<PortalEnv>, factors: Factors): void {
  const waiting = async (asked: Asked): Promise<NewTotp> => {
    const { user, id } = ownSession(asked);
    return (await factors.pendingTotp(user, id)) ?? factors.beginTotp(user, id);
  };

  app.get('/factors/totp', async (asked) => {
    if (!asked.get('site').signIn.secondFactor.methods.includes('totp')) return problem(asked, 404);
    // Shown again, it is the same: they may have scanned it already.
    return totpPage(asked, await waiting(asked));
  });

  app.post('/factors/totp', async (asked) => {
    const { user } = ownSession(asked);
    const sent = await sentBy(asked);
    const { id = '', code = '' } = sent;
    const name = (sent.name ?? '').trim().slice(0, 60);
    const result = await factors.confirmTotp(user, id, code, name, byThem(asked));
    if (result.ok) {
      if (!(await strengthened(asked, result.strength)))
        return asked.redirect(withWish('/sign-in', wishOf(asked, sent)), 303);
      return afterEnrolment(asked, factors, wishOf(asked, sent));
    }
    return totpPage(asked, await waiting(asked), { wrong: tell(asked, result.why.code), name });
  });
}

async function totpPage(
  asked: Asked,
  { id, seed, uri }: NewTotp,
  { wrong, name = '' }: { readonly wrong?: string; readonly name?: string } = {},
): Promise<Response> {
  const picture = `data:image/svg+xml;base64,${Buffer.from(await qrCode(uri)).toString('base64')}`;
  const wish = wishOf(asked, wrong === undefined ? {} : await sentBy(asked));
  return page(asked, {
    ...{ title: tell(asked, 'factors.totp.title'), wrong, status: wrong === undefined ? 200 : 400 },
    body: html`<ol>
<li>${tell(asked, 'factors.totp.scan')}
<p><img class="qr" src="${picture}" alt="${tell(asked, 'factors.totp.qr')}" width="230" height="230"></p>
<p>${tell(asked, 'factors.totp.seed')} <code class="seed">${seedInFours(seed)}</code></p></li>
<li>${tell(asked, 'factors.totp.type')}</li>
</ol>
${form(
  asked,
  '/factors/totp',
  html`${wished(wish)}${hidden('id', id)}
${codeField(asked, wrong !== undefined)}
${field({
  ...{
    name: 'name',
    label: tell(asked, 'factors.name.give'),
    hint: tell(asked, 'factors.name.hint'),
    value: name,
  },
  ...{ autocomplete: 'off', isOptional: true },
})}
<p class="actions">${button(tell(asked, 'factors.totp.go'))}</p>`,
)}`,
  });
}
