import type { Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { PasswordSource, ProviderSource, Strength, User } from '../../../identity/types.ts';
import { type Html, html } from '../../../lib/html.ts';
import { Fault } from '../../../model/fault.ts';
import { type Asked, cookieOptions, enterSession, type PortalEnv, tell } from '../asked.ts';
import type { Attempts } from '../attempts.ts';
import { button, field, form, sentBy } from '../forms.ts';
import { needsSecondFactor } from '../guard.ts';
import { page } from '../layout.ts';
import { asksPassword, type Source } from '../needs.ts';
import { isElsewhere, onward, type Wish, wished, wishOf, withWish } from '../onward.ts';
import { passkeyField, passkeyScript } from '../passkey-script.ts';
import { problem } from '../problem.ts';

/** What a provider's answer is compared with when the browser comes back. */
const providerCookie = 'poterne-provider';
/** How long somebody may take at their provider, in seconds. */
const atProvider = 600;

/** Signing in: with a password, or at a provider. */
export function signInPages(app: Hono<PortalEnv>, attempts: Attempts): void {
  app.get('/sign-in', async (asked) => {
    if (asked.get('session')) return onward(asked, wishOf(asked));
    return signInPage(asked, wishOf(asked));
  });

  app.post('/sign-in', async (asked) => {
    const sent = await sentBy(asked);
    const wish = wishOf(asked, sent);
    const { login = '', password = '' } = sent;
    const sources = asked.get('needs').sources().filter(asksPassword);
    const source = sources.find(({ name }) => name === sent.source) ?? sources[0];
    if (!source) return problem(asked, 404);
    const refuse = (status: 401 | 429 | 503, wrong: string) =>
      signInPage(asked, wish, { login, source: source.name, wrong, status });
    const attempt = await attempts.begin(login, asked.get('whence').address);
    if (attempt.wait !== undefined) {
      await refused(asked, login, 'too-many');
      asked.header('Retry-After', String(attempt.wait));
      return refuse(429, tell(asked, 'portal.wait', { seconds: attempt.wait }));
    }
    const result = await answerOf(asked, source, () =>
      source.check(login, password).catch((error: unknown) => {
        attempt.unlooked();
        throw error;
      }),
    );
    if (!result) return refuse(503, tell(asked, 'portal.sign-in.source'));
    if (result.user || result.refused === 'must-change' || result.refused === 'name') attempt.good();
    // Told what a wrong password is told, to the letter.
    const isCut = result.user !== undefined && asked.get('needs').isCut(result.user);
    if (result.user && !isCut) return enter(asked, result.user, wish);
    await refused(asked, login, result.refused ?? 'cut');
    if (result.refused === 'must-change') return refuse(401, tell(asked, 'portal.sign-in.must-change'));
    if (result.refused === 'name') return refuse(401, tell(asked, 'portal.sign-in.name'));
    return refuse(401, tell(asked, 'portal.sign-in.wrong'));
  });

  app.get('/sign-in/with/:source', async (asked) => {
    const source = providerOf(asked);
    if (!source) return problem(asked, 404);
    const wish = wishOf(asked);
    const started = await answerOf(asked, source, () => source.start(backFrom(asked, source)));
    if (!started)
      return signInPage(asked, wish, { wrong: tell(asked, 'portal.sign-in.source'), status: 503 });
    const kept = [wish?.href ?? '', started.kept].map((part) => Buffer.from(part).toString('base64url'));
    setCookie(asked, providerCookie, kept.join('.'), { ...cookieOptions, maxAge: atProvider });
    return asked.redirect(started.url.href, 303);
  });

  app.get('/sign-in/back/:source', async (asked) => {
    const source = providerOf(asked);
    if (!source) return problem(asked, 404);
    const [wanted = '', kept = ''] = (getCookie(asked, providerCookie, 'host') ?? '')
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString());
    deleteCookie(asked, providerCookie, cookieOptions);
    const wish = wishOf(asked, { to: wanted });
    const came = new URL(backFrom(asked, source).href + new URL(asked.req.url).search);
    const result = await answerOf(asked, source, () => source.finish(came, kept));
    if (result?.user) return enter(asked, result.user, wish, result.strength);
    if (result) await refused(asked, source.name, result.refused);
    const why = result?.refused === 'name' ? 'name' : 'provider';
    return signInPage(asked, wish, {
      wrong: tell(asked, result ? `portal.sign-in.${why}` : 'portal.sign-in.source'),
      status: result ? 401 : 503,
    });
  });
}

/** What a source answers; `undefined`, and told, when it cannot tell: then nobody is let in by it. */
async function answerOf<T>(asked: Asked, source: Source, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    asked.get('needs').fail(error);
    await audited(asked, { who: source.name, result: 'failed', detail: { why: error.code } });
    return undefined;
  }
}

/** Somebody has shown who they are: what else is asked of them, then where they wished to go. */
export async function enter(asked: Asked, user: User, wish: Wish, strength?: Strength): Promise<Response> {
  const { factors } = asked.get('needs');
  if (asked.get('needs').isCut(user)) {
    await refused(asked, user.id, 'cut');
    return signInPage(asked, wish, {
      login: user.login,
      wrong: tell(asked, 'portal.sign-in.wrong'),
      status: 401,
    });
  }
  const known = strength ?? (await factors.remembered(user, asked));
  await begin(asked, user, known);
  if (!known && needsSecondFactor(asked.get('site'), user, asked.get('whence').address))
    return asked.redirect(withWish('/step-up', wish), 303);
  return onward(asked, wish);
}

/** A new session for this browser, with a cookie that nobody knew; the one that it had ends, with all its passes. */
export async function begin(asked: Asked, user: User, known: Strength | undefined): Promise<void> {
  const { sessions } = asked.get('needs');
  const begun = await sessions.begin(user, known, asked.get('whence'));
  await audited(asked, {
    who: user.id,
    result: 'done',
    detail: { session: begun.session.id, source: user.source, ...(known ? { factor: known.factor } : {}) },
  });
  // Another session of this browser would be left behind, with nobody who can end it from here.
  const before = asked.get('session');
  if (before) await sessions.end(before, 'sign-out');
  enterSession(asked, begun);
}

/** Why somebody was refused without a look at a password, which takes its time. */
const unlooked: readonly string[] = ['too-many', 'passkey', 'provider'];
/** What people type stands in the log; a longer name is nobody's. */
const longestName = 64;

/** Writes down that somebody was refused, and why; they are not told. */
export async function refused(asked: Asked, login: string, why: string): Promise<void> {
  const who = (login.length > longestName ? `${login.slice(0, longestName)}…` : login) || '-';
  if (!unlooked.includes(why))
    return void (await audited(asked, { who, result: 'refused', detail: { why } }));
  const [to, from] = [asked.get('site').signIn.at, asked.get('whence').address];
  asked.get('needs').refused({ who, what: 'sign-in', to, from, why });
}

function audited(
  asked: Asked,
  entry: {
    readonly who: string;
    readonly result: 'done' | 'refused' | 'failed';
    readonly detail: Readonly<Record<string, string>>;
  },
): Promise<unknown> {
  const { address } = asked.get('whence');
  return asked.get('needs').audit({ what: 'sign-in', from: address, ...entry });
}

function providerOf(asked: Asked): ProviderSource | undefined {
  const source = asked
    .get('needs')
    .sources()
    .find(({ name }) => name === asked.req.param('source'));
  return source && !asksPassword(source) ? source : undefined;
}

const backFrom = (asked: Asked, { name }: ProviderSource): URL =>
  new URL(`/sign-in/back/${encodeURIComponent(name)}`, asked.get('origin'));

interface Tried {
  readonly login?: string;
  readonly source?: string;
  readonly wrong?: string;
  readonly status?: 401 | 429 | 503;
}

/** The page where people sign in. */
export function signInPage(asked: Asked, wish: Wish, tried: Tried = {}): Response | Promise<Response> {
  const sources = asked.get('needs').sources();
  const passwords = sources.filter(asksPassword);
  const providers = sources.filter((each) => !asksPassword(each));
  const withPasskey = asked.get('site').signIn.secondFactor.methods.includes('passkey');
  return page(asked, {
    title: tell(asked, 'portal.sign-in.title'),
    ...(withPasskey ? { script: passkeyScript.path } : {}),
    status: tried.status ?? 200,
    wrong: tried.wrong,
    body: html`${isElsewhere(asked, wish) && html`<p>${tell(asked, 'portal.sign-in.for', { name: wish.hostname })}</p>`}
${passwords.length > 0 && passwordForm(asked, passwords, wish, tried)}
${withPasskey && passkeyForm(asked, wish)}
${passwords.length > 0 && providers.length > 0 && html`<p class="or">${tell(asked, 'portal.sign-in.or')}</p>`}
${
  providers.length > 0 &&
  html`<p class="stack">${providers.map(
    (each) =>
      html`<a class="button${passwords.length > 0 && ' quiet'}" href="${withWish(`/sign-in/with/${encodeURIComponent(each.name)}`, wish)}">${tell(asked, 'portal.sign-in.with', { name: titleOf(each) })}</a>`,
  )}</p>`
}`,
  });
}

const titleOf = (source: Source): string => ('title' in source && source.title) || source.name;

function passwordForm(
  asked: Asked,
  sources: readonly PasswordSource[],
  wish: Wish,
  { login, source, status }: Tried,
): Html {
  const isWrong = status === 401;
  return form(
    asked,
    '/sign-in',
    html`${wished(wish)}
${field({ name: 'login', label: tell(asked, 'portal.sign-in.login'), autocomplete: 'username', value: login, isWrong, focus: !login })}
${field({ name: 'password', label: tell(asked, 'portal.sign-in.password'), type: 'password', autocomplete: 'current-password', isWrong, focus: Boolean(login) })}
${sources.length > 1 && choice(asked, sources, source)}
<p class="actions">${button(tell(asked, 'portal.sign-in.go'))}</p>`,
  );
}

/** Only browsers that know passkeys, and run our script, show it. */
function passkeyForm(asked: Asked, wish: Wish): Html {
  return html`<div data-scripted hidden>${form(
    asked,
    '/sign-in/passkey',
    html`${wished(wish)}${passkeyField(asked, 'show', '/sign-in/passkey/challenge')}
<p class="actions">${button(tell(asked, 'factors.passkey.sign-in'), { quiet: true })}</p>`,
    'passkey',
  )}</div>`;
}

function choice(asked: Asked, sources: readonly Source[], chosen: string | undefined): Html {
  return html`<p class="field"><label for="source">${tell(asked, 'portal.sign-in.source-of')}</label>
<select id="source" name="source">${sources.map(
    ({ name }) =>
      html`<option value="${name}"${name === chosen && html` selected`}>${name === 'local' ? tell(asked, 'portal.sign-in.local') : name}</option>`,
  )}</select></p>`;
}
