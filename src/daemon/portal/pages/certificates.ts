import type { Hono } from 'hono';
import { type Html, html } from '../../../lib/html.ts';
import type { CertificateRecord } from '../../../pki/authority/ledger.ts';
import { type Asked, moment, type PortalEnv, tell } from '../asked.ts';
import { signedIn } from '../guard.ts';
import { page } from '../layout.ts';
import type { PortalSession } from '../needs.ts';

const day = 86_400_000;
/** From then on, an end is something to act upon. In days. */
const soon = 30;

/** The certificates that Poterne's authority gave to the person. */
export function certificatePages(app: Hono<PortalEnv>): void {
  app.use('/certificates', signedIn);
  app.get('/certificates', async (asked) => {
    const { user } = asked.get('session') as PortalSession;
    const certificates = [...(await asked.get('needs').certificates(user))].sort((a, b) =>
      b.until.localeCompare(a.until),
    );
    return page(asked, {
      title: tell(asked, 'portal.certificates'),
      wide: true,
      body:
        certificates.length === 0
          ? html`<p>${tell(asked, 'portal.certificates.none')}</p>`
          : html`<p>${tell(asked, 'portal.certificates.text')}</p>
<ul class="rows">${certificates.map((each) => row(asked, each))}</ul>`,
    });
  });
}

function row(asked: Asked, { name, serial, names, until, revoked }: CertificateRecord): Html {
  const end = new Date(until);
  return html`<li><div><strong>${name}</strong>
<small>${tell(asked, names.length > 0 ? 'portal.certificates.row' : 'portal.certificates.row.none', { names: names.join(', '), until: moment(asked, end) })}</small>
<small>${tell(asked, 'portal.certificates.serial')} <code>${serial}</code></small></div>
${state(asked, end, revoked && new Date(revoked.at))}</li>`;
}

function state(asked: Asked, end: Date, revoked: Date | undefined): Html {
  if (revoked)
    return html`<span class="tag bad">${tell(asked, 'portal.certificates.revoked', { at: moment(asked, revoked) })}</span>`;
  const days = Math.floor((end.getTime() - asked.get('needs').now().getTime()) / day);
  if (days < 0) return html`<span class="tag bad">${tell(asked, 'portal.certificates.expired')}</span>`;
  return html`<span class="tag ${days < soon ? 'bad' : 'good'}">${tell(asked, 'portal.certificates.days', { days })}</span>`;
}
