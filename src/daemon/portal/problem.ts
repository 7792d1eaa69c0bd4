import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { html } from '../../lib/html.ts';
import { type Asked, tell } from './asked.ts';
import { page } from './layout.ts';

/** What the portal cannot or will not do, and what to do next. */
export type Problem = 403 | 404 | 405 | 413 | 500 | 503;

/** The page that says so. 403 is that of a form that is not ours, or too old. */
export function problem(asked: Asked, status: Problem): Response | Promise<Response> {
  return page(asked, {
    status: status as ContentfulStatusCode,
    title: tell(asked, `portal.problem.${status}`),
    body: html`<p>${tell(asked, `portal.problem.${status}.next`)}</p>
<p><a href="/">${tell(asked, 'portal.back')}</a></p>`,
  });
}
