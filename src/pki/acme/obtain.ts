import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { withAccount } from './account.ts';
import {
  adviceId,
  makeKey,
  makeRequest,
  preferredChain,
  readChain,
  validity,
  wrongWith,
} from './certificate.ts';
import {
  forgetStale,
  type Memory,
  type PlacedOrder,
  recall,
  remember,
  requireRoom,
  wishId,
} from './memory.ts';
import { type Order, orderSchema, read } from './objects.ts';
import { poll } from './poll.ts';
import { endsOrder, Refusal } from './problem.ts';
import { authorizationsOf, giveUp, prove } from './prove.ts';
import { nextTry } from './renewal.ts';
import type { Session } from './session.ts';
import type { Attempts, Obtained, Solver, Wish } from './types.ts';

/** What becomes of what is obtained. */
export interface ObtainOptions {
  /** Keeps the certificate and its key. The order is forgotten once this is done: whoever is killed before finds it again. */
  readonly keep: (obtained: Obtained) => Promise<void>;
  /** A person asks: our own pauses after failures do not count, the authority's do. */
  readonly insist?: boolean;
}

/**
 * Obtains a certificate. An order that was placed before, and whose end nobody saw, is gone on with. Throws `acme.wait` where it is too
 * early after a failure; each failure is remembered on disk, so that no restart asks more often. Whoever calls sees to it that
 * nobody else asks for the same at once.
 */
export async function obtain(
  session: Session,
  wish: Wish,
  solver: Solver,
  { keep, insist = false }: ObtainOptions,
): Promise<Obtained> {
  const { folder, authority } = session;
  const id = wishId(authority.directory, wish);
  await forgetStale(folder, session.now());
  requireTurn(session, await recall(folder, id, session.now()), id, insist);
  await requireRoom(folder).catch((cause) => {
    throw session.fault('acme.broken', { reason: String(cause) }, cause);
  });
  try {
    const obtained = await withAccount(session, ({ url }) => attempt(session, url, wish, solver, id));
    await keep(obtained);
    await remember(folder, id, wish, { order: undefined, attempts: undefined });
    return obtained;
  } catch (error) {
    // Called off: nothing has failed, and the order is gone on with another time.
    if (session.signal?.aborted) throw error;
    const { order, attempts } = await recall(folder, id, session.now());
    await remember(folder, id, wish, { order, attempts: failedNow(session, attempts, error) });
    throw error;
  }
}

/** What is remembered once it has failed again. */
function failedNow({ ca, now }: Session, before: Attempts | undefined, error: unknown): Attempts {
  const fault =
    error instanceof Fault
      ? message(error.code, error.params)
      : message('acme.broken', { reason: String(error), ca });
  const notBefore = error instanceof Refusal ? error.notBefore : undefined;
  return {
    ...{ failures: (before?.failures ?? 0) + 1, last: now(), fault },
    ...(notBefore === undefined ? {} : { notBefore }),
  };
}

/** When a wish may be tried again, in milliseconds since 1970, and what failed last. */
export async function turnOf(folder: string, directory: string, wish: Wish, now = Date.now()) {
  const id = wishId(directory, wish);
  const { attempts } = await recall(folder, id, now);
  return { at: nextTry(attempts, id), attempts };
}

function requireTurn(session: Session, { attempts }: Memory, id: string, insist: boolean): void {
  const at = insist ? Math.min(attempts?.notBefore ?? 0, nextTry(attempts, id)) : nextTry(attempts, id);
  if (attempts && at > session.now())
    throw session.fault('acme.wait', { until: new Date(at).toISOString(), code: attempts.fault.code });
}

async function attempt(
  session: Session,
  kid: string,
  wish: Wish,
  solver: Solver,
  id: string,
): Promise<Obtained> {
  const names = wish.names.join(', ');
  const { placed, order } = (await resume(session, kid, wish, id)) ?? (await begin(session, kid, wish, id));
  const look = (doing: string, isDone: (order: Order) => boolean) =>
    poll(session, { url: placed.url, kid, schema: orderSchema, doing }, isDone);
  try {
    let current = order;
    if (current.status === 'pending') {
      await prove(session, kid, current, solver, wish.names);
      current = await look('validation', ({ status }) => status !== 'pending');
    }
    for (let left = 3; current.status === 'ready'; left--) {
      session.tell(message('acme.tell.issue', { names }));
      const csr = await makeRequest(placed.key, wish.names);
      try {
        await session.post(current.finalize, { csr }, { kid });
        current = await look('issuance', ({ status }) => status === 'valid' || status === 'invalid');
      } catch (error) {
        // Another of its machines knows of the validation already, this one not yet.
        if (!(error instanceof Refusal) || error.code !== 'acme.order' || left === 0) throw error;
        await session.pause(1000);
        current = await look('validation', ({ status }) => status !== 'pending');
      }
    }
    if (current.status === 'processing')
      current = await look('issuance', ({ status }) => status === 'valid' || status === 'invalid');
    if (current.status !== 'valid' || current.certificate === undefined)
      throw session.refusal(current.error ?? { type: 'about:blank', detail: `order ${current.status}` }, 0, {
        params: { names },
      });
    const certificate = await download(session, kid, current.certificate, wish);
    const wrong = wrongWith(certificate, placed.key, wish.names);
    if (wrong !== undefined) throw session.fault('acme.certificate', { names, reason: wrong });
    const until = new Date(validity(certificate).end).toISOString();
    session.tell(message('acme.tell.obtained', { names, until }));
    return { certificate, key: placed.key };
  } catch (error) {
    if (endsOrder(error)) await forgetOrder(session, wish, id);
    throw error;
  }
}

async function forgetOrder({ folder }: Session, wish: Wish, id: string): Promise<void> {
  const { attempts } = await recall(folder, id);
  await remember(folder, id, wish, { order: undefined, attempts });
}

/** The order that was placed before, if it can be gone on with. */
async function resume(session: Session, kid: string, wish: Wish, id: string) {
  const { order: placed } = await recall(session.folder, id);
  if (!placed) return undefined;
  try {
    const reply = await session.post(placed.url, undefined, { kid });
    const order = read(session, placed.url, orderSchema, reply);
    if (order.status === 'invalid') return undefined;
    session.tell(message('acme.tell.resumed', { names: wish.names.join(', '), ca: session.ca }));
    return { placed, order };
  } catch (error) {
    // It has expired, or is another account's by now.
    if (error instanceof Refusal && error.status >= 400 && error.status < 500 && error.status !== 429)
      return undefined;
    throw error;
  }
}

async function begin(session: Session, kid: string, wish: Wish, id: string) {
  const { url, order } = await place(session, kid, wish);
  const placed: PlacedOrder = { url, key: await makeKey(wish.keyType) };
  const { attempts } = await recall(session.folder, id);
  await remember(session.folder, id, wish, { order: placed, attempts });
  return { placed, order };
}

/** Places an order (RFC 8555 §7.4). That it takes an earlier certificate's place is said where the authority wants to know. */
async function place(
  session: Session,
  kid: string,
  wish: Omit<Wish, 'keyType' | 'chain'>,
): Promise<{ url: string; order: Order }> {
  const { newOrder, renewalInfo, meta } = await session.directory();
  const names = wish.names.join(', ');
  const { profile } = wish;
  if (profile !== undefined && !Object.hasOwn(meta.profiles ?? {}, profile))
    throw session.fault('acme.profile', {
      saw: `${profile}: ${Object.keys(meta.profiles ?? {}).join(', ') || '-'}`,
    });
  session.tell(message('acme.tell.order', { names, ca: session.ca }));
  const payload = {
    identifiers: wish.names.map((value) => ({ type: 'dns', value })),
    ...(profile === undefined ? {} : { profile }),
  };
  const replaces =
    wish.replaces === undefined || renewalInfo === undefined ? undefined : adviceId(wish.replaces);
  const send = (more: { replaces?: string }) =>
    session.post(newOrder, { ...payload, ...more }, { kid }).catch((error) => {
      if (!(error instanceof Refusal)) throw error;
      throw session.refusal(error.problem, error.status, { notBefore: error.notBefore, params: { names } });
    });
  const reply = await send(replaces === undefined ? {} : { replaces }).catch((error) => {
    // It was replaced already, or is none of its own: then this is an order like another (RFC 9773 §5).
    const isAboutIt = error instanceof Refusal && ['acme.replaced', 'acme.refused'].includes(error.code);
    if (replaces === undefined || !isAboutIt) throw error;
    return send({});
  });
  const url = reply.headers.location;
  if (url === undefined)
    throw session.fault('acme.protocol', { url: newOrder, status: reply.status, body: '' });
  return { url, order: read(session, newOrder, orderSchema, reply) };
}

async function download(session: Session, kid: string, url: string, wish: Wish): Promise<string> {
  const accept = 'application/pem-certificate-chain';
  const get = async (from: string) => {
    const reply = await session.post(from, undefined, { kid, accept });
    try {
      readChain(reply.body);
    } catch (cause) {
      throw session.fault('acme.protocol', { url: from, status: reply.status, body: '' }, cause);
    }
    return reply;
  };
  const first = await get(url);
  if (wish.chain === undefined) return first.body;
  const chains = [first.body];
  for (const other of alternatives(String(first.headers.link ?? ''))) chains.push((await get(other)).body);
  const wanted = preferredChain(chains, wish.chain);
  if (wanted === undefined)
    session.tell(message('acme.tell.chain', { issuer: wish.chain, offered: chains.map(topOf).join(', ') }));
  return wanted ?? first.body;
}

/** The URLs of other chains (RFC 8555 §7.4.2). */
function alternatives(link: string): string[] {
  return [...link.matchAll(/<([^>]+)>\s*;([^<]*)/g)]
    .filter(([, , parameters]) => /\brel="?alternate"?/i.test(parameters as string))
    .map(([, url]) => url as string);
}

/** Who stands at the end of a chain. */
function topOf(chain: string): string {
  return /^CN=(.*)$/m.exec(readChain(chain).at(-1)?.issuer ?? '')?.[1] ?? '?';
}

/**
 * Proves the names as `obtain` would, and has nothing issued. Proofs that the authority remembers are given up first, and those made
 * here afterwards, so that each rehearsal really is one.
 */
export async function rehearse(session: Session, wish: Wish, solver: Solver): Promise<void> {
  const { folder, authority } = session;
  const id = wishId(authority.directory, wish);
  const memory = await recall(folder, id, session.now());
  requireTurn(session, memory, id, true);
  try {
    await withAccount(session, (account) => rehearseAt(session, account.url, wish, solver));
  } catch (error) {
    if (error instanceof Refusal && error.notBefore !== undefined)
      await remember(folder, id, wish, { ...memory, attempts: failedNow(session, memory.attempts, error) });
    throw error;
  }
}

async function rehearseAt(session: Session, kid: string, wish: Wish, solver: Solver): Promise<void> {
  const { names, profile } = wish;
  const order = async () =>
    (await place(session, kid, { names, ...(profile === undefined ? {} : { profile }) })).order;
  let current = await order();
  const known = (await authorizationsOf(session, kid, current)).filter(
    ({ authorization }) => authorization.status === 'valid',
  );
  if (known.length > 0) {
    await giveUp(session, kid, known);
    current = await order();
  }
  await prove(session, kid, current, solver, names);
  await giveUp(session, kid, await authorizationsOf(session, kid, current));
}
