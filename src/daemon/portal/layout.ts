import { createHash } from 'node:crypto';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { type Html, html } from '../../lib/html.ts';
import { visitorStyle } from '../../lib/visitor-style.ts';
import { languages } from '../../model/site.ts';
import { mayApprove } from './approving.ts';
import { type Asked, tell } from './asked.ts';
import { deepLinkScript } from './deep-link-script.ts';
import { button, form } from './forms.ts';
import type { SignInSite } from './needs.ts';
import { portalStyle } from './style.ts';

/** A page of the portal. */
export interface Page {
  readonly title: string;
  readonly body: Html;
  readonly status?: ContentfulStatusCode;
  /** Said first, and read out at once: what went wrong. */
  readonly wrong?: string | undefined;
  /** Said first too: what was done. */
  readonly done?: string | undefined;
  /** Room for tables. */
  readonly wide?: boolean;
  /** A script of ours, by its path; the page must also work, or say what to do, without it. */
  readonly script?: string;
  /** It cannot be shown again, in another language neither. */
  readonly once?: boolean;
  /** Where the browser goes by itself. */
  readonly next?: URL;
}

/** The places of those who are signed in. */
const places = [
  ['/', 'portal.applications'],
  ['/sessions', 'portal.sessions'],
  ['/factors', 'portal.factors'],
  ['/certificates', 'portal.certificates'],
  ['/password', 'portal.password'],
] as const;

/** Of those whose word lets others in. */
const approvals = ['/approvals', 'portal.approvals'] as const;

const languageNames = { en: 'English', fr: 'Français' } as const;

/** The portal's style sheet. */
export const styleOf = (site: SignInSite): string => visitorStyle(site.signIn.brand.colour) + portalStyle;

/** Its path, which changes when it does: browsers keep it. */
export const stylePath = (site: SignInSite): string =>
  `/style-${createHash('sha256').update(styleOf(site)).digest('hex').slice(0, 12)}.css`;

/** Answers with a page. */
export function page(asked: Asked, { status = 200, ...content }: Page): Response | Promise<Response> {
  return asked.html(`<!doctype html>\n${document(asked, content).html}`, status);
}

function document(asked: Asked, { title, body, wrong, done, wide, script, once, next }: Page): Html {
  const site = asked.get('site');
  const language = asked.get('language');
  const name = site.signIn.brand.name ?? site.name;
  return html`<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${wrong ? `${tell(asked, 'portal.wrong')} ` : ''}${title} – ${name}</title>
<link rel="stylesheet" href="${stylePath(site)}">
${next && html`<meta http-equiv="refresh" content="0;url=${next.href}">`}
${asked.req.query('to') !== undefined && html`<script src="${deepLinkScript.path}" type="module"></script>`}
${script && html`<script src="${script}" type="module"></script>`}
</head>
<body class="portal">
<a class="skip" href="#main">${tell(asked, 'portal.skip')}</a>
<header>
<a class="brand" href="/">${site.signIn.brand.logo !== undefined && html`<img src="/logo" alt="" height="40">`}<span>${name}</span></a>
${asked.get('session') && signedInAs(asked)}
</header>
${asked.get('session') && navigation(asked)}
<main id="main" tabindex="-1"${wide && html` class="wide"`}>
<h1>${title}</h1>
${wrong && html`<p class="wrong" role="alert" id="wrong">${wrong}</p>`}
${done && html`<p class="done" role="status">${done}</p>`}
${body}
</main>
<footer>${!once && languageChoice(asked)}</footer>
</body>
</html>
`;
}

function signedInAs(asked: Asked): Html {
  const { user } = asked.get('session') ?? {};
  return html`<div class="who"><span>${user?.title ?? user?.login}</span>
${form(asked, '/sign-out', html`${button(tell(asked, 'portal.sign-out'), { quiet: true })}`)}</div>`;
}

function navigation(asked: Asked): Html {
  const here = new URL(asked.req.url).pathname;
  const { user } = asked.get('session') ?? {};
  const shown = user && mayApprove(asked.get('site'), user) ? [...places, approvals] : places;
  const isIn = (path: string) => here === path || (path !== '/' && here.startsWith(`${path}/`));
  return html`<nav class="places" aria-label="${tell(asked, 'portal.places')}"><ul>${shown.map(
    ([path, code]) =>
      html`<li><a href="${path}"${isIn(path) && html` aria-current="page"`}>${tell(asked, code)}</a></li>`,
  )}</ul></nav>`;
}

function languageChoice(asked: Asked): Html {
  const language = asked.get('language');
  return html`
<nav aria-label="${tell(asked, 'portal.language')}">${languages.map((each) =>
    each === language
      ? html`<span aria-current="true" lang="${each}">${languageNames[each]}</span>`
      : html`<a href="${inLanguage(asked, each)}" lang="${each}" hreflang="${each}">${languageNames[each]}</a>`,
  )}</nav>
`;
}

/** The same page in another language; also one that answers a form leads to where one wished to go. */
function inLanguage(asked: Asked, language: string): string {
  const { pathname, searchParams } = new URL(asked.req.url);
  for (const [name, value] of Object.entries(asked.get('kept') ?? {})) searchParams.set(name, value);
  searchParams.set('lang', language);
  return `${pathname}?${searchParams}`;
}
