import { message } from '../../model/message.ts';
import { attempting, broken, kept } from '../attempt.ts';
import { refusal, standing, statusTrouble } from '../audience.ts';
import { answerExcerpt, printable } from '../excerpt.ts';
import { brokenBy, get, hostHeader, readBody } from '../http.ts';
import type { ProbeFunction } from '../probe.ts';
import { connectTls } from '../tls.ts';

/** When the end follows an event this closely (milliseconds), both were held back and let go together. */
const together = 100;

/** A whole `data` line of an event stream (HTML Living Standard §9.2.5); comments keep a stream warm but are no event. */
const eventLine = /^data(?::[^\r\n]*)?[\r\n]/m;

/** A server-sent event arrives while the response is still open, which it cannot if anything on the way buffers. */
export const streams: ProbeFunction<'streams'> = ({ door, path, from }, context) =>
  attempting(context, async (attempt) => {
    const { socket, connection } = await connectTls(door, attempt);
    const { place, local } = connection;
    const began = performance.now();
    const response = await get(
      socket,
      {
        host: hostHeader(door, 'https'),
        path,
        accept: 'text/event-stream',
        place,
        // Where nginx buffers, it holds back even the header.
        silence: message('seen.streams.silent', { place, seconds: attempt.seconds }),
      },
      attempt,
    );
    const stands = standing(from, local);
    if (stands.where === 'outside') return refusal(response, stands, attempt);
    if (response.statusCode !== 200) return brokenBy(response, statusTrouble(response, 200, stands), attempt);
    const type = response.headers['content-type'] ?? '—';
    if (!/^text\/event-stream\s*(;|$)/i.test(type))
      return brokenBy(response, message('seen.streams.type', { type: printable(type, 80) }), attempt);

    attempt.waitFor(message('seen.streams.none', { seconds: attempt.seconds }), answerExcerpt(response, ''));
    const { text, end } = await readBody(response, (now) => eventLine.test(now));
    const excerpt = answerExcerpt(response, text);
    if (end === 'limit') return broken(message('seen.streams.flood'), excerpt);
    if (end !== 'enough') return broken(message('seen.streams.ended'), excerpt);
    const milliseconds = Math.round(performance.now() - began);
    if (await endsWithin(together)) return broken(message('seen.streams.late'), excerpt);
    return kept(message('seen.streams.held', { milliseconds }), excerpt);

    async function endsWithin(time: number): Promise<boolean> {
      let timer: NodeJS.Timeout | undefined;
      const open = new Promise<false>((resolve) => {
        timer = setTimeout(resolve, time, false);
      });
      const ended = new Promise<true>((resolve) => {
        if (response.readableEnded || response.destroyed) resolve(true);
        response.once('close', () => resolve(true)).once('end', () => resolve(true));
        response.resume();
      });
      const result = await Promise.race([open, ended]);
      clearTimeout(timer);
      return result;
    }
  });
