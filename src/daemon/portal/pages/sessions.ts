import type { Hono } from 'hono';
import { type Html, html } from '../../../lib/html.ts';
import { type Asked, moment, type PortalEnv, tell } from '../asked.ts';
import { deviceOf } from '../device.ts';
import { button, form, hidden, sentBy } from '../forms.ts';
import { sure } from '../guard.ts';
import { page } from '../layout.ts';
import type { PortalSession } from '../needs.ts';

/** Where the person is signed in, and how they end that. */
export function sessionPages(app: Hono<PortalEnv>): void {
  app.use('/sessions', sure);
  app.get('/sessions', (asked) => sessionsPage(asked));

  app.post('/sessions', async (asked) => {
    const own = asked.get('session') as PortalSession;
    const { sessions, audit } = asked.get('needs');
    const { end = '' } = await sentBy(asked);
    const theirs = (await sessions.list(own.user.id)).filter(({ id }) => id !== own.id);
    const ended = end === 'others' ? theirs : theirs.filter(({ id }) => id === end);
    for (const session of ended) {
      await sessions.end(session, 'ended-by-user');
      await audit({
        who: own.user.id,
        what: 'session.end',
        to: session.id,
        from: asked.get('whence').address,
        result: 'done',
      });
    }
    return sessionsPage(asked, tell(asked, 'portal.sessions.ended', { count: ended.length }));
  });
}

async function sessionsPage(asked: Asked, done?: string): Promise<Response> {
  const own = asked.get('session') as PortalSession;
  const all = await asked.get('needs').sessions.list(own.user.id);
  const others = all.filter(({ id }) => id !== own.id).sort((a, b) => b.seen.getTime() - a.seen.getTime());
  return page(asked, {
    title: tell(asked, 'portal.sessions'),
    wide: true,
    done,
    body: html`<p>${tell(asked, 'portal.sessions.text')}</p>
<ul class="rows">${[own, ...others].map((session) => row(asked, session, session.id === own.id))}</ul>
${
  others.length > 1 &&
  form(
    asked,
    '/sessions',
    html`${hidden('end', 'others')}<p>${button(tell(asked, 'portal.sessions.end-others'), { danger: true })}</p>`,
  )
}`,
  });
}

function row(asked: Asked, session: PortalSession, isOwn: boolean): Html {
  const device = deviceOf(asked, session.agent);
  const { address, made, seen } = session;
  const ends = new Date(made.getTime() + asked.get('site').signIn.session.longest);
  return html`<li><div><strong>${device}</strong> ${isOwn && html`<span class="tag good">${tell(asked, 'portal.sessions.this')}</span>`}
<small>${tell(asked, 'portal.sessions.row', { address, made: moment(asked, made), seen: moment(asked, seen), ends: moment(asked, ends) })}</small></div>
${
  !isOwn &&
  form(
    asked,
    '/sessions',
    html`${hidden('end', session.id)}${button(tell(asked, 'portal.sessions.end'), { quiet: true, label: tell(asked, 'portal.sessions.end-one', { device, made: moment(asked, made) }) })}`,
  )
}</li>`;
}
