import type { IncomingMessage } from 'node:http';
import { type Message, message } from '../../model/message.ts';
import { attempting, broken, kept } from '../attempt.ts';
import { gatewayTrouble, refusal, type Standing, standing, statusTrouble } from '../audience.ts';
import { answerExcerpt, printable } from '../excerpt.ts';
import { brokenBy, get, hostHeader, readBody } from '../http.ts';
import type { ProbeFunction, ProbeOf } from '../probe.ts';
import { connectTls } from '../tls.ts';

/**
 * The application answers over https with the wanted status, headers (exact values) and content (within the first
 * 64 KiB). Where only some networks are let in, from elsewhere a 403 is what holds. Headers promised alone stand on
 * every answer, the gateway's own refusals included: whether the service works is not their affair.
 */
export const answers: ProbeFunction<'answers'> = (probe, context) =>
  attempting(context, async (attempt) => {
    const { door, path, contains, from } = probe;
    const { socket, connection } = await connectTls(door, attempt);
    const { place, local } = connection;
    const response = await get(socket, { host: hostHeader(door, 'https'), path, place }, attempt);
    if (probe.headers && probe.status === undefined && contains === undefined) {
      const trouble = judgeHeaders(response, probe);
      if (trouble) return brokenBy(response, trouble, attempt);
      return kept(message('seen.answers.headers', { names: Object.keys(probe.headers).join(', ') }));
    }
    const stands = standing(from, local);
    if (stands.where === 'outside') return refusal(response, stands, attempt);
    const trouble = judgeStatus(response, probe, stands) ?? judgeHeaders(response, probe);
    if (trouble) return brokenBy(response, trouble, attempt);

    const status = response.statusCode ?? 0;
    if (contains === undefined) return kept(message('seen.answers.held', { status }));
    attempt.waitFor(
      message('seen.timeout.body', { status, seconds: attempt.seconds }),
      answerExcerpt(response, ''),
    );
    const { text, end } = await readBody(response, (now) => now.includes(contains));
    if (end === 'enough') return kept(message('seen.answers.content', { status, contains }));
    const code = {
      complete: 'seen.answers.lacks',
      limit: 'seen.answers.long',
      broken: 'seen.http.cut',
    } as const;
    return broken(message(code[end], { status, contains }), answerExcerpt(response, text));
  });

function judgeStatus(
  response: IncomingMessage,
  { status }: ProbeOf<'answers'>,
  stands: Standing,
): Message | undefined {
  if (status !== undefined)
    return response.statusCode === status ? undefined : statusTrouble(response, status, stands);
  // Whoever is let in and meets a 403 most likely met the gateway's; a service that says so itself can be described.
  if (stands.where === 'inside' && response.statusCode === 403) return message('seen.inside.refused');
  return gatewayTrouble(response);
}

function judgeHeaders(response: IncomingMessage, { headers = {} }: ProbeOf<'answers'>): Message | undefined {
  for (const [name, wanted] of Object.entries(headers)) {
    // `headersDistinct` keeps what `headers` would drop or join: a header sent twice is not the one promised.
    const sent = response.headersDistinct[name.toLowerCase()];
    if (sent === undefined) return message('seen.answers.header-missing', { name, wanted });
    const value = sent.join(', ');
    if (value !== wanted) return message('seen.answers.header', { name, value: printable(value), wanted });
  }
  return undefined;
}
