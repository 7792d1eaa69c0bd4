import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Door } from '../model/expectation.ts';
import { type Message, message } from '../model/message.ts';
import { type Attempt, broken, Trouble } from './attempt.ts';
import { answerExcerpt, excerptOf, printable } from './excerpt.ts';
import type { Outcome } from './probe.ts';

/** The most that is read of any body, in bytes. */
export const bodyLimit = 64 * 1024;

/** The most that header fields may take, in bytes; nginx sends at most 8 KiB by default, Node takes 16. */
const headerLimit = 16 * 1024;

/** How long to wait for a few lines of a body that only illustrates, in milliseconds. */
const peekTime = 1000;

/** The Host header for a door (RFC 9110 §7.2): the port stands in it unless it is the scheme's own. */
export function hostHeader(door: Door, scheme: 'http' | 'https'): string {
  const name = door.name.includes(':') ? `[${door.name}]` : door.name;
  return door.port === (scheme === 'https' ? 443 : 80) ? name : `${name}:${door.port}`;
}

/** What goes into a request besides the connection it travels on. */
export interface Ask {
  readonly host: string;
  readonly path: string;
  readonly accept?: string;
  /** The other end, for messages. */
  readonly place: string;
  /** What it means when no answer comes in time; default that the service hangs. */
  readonly silence?: Message;
}

/** GETs a path with HTTP/1.1 over an open connection; throws `Trouble` when no answer comes back. */
export function get(stream: Duplex, ask: Ask, attempt: Attempt): Promise<IncomingMessage> {
  const { place, silence } = ask;
  attempt.waitFor(silence ?? message('seen.timeout.response', { place, seconds: attempt.seconds }));
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      createConnection: () => stream,
      path: ask.path,
      headers: {
        Host: ask.host,
        Accept: ask.accept ?? '*/*',
        'Accept-Encoding': 'identity',
        'User-Agent': 'poterne',
        Connection: 'close',
      },
      maxHeaderSize: headerLimit,
    });
    request.once('response', (response) => {
      response.on('error', () => {});
      resolve(response);
    });
    request.on('error', (error) => reject(requestTrouble(error, place)));
    // A server may switch protocols unasked; Node then emits this instead of a response.
    request.once('upgrade', (response) => resolve(response));
    request.end();
  });
}

/** What to tell about a request that got no answer. */
export function requestTrouble(
  error: NodeJS.ErrnoException & { rawPacket?: Buffer },
  place: string,
): Trouble {
  const { code = '' } = error;
  const raw = error.rawPacket ? excerptOf(error.rawPacket.toString('latin1')) : undefined;
  if (code === 'HPE_HEADER_OVERFLOW') return new Trouble(message('seen.http.overflow', { place }));
  if (code.startsWith('HPE_'))
    return new Trouble(message('seen.http.garbage', { place, error: printable(error.message) }), raw);
  const alert = /SSL alert number \d+/.test(error.message);
  if (alert) {
    const reason = (error as { reason?: string }).reason ?? code;
    return new Trouble(message('seen.tls.refused', { place, reason }));
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') return new Trouble(message('seen.http.closed', { place }));
  return new Trouble(message('seen.unexpected', { error: printable(error.message) }));
}

/** How the reading of a body ended. */
export interface Body {
  readonly text: string;
  /** `enough`: the reader said so. `limit`: 64 KiB were read. `broken`: the connection broke off in its midst. */
  readonly end: 'complete' | 'enough' | 'limit' | 'broken';
}

/**
 * Reads at most 64 KiB of a body as UTF-8, stopping early once `enough` says so of what came so far.
 * The probe's time limit is the only one.
 */
export function readBody(
  response: IncomingMessage,
  enough: (text: string) => boolean = () => false,
): Promise<Body> {
  return new Promise((resolve) => {
    const decoder = new TextDecoder();
    let text = '';
    let bytes = 0;
    const finish = (end: Body['end']) => {
      response.off('data', read);
      response.pause();
      resolve({ text, end });
    };
    const read = (chunk: Buffer) => {
      const room = bodyLimit - bytes;
      bytes += chunk.length;
      text += decoder.decode(chunk.subarray(0, room), { stream: true });
      if (enough(text)) finish('enough');
      else if (bytes >= bodyLimit) finish('limit');
    };
    response.on('data', read);
    response.once('end', () => finish('complete'));
    response.once('error', () => finish('broken'));
    response.once('close', () => finish(response.complete ? 'complete' : 'broken'));
  });
}

/** A promise broken by this answer, shown with as much of its body as comes within a second. */
export async function brokenBy(response: IncomingMessage, seen: Message, attempt: Attempt): Promise<Outcome> {
  // The verdict stands: the time limit may cut the illustration short, but not change what was seen.
  attempt.waitFor(seen, answerExcerpt(response, ''));
  let timer: NodeJS.Timeout | undefined;
  let text = '';
  const tired = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, peekTime);
  });
  const read = readBody(response, (now) => {
    text = now;
    return now.length > 2048;
  });
  await Promise.race([tired, read]);
  clearTimeout(timer);
  return broken(seen, answerExcerpt(response, text));
}
