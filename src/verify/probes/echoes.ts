import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { message } from '../../model/message.ts';
import { type Attempt, attempting, broken, kept, Trouble } from '../attempt.ts';
import { letIn, refusal, type Standing, standing, statusTrouble } from '../audience.ts';
import { excerptOf, printable } from '../excerpt.ts';
import { bodyLimit, brokenBy, hostHeader, requestTrouble } from '../http.ts';
import type { Outcome, ProbeFunction, ProbeOf } from '../probe.ts';
import { connectTls } from '../tls.ts';

/** A WebSocket (RFC 6455) opens, and to what is sent comes back a message that holds the wanted text. */
export const echoes: ProbeFunction<'echoes'> = (probe, context) =>
  attempting(context, async (attempt) => {
    const { door, path, from } = probe;
    const { socket, connection } = await connectTls(door, attempt);
    const { place, local } = connection;
    const host = hostHeader(door, 'https');
    attempt.waitFor(message('seen.timeout.response', { place, seconds: attempt.seconds }));
    // The TLS connection is there already, hence the plain scheme with the Host and Origin of the secure one.
    const client = new WebSocket(`ws://${host}${path}`, {
      createConnection: () => socket,
      headers: { Host: host, 'User-Agent': 'poterne' },
      origin: `https://${host}`,
      perMessageDeflate: false,
      maxPayload: bodyLimit,
      followRedirects: false,
    });
    // Destroying the connection ends the client too, which says so with an error when it was not open yet.
    client.on('error', () => {});
    return converse(client, probe, { place, stands: standing(from, local), attempt });
  });

interface Circumstances {
  readonly place: string;
  readonly stands: Standing;
  readonly attempt: Attempt;
}

function converse(
  client: WebSocket,
  { send, contains }: ProbeOf<'echoes'>,
  { place, stands, attempt }: Circumstances,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    let last: string | undefined;
    let open = false;
    client.once('unexpected-response', (_request, response: IncomingMessage) => {
      response.on('error', () => {});
      declined(response, stands, attempt).then(resolve, reject);
    });
    client.once('open', () => {
      open = true;
      if (stands.where === 'outside') return resolve(broken(letIn(stands, 101)));
      attempt.waitFor(message('seen.echoes.silent', { seconds: attempt.seconds }));
      client.send(send);
    });
    client.on('message', (data) => {
      const text = data.toString();
      if (text.includes(contains)) return resolve(kept(message('seen.echoes.held', { contains })));
      last = excerptOf(text);
      attempt.waitFor(message('seen.echoes.other', { contains, seconds: attempt.seconds }), last);
    });
    client.once('close', (code) =>
      resolve(
        broken(
          code === 1006 ? message('seen.echoes.cut') : message('seen.echoes.closed', { close: code }),
          last,
        ),
      ),
    );
    client.once('error', (error) => {
      if (open) resolve(broken(message('seen.echoes.protocol', { error: printable(error.message) }), last));
      else reject(handshakeTrouble(error, place));
    });
  });
}

function handshakeTrouble(error: Error, place: string): Trouble {
  const trouble = requestTrouble(error, place);
  if (trouble.seen.code !== 'seen.unexpected') return trouble;
  return new Trouble(message('seen.echoes.handshake', { error: printable(error.message) }));
}

/** A WebSocket was asked for and a plain answer came: a refusal, or something that does not pass Upgrade on. */
async function declined(response: IncomingMessage, stands: Standing, attempt: Attempt): Promise<Outcome> {
  if (stands.where === 'outside') return refusal(response, stands, attempt);
  const trouble = statusTrouble(response, 101, stands);
  const seen =
    trouble.code === 'seen.status.other'
      ? message('seen.echoes.declined', { status: response.statusCode ?? 0 })
      : trouble;
  return brokenBy(response, seen, attempt);
}
