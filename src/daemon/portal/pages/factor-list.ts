import type { Hono } from 'hono';
import type { Factors, ShownFactor } from '../../../identity/factors.ts';
import type { ShownDevice } from '../../../identity/remembered.ts';
import { type Html, html } from '../../../lib/html.ts';
import { type Asked, moment, type PortalEnv, tell } from '../asked.ts';
import { deviceOf } from '../device.ts';
import { button, form, hidden, sentBy } from '../forms.ts';
import { page } from '../layout.ts';
import { wishOf, withWish } from '../onward.ts';
import { byThem, ownSession } from './factor-pages.ts';

/** What somebody has beside a password: seen, added to, taken away. */
export function factorList(app: Hono<PortalEnv>, factors: Factors): void {
  app.get('/factors', (asked) => listPage(asked, factors));

  app.post('/factors/remove', async (asked) => {
    const { id = '' } = await sentBy(asked);
    const isDone = await factors.remove(ownSession(asked).user, id, byThem(asked));
    return listPage(asked, factors, isDone ? tell(asked, 'factors.removed') : undefined);
  });

  app.post('/factors/devices', async (asked) => {
    const { id } = await sentBy(asked);
    const count = await factors.forgetDevices(ownSession(asked).user, id);
    return listPage(asked, factors, tell(asked, 'factors.devices.forgotten', { count }));
  });
}

async function listPage(asked: Asked, factors: Factors, done?: string): Promise<Response> {
  const { user } = ownSession(asked);
  const { factors: own, recoveryCodes } = await factors.of(user);
  const devices = await factors.devices(user);
  const { methods } = asked.get('site').signIn.secondFactor;
  const wish = wishOf(asked);
  return page(asked, {
    title: tell(asked, 'portal.factors'),
    done,
    wide: true,
    body: html`${own.length === 0 && html`<p>${tell(asked, wish ? 'factors.needed' : 'factors.none')}</p>`}
${own.length > 0 && factorRows(asked, own)}
<p class="actions">${methods.map(
      (method) =>
        html`<a class="button${own.length > 0 && ' quiet'}" href="${withWish(method === 'totp' ? '/factors/totp' : '/factors/passkeys', wish)}">${tell(asked, `factors.add.${method}`)}</a>`,
    )}</p>
${own.length > 0 && recovery(asked, recoveryCodes)}
${devices.length > 0 && deviceRows(asked, devices)}`,
  });
}

function factorRows(asked: Asked, own: readonly ShownFactor[]): Html {
  return html`<ul class="rows">${own.map(({ id, kind, name, made, used }) => {
    const called = name || tell(asked, `factors.kind.${kind}`);
    const times = {
      made: moment(asked, made),
      used: used ? moment(asked, used) : tell(asked, 'factors.never'),
    };
    return html`<li><div><strong>${called}</strong> <span class="tag">${tell(asked, `factors.kind.${kind}`)}</span>
<small>${tell(asked, 'factors.row', times)}</small></div>
${form(
  asked,
  '/factors/remove',
  html`${hidden('id', id)}${button(tell(asked, 'factors.remove'), { quiet: true, label: tell(asked, 'factors.remove.of', { name: called }) })}`,
)}</li>`;
  })}</ul>`;
}

function recovery(asked: Asked, count: number): Html {
  return html`<h2>${tell(asked, 'factors.recovery')}</h2>
<p>${tell(asked, count > 0 ? 'factors.recovery.left' : 'factors.recovery.none', { count })}</p>
${form(asked, '/factors/recovery', html`<p class="actions">${button(tell(asked, 'factors.recovery.make'), { quiet: true })}</p>`)}`;
}

function deviceRows(asked: Asked, devices: readonly ShownDevice[]): Html {
  return html`<h2>${tell(asked, 'factors.devices')}</h2>
<p>${tell(asked, 'factors.devices.text')}</p>
<ul class="rows">${devices.map(({ id, agent, used, expires }) => {
    const device = deviceOf(asked, agent);
    const times = { used: moment(asked, used), expires: moment(asked, expires) };
    return html`<li><div><strong>${device}</strong>
<small>${tell(asked, 'factors.devices.row', times)}</small></div>
${form(
  asked,
  '/factors/devices',
  html`${hidden('id', id)}${button(tell(asked, 'factors.devices.forget'), { quiet: true, label: tell(asked, 'factors.devices.forget.of', { name: device }) })}`,
)}</li>`;
  })}</ul>
${
  devices.length > 1 &&
  form(
    asked,
    '/factors/devices',
    html`<p>${button(tell(asked, 'factors.devices.forget-all'), { danger: true })}</p>`,
  )
}`;
}
