import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { Fault } from '../../model/fault.ts';
import { asking, type PortalEnv } from './asked.ts';
import { countAttempts } from './attempts.ts';
import { deepLinkScript } from './deep-link-script.ts';
import { genuine, secured, usual } from './guard.ts';
import { styleOf, stylePath } from './layout.ts';
import type { PortalNeeds } from './needs.ts';
import { applicationPages } from './pages/applications.ts';
import { approvalPages } from './pages/approvals.ts';
import { certificatePages } from './pages/certificates.ts';
import { passwordPages } from './pages/password.ts';
import { sessionPages } from './pages/sessions.ts';
import { signInPages } from './pages/sign-in.ts';
import { signOutPages } from './pages/sign-out.ts';
import { stepUpPages } from './pages/step-up.ts';
import { problem } from './problem.ts';

/** Our forms are small. */
const largestForm = 64 << 10;

/** Further pages, added to the portal: those of factors. Every POST has been found to come from a form of ours. */
export type Pages = (app: Hono<PortalEnv>) => void;

/** The portal: where people sign in, and see what is theirs. */
export function makePortal(needs: PortalNeeds, further: readonly Pages[] = []): Hono<PortalEnv> {
  const app = new Hono<PortalEnv>();
  // By the monotonic clock: nobody waits for hours because the other was set back.
  const attempts = countAttempts(() => new Date(performance.timeOrigin + performance.now()), needs.pardons);

  app.use(secured);
  app.get('/style-*', async (asked) => {
    const site = needs.site();
    // One of before: whoever has that page gets the style of now, and does not keep it under that name.
    const isThis = asked.req.path === stylePath(site);
    return asked.body(styleOf(site), 200, {
      'Content-Type': 'text/css; charset=utf-8',
      'Cache-Control': isThis ? 'public, max-age=31536000, immutable' : 'no-store',
    });
  });
  app.get('/deep-link-*', (asked) =>
    asked.body(deepLinkScript.text, 200, {
      'Content-Type': 'text/javascript; charset=utf-8',
      'Cache-Control':
        asked.req.path === deepLinkScript.path ? 'public, max-age=31536000, immutable' : 'no-store',
    }),
  );
  app.get('/logo', async (asked) => {
    const { logo } = needs.site().signIn.brand;
    const bytes = logo === undefined ? undefined : await readFile(logo).catch(needs.fail);
    if (logo === undefined || !bytes) return asked.body(null, 404);
    return asked.body(new Uint8Array(bytes), 200, {
      'Content-Type': extname(logo).toLowerCase() === '.svg' ? 'image/svg+xml' : 'image/png',
      'Cache-Control': 'public, max-age=3600',
      // An SVG is a document too: opened by itself, nothing in it runs.
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    });
  });
  app.use(asking(needs));
  app.use(usual);
  app.use(bodyLimit({ maxSize: largestForm, onError: (asked) => problem(asked, 413) }));
  app.use(genuine);
  for (const pages of [
    applicationPages,
    sessionPages,
    certificatePages,
    signOutPages,
    approvalPages,
    ...further,
  ])
    pages(app);
  for (const pages of [signInPages, stepUpPages, passwordPages]) pages(app, attempts);

  app.notFound((asked) => problem(asked, 404));
  app.onError((error, asked) => {
    needs.fail(error);
    // What it stands on does not answer: that passes.
    const status = error instanceof Fault ? 503 : 500;
    if (status === 503) asked.header('Retry-After', '10');
    if (asked.get('needs') === undefined || asked.get('language') === undefined)
      return asked.body(null, status);
    return problem(asked, status);
  });
  return app;
}
