import type { Hono } from 'hono';
import { html } from '../../../lib/html.ts';
import { message } from '../../../model/message.ts';
import { type Asked, enterSession, type PortalEnv, tell } from '../asked.ts';
import type { Attempts } from '../attempts.ts';
import { button, form, sentBy } from '../forms.ts';
import { present, readySteps } from '../guard.ts';
import { page } from '../layout.ts';
import type { FactorStep, PortalSession } from '../needs.ts';
import { isElsewhere, onward, type Wish, wished, wishOf, withWish } from '../onward.ts';
import { problem } from '../problem.ts';

/** Showing more of who one is: the second factor at sign-in, and later where one publication needs it. */
export function stepUpPages(app: Hono<PortalEnv>, attempts: Attempts): void {
  app.use('/step-up', present);
  app.use('/step-up/*', present);

  app.get('/step-up', async (asked) => {
    const ready = await readySteps(asked, (asked.get('session') as PortalSession).user);
    const [first] = ready;
    const wish = wishOf(asked);
    // The session is strong enough already: only the pass of before is not.
    if (isElsewhere(asked, wish) && asked.get('session')?.strength) return onward(asked, wish);
    if (!first) return asked.redirect(withWish(asked.get('needs').factors.enrolAt, wish), 303);
    return stepPage(asked, first, ready, wish);
  });

  app.get('/step-up/:method', async (asked) => {
    const ready = await readySteps(asked, (asked.get('session') as PortalSession).user);
    const step = ready.find(({ method }) => method === asked.req.param('method'));
    return step ? stepPage(asked, step, ready, wishOf(asked)) : problem(asked, 404);
  });

  app.post('/step-up/:method', async (asked) => {
    const session = asked.get('session') as PortalSession;
    const { factors, sessions, audit, refused } = asked.get('needs');
    const ready = await readySteps(asked, (asked.get('session') as PortalSession).user);
    const step = ready.find(({ method }) => method === asked.req.param('method'));
    if (!step) return problem(asked, 404);
    const sent = await sentBy(asked);
    const wish = wishOf(asked, sent);
    const { address } = asked.get('whence');
    const entry = { who: session.user.id, what: 'sign-in.factor', from: address } as const;
    // Nobody guesses a passkey: who has one is not kept waiting by another's guesses at codes.
    const attempt =
      step.method === 'passkey' ? undefined : await attempts.begin(session.user.id, address, 'factor');
    if (attempt?.wait !== undefined) {
      refused({ ...entry, to: asked.get('site').signIn.at, why: 'too-many' });
      asked.header('Retry-After', String(attempt.wait));
      const wrong = message('portal.wait', { seconds: attempt.wait });
      return stepPage(asked, step, ready, wish, tell(asked, wrong.code, wrong.params), 429);
    }
    const result = await step.check(asked, sent);
    if (!result.ok) {
      // What is not counted could be sent all day.
      if (!attempt) refused({ ...entry, to: asked.get('site').signIn.at, why: result.why.code });
      else
        await audit({ ...entry, result: 'refused', detail: { factor: step.method, why: result.why.code } });
      return stepPage(asked, step, ready, wish, tell(asked, result.why.code, result.why.params), 401);
    }
    attempt?.good();
    const strengthened = await sessions.strengthen(session, result.strength);
    // It was ended from elsewhere, this very moment.
    if (!strengthened) return asked.redirect(withWish('/sign-in', wish), 303);
    await audit({
      ...entry,
      result: 'done',
      detail: { factor: result.strength.factor, session: strengthened.session.id },
    });
    enterSession(asked, strengthened);
    if (sent.remember === 'yes' && rememberFor(asked) !== undefined)
      await factors.remember(session.user, asked);
    return onward(asked, wish);
  });
}

/** For how many days a browser may be remembered. */
function rememberFor(asked: Asked): number | undefined {
  const { remember } = asked.get('site').signIn.secondFactor;
  return remember === undefined ? undefined : Math.max(1, Math.round(remember / 86_400_000));
}

async function stepPage(
  asked: Asked,
  step: FactorStep,
  ready: readonly FactorStep[],
  wish: Wish,
  wrong?: string,
  status: 200 | 401 | 429 = 200,
): Promise<Response> {
  const days = rememberFor(asked);
  const others = ready.filter(({ method }) => method !== step.method);
  return page(asked, {
    title: tell(asked, 'portal.step-up.title'),
    status,
    wrong,
    ...(step.script === undefined ? {} : { script: step.script }),
    body: html`<p>${tell(asked, `portal.step-up.${step.method}.text`)}</p>
${form(
  asked,
  `/step-up/${step.method}`,
  html`${wished(wish)}
${await step.fields(asked, wrong)}
${
  days !== undefined &&
  step.method !== 'recovery' &&
  html`<p class="check"><input type="checkbox" id="remember" name="remember" value="yes"><label for="remember">${tell(asked, 'portal.step-up.remember', { days })}</label></p>`
}
<p class="actions">${button(tell(asked, 'portal.step-up.go'))}</p>`,
  `step-${step.method}`,
)}
${
  others.length > 0 &&
  html`<p class="or">${tell(asked, 'portal.sign-in.or')}</p>
<p class="stack">${others.map(
    ({ method }) =>
      html`<a class="button quiet" href="${withWish(`/step-up/${method}`, wish)}">${tell(asked, `portal.step-up.${method}`)}</a>`,
  )}</p>`
}`,
  });
}
