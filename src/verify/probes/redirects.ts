import { message } from '../../model/message.ts';
import { attempting, broken, kept } from '../attempt.ts';
import { gatewayTrouble } from '../audience.ts';
import { connect } from '../connect.ts';
import { printable } from '../excerpt.ts';
import { brokenBy, get, hostHeader } from '../http.ts';
import type { ProbeFunction } from '../probe.ts';

/** Plain http at the door is answered by a redirect (RFC 9110 §15.4) to exactly this URL. */
export const redirects: ProbeFunction<'redirects'> = ({ door, path, to }, context) =>
  attempting(context, async (attempt) => {
    const { socket, place } = await connect(door, attempt);
    const response = await get(socket, { host: hostHeader(door, 'http'), path, place }, attempt);
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (![301, 302, 303, 307, 308].includes(status) || location === undefined)
      return brokenBy(
        response,
        gatewayTrouble(response) ?? message('seen.redirects.none', { status, to }),
        attempt,
      );
    if (location !== to)
      return broken(message('seen.redirects.elsewhere', { status, location: printable(location), to }));
    return kept(message('seen.redirects.held', { status, to }));
  });
