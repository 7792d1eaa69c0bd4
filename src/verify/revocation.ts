import { revocationPlaces } from '../lib/revocation-places.ts';
import type { Door } from '../model/expectation.ts';
import { type Message, message } from '../model/message.ts';
import { type Attempt, Trouble } from './attempt.ts';
import { connect } from './connect.ts';
import { printable } from './excerpt.ts';
import { get, readBody } from './http.ts';

/**
 * What is wrong where a certificate says that one may ask whether it is revoked. Only what is certain counts: nobody listens there, or
 * what comes back is an error or no list. A place that cannot be reached from here may well be from where visitors are.
 */
export async function revocationTrouble(
  certificate: Buffer,
  door: Door,
  attempt: Attempt,
): Promise<Message | undefined> {
  const { lists, responders } = revocationPlaces(certificate);
  for (const [n, text] of [...lists, ...responders].entries()) {
    const place = URL.canParse(text) ? new URL(text) : undefined;
    if (place?.protocol !== 'http:' || !canAsk(place, door, attempt)) continue;
    const url = printable(text, 200);
    try {
      const trouble = await Promise.race([ask(place, n < lists.length, attempt), silence()]);
      if (trouble) return message('seen.revocation.wrong', { url, seen: trouble });
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      if (error.seen.code === 'seen.refused') return message('seen.revocation.refused', { url });
    }
  }
  return undefined;
}

/** A place that is silent for this long cannot be reached from here; the handshake must not be blamed for it. */
const patience = 2500;

const silence = (): Promise<undefined> =>
  new Promise((resolve) => setTimeout(resolve, patience, undefined).unref());

/** Where an address is given instead of names, only the gateway is known to be there; behind a PROXY header it is no web server. */
function canAsk(place: URL, door: Door, { context }: Attempt): boolean {
  if (door.proxyProtocol) return false;
  return context.vantage.address === undefined || place.hostname === door.name;
}

/** What came back and should not have. */
async function answer(url: URL, isList: boolean, attempt: Attempt): Promise<string | undefined> {
  const port = Number(url.port) || 80;
  const { socket, place } = await connect({ name: url.hostname, port, proxyProtocol: false }, attempt);
  const response = await get(socket, { host: url.host, path: url.pathname + url.search, place }, attempt);
  // Whatever a responder says to a question that is none, it is there.
  if (!isList) return undefined;
  const status = response.statusCode ?? 0;
  if (status !== 200) return `${status}`;
  const { text } = await readBody(response, (now) => now.length > 64);
  return isBegunList(text) ? undefined : printable(text, 40);
}

/** The same; that it fails when nobody waits for it any more is no news. */
function ask(url: URL, isList: boolean, attempt: Attempt): Promise<string | undefined> {
  const asked = answer(url, isList, attempt);
  asked.catch(() => undefined);
  return asked;
}

/** Whether a list begins here: a sequence in DER, as RFC 5280 wants it, or PEM. */
const isBegunList = (text: string): boolean =>
  text.startsWith('-----BEGIN X509 CRL-----') || text.charCodeAt(0) === 0x30;
