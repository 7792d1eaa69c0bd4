import type { IncomingMessage } from 'node:http';
import { message } from '../../model/message.ts';
import { attempting, broken, kept } from '../attempt.ts';
import { gatewayTrouble, refusal, standing } from '../audience.ts';
import { printable, withoutQuery } from '../excerpt.ts';
import { brokenBy, get, hostHeader } from '../http.ts';
import type { ProbeFunction } from '../probe.ts';
import { connectTls } from '../tls.ts';

/** What a browser asks with when somebody goes to a page. */
const browser = 'text/html,application/xhtml+xml';
/** From the publication to the gateway’s own place under its name, and from there to the portal. */
const mostSteps = 2;

/** A browser in which nobody has signed in is led to the portal, by redirects (RFC 9110 §15.4) alone; where signing in would not help, refused. */
export const leadsToPortal: ProbeFunction<'leads-to-portal'> = ({ door, path, portal, from }, context) =>
  attempting(context, async (attempt) => {
    const host = hostHeader(door, 'https');
    let wanted = path;
    for (let step = 0; ; step++) {
      const { socket, connection } = await connectTls(door, attempt);
      const { place, local } = connection;
      const response = await get(socket, { host, path: wanted, place, accept: browser }, attempt);
      const stands = standing(from, local);
      if (stands.where === 'outside') return refusal(response, stands, attempt);
      const status = response.statusCode ?? 0;
      if (status === 403 && step === 0) return kept(message('seen.portal.refused', { status }));
      const to = destination(response);
      if (to === undefined)
        return brokenBy(
          response,
          gatewayTrouble(response) ?? message('seen.portal.none', { status, portal }),
          attempt,
        );
      if (to.origin === portal)
        return kept(message('seen.portal.held', { portal: `${portal}${to.pathname}` }));
      if (to.host !== host || !to.pathname.startsWith('/.poterne/') || step + 1 >= mostSteps)
        return broken(message('seen.portal.elsewhere', { to: printable(withoutQuery(to.href)), portal }));
      wanted = to.pathname + to.search;
    }
  });

/** Where a redirect leads; `undefined` for what is none. */
function destination({ statusCode = 0, headers }: IncomingMessage): URL | undefined {
  const { location } = headers;
  if (![301, 302, 303, 307, 308].includes(statusCode) || location === undefined) return undefined;
  return URL.canParse(location) ? new URL(location) : undefined;
}
