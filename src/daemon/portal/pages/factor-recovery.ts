import type { Hono } from 'hono';
import type { Factors } from '../../../identity/factors.ts';
import { html } from '../../../lib/html.ts';
import { type Asked, type PortalEnv, tell } from '../asked.ts';
import { page } from '../layout.ts';
import { enteringUrl, onward, type Wish } from '../onward.ts';
import { byThem, ownSession } from './factor-pages.ts';

/** Recovery codes, shown when they are made and never again. */
export function recoveryPages(app: Hono<PortalEnv>, factors: Factors): void {
  app.post('/factors/recovery', async (asked) => {
    const codes = await factors.newRecoveryCodes(ownSession(asked).user, byThem(asked));
    return codesPage(asked, codes, new URL('/factors', asked.get('origin')));
  });
}

/** What follows once a factor was made: with the first one, recovery codes; then where they wished to go. */
export async function afterEnrolment(asked: Asked, factors: Factors, wish: Wish): Promise<Response> {
  const { user } = ownSession(asked);
  const next = wish ?? new URL('/factors', asked.get('origin'));
  if ((await factors.of(user)).recoveryCodes > 0) return onward(asked, next);
  return codesPage(asked, await factors.newRecoveryCodes(user, byThem(asked)), next);
}

function codesPage(asked: Asked, codes: readonly string[], next: URL): Response | Promise<Response> {
  return page(asked, {
    title: tell(asked, 'factors.recovery'),
    done: tell(asked, 'factors.recovery.made'),
    once: true,
    body: html`<p>${tell(asked, 'factors.recovery.keep', { count: codes.length })}</p>
<ul class="codes">${codes.map((code) => html`<li><code>${code}</code></li>`)}</ul>
<p class="actions"><a class="button" href="${enteringUrl(asked, next).href}">${tell(asked, 'factors.recovery.kept')}</a></p>`,
  });
}
