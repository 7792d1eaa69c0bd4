import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { message } from '../../model/message.ts';
import { type Attempt, attempting, broken, kept, Trouble } from '../attempt.ts';
import { connect } from '../connect.ts';
import { answerExcerpt } from '../excerpt.ts';
import { brokenBy, get, readBody } from '../http.ts';
import type { ProbeFunction, ProbeOf } from '../probe.ts';
import { connectTls } from '../tls.ts';

/**
 * A request for a host that nobody published gets no content: the connection is closed without an answer, or the
 * answer is 421 (Misdirected Request, RFC 9110 §15.5.20), or an error with an empty body. An error page does not
 * count, for the service behind may have written it.
 */
export const refusesHost: ProbeFunction<'refuses-host'> = (probe, context) =>
  attempting(context, async (attempt) => {
    const { host } = probe;
    const { stream, place } = await arrive(probe, attempt);
    let response: IncomingMessage;
    try {
      response = await get(stream, { host, path: '/', place }, attempt);
    } catch (error) {
      if (error instanceof Trouble && error.seen.code === 'seen.http.closed')
        return kept(message('seen.host.closed', { host }));
      throw error;
    }
    const status = response.statusCode ?? 0;
    if (status === 421) return kept(message('seen.host.refused', { host, status }));
    if (status < 400 || status > 499)
      return brokenBy(response, message('seen.host.answered', { host, status }), attempt);
    attempt.waitFor(message('seen.timeout.body', { status, seconds: attempt.seconds }));
    const { text } = await readBody(response, (now) => now.length > 0);
    return text === ''
      ? kept(message('seen.host.refused', { host, status }))
      : broken(message('seen.host.answered', { host, status }), answerExcerpt(response, text));
  });

async function arrive(
  { door, scheme }: ProbeOf<'refuses-host'>,
  attempt: Attempt,
): Promise<{ stream: Duplex; place: string }> {
  if (scheme === 'http') {
    const { socket, place } = await connect(door, attempt);
    return { stream: socket, place };
  }
  const { socket, connection } = await connectTls(door, attempt);
  return { stream: socket, place: connection.place };
}
