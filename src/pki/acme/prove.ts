import { harmless } from '../../lib/harmless.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { type Authorization, authorizationSchema, type Challenge, type Order, read } from './objects.ts';
import { patience, poll } from './poll.ts';
import { codeOf, endsOrder, kindOf, saw } from './problem.ts';
import type { Session } from './session.ts';
import type { Proof, Solver } from './types.ts';

/** One name of an order, as the authority asks for its proof. */
interface Asked {
  readonly url: string;
  readonly authorization: Authorization;
}

/** What the names of an order are waiting for. */
export async function authorizationsOf(session: Session, kid: string, order: Order): Promise<Asked[]> {
  const asked: Asked[] = [];
  const deadline = session.now() + patience;
  for (const url of order.authorizations) {
    // One after the other: an authority that is slow with each would hold us for hours.
    if (session.now() > deadline) throw session.fault('acme.slow', { doing: 'authorizations' });
    const reply = await session.post(url, undefined, { kid });
    asked.push({ url, authorization: read(session, url, authorizationSchema, reply) });
  }
  return asked;
}

/**
 * Proves the names of an order that are not proved yet, and takes the proofs away whatever happens. Throws what the authority saw of
 * the names that it does not take for ours, and gives up the others then, so that nothing stays pending there.
 */
export async function prove(
  session: Session,
  kid: string,
  order: Order,
  solver: Solver,
  names: readonly string[],
): Promise<void> {
  requireFew(session, order, names);
  const asked = await authorizationsOf(session, kid, order);
  requireOurs(session, asked, names);
  const pending = asked.filter(({ authorization }) => authorization.status === 'pending');
  // Of an order from before, which can come to nothing any more.
  const over = asked.filter(({ authorization: { status } }) => status !== 'pending' && status !== 'valid');
  const shown: Proof[] = [];
  try {
    if (over.length > 0)
      throw notTaken(
        session,
        over.map(({ authorization }) => authorization),
        solver,
      );
    const proofs = pending.map((asked) => ({ ...asked, ...proofOf(session, asked.authorization, solver) }));
    await all(
      proofs.map(async ({ proof, authorization }) => {
        session.tell(message('acme.tell.proof', { name: named(authorization) }));
        shown.push(proof);
        await solver.present(proof, session.signal ?? new AbortController().signal);
      }),
    );
    if (proofs.length > 0) session.tell(message('acme.tell.validation', { ca: session.ca }));
    const ends = await all(
      proofs.map(async ({ url, challenge }) => {
        // It is being looked at since an attempt that was called off.
        if (challenge.status === 'pending') await session.post(challenge.url, {}, { kid });
        const wanted = { url, kid, schema: authorizationSchema, doing: 'validation' };
        return poll(session, wanted, ({ status }) => status !== 'pending');
      }),
    );
    const failed = ends.filter(({ status }) => status !== 'valid');
    if (failed.length > 0) throw notTaken(session, failed, solver);
  } catch (error) {
    if (endsOrder(error)) await giveUp(session, kid, pending);
    throw error;
  } finally {
    for (const proof of shown)
      await solver.withdraw(proof).catch((error) => {
        // What went wrong before matters more; what stays is one record that proves nothing any more.
        const reason = error instanceof Fault ? error.code : String(error);
        session.tell(message('acme.tell.untidy', { name: proof.name, reason }));
      });
  }
}

/** Gives up authorizations that nothing will come of (RFC 8555 §7.5.2): authorities limit how many may be pending. */
export async function giveUp(session: Session, kid: string, asked: readonly Asked[]): Promise<void> {
  for (const { url } of asked)
    await session.post(url, { status: 'deactivated' }, { kid }).catch(() => {
      // One that has failed is over anyway.
    });
}

/** A name takes one proof at most (RFC 8555 §7.1.3): more is no answer to what was asked for. */
function requireFew(session: Session, { authorizations }: Order, names: readonly string[]): void {
  if (authorizations.length <= names.length) return;
  const body = `${authorizations.length} authorizations`;
  throw session.fault('acme.protocol', { url: authorizations[0] ?? '', status: 200, body });
}

/** No proof is written for a name that was not asked for: it goes into the DNS, and to programs of the user's. */
function requireOurs(session: Session, asked: readonly Asked[], names: readonly string[]): void {
  const wanted = new Set(names.map((name) => name.replace(/^\*\./, '').toLowerCase()));
  const other = asked.find(({ authorization }) => !wanted.has(authorization.identifier.value.toLowerCase()));
  if (!other) return;
  const body = harmless(other.authorization.identifier.value).slice(0, 120);
  throw session.fault('acme.protocol', { url: other.url, status: 200, body });
}

function proofOf({ key, fault }: Session, authorization: Authorization, solver: Solver) {
  const { challenges, identifier } = authorization;
  const challenge = challenges.find(({ type, token }) => type === solver.type && token !== undefined);
  if (challenge?.token === undefined)
    throw fault('acme.challenge', {
      name: named(authorization),
      wanted: solver.type,
      offered: challenges.map(({ type }) => type).join(', '),
    });
  const { token } = challenge;
  const proof: Proof = { name: identifier.value, token, keyAuthorization: `${token}.${key.thumbprint}` };
  return { challenge, proof };
}

function named({ identifier, wildcard }: Authorization): string {
  return wildcard ? `*.${identifier.value}` : identifier.value;
}

/** What the authority found where it looked for proofs: the same words can mean different things on port 80 and in the DNS. */
const found: Readonly<Record<Solver['type'], Readonly<Record<string, Fault['code']>>>> = {
  'http-01': {
    connection: 'acme.connection',
    dns: 'acme.unresolved',
    incorrectResponse: 'acme.answer',
    tls: 'acme.connection',
    unauthorized: 'acme.answer',
  },
  'dns-01': { dns: 'acme.record', incorrectResponse: 'acme.record', unauthorized: 'acme.record' },
};

function notTaken(session: Session, failed: readonly Authorization[], solver: Solver): Fault {
  const parts = failed.map((authorization) => {
    const error = authorization.challenges.find((each: Challenge) => each.error)?.error;
    return { name: named(authorization), problem: error ?? { type: authorization.status, detail: '' } };
  });
  const { problem } = parts[0] as (typeof parts)[number];
  const names = parts.map(({ name }) => name).join(', ');
  const told = parts.map(({ name, problem }) => `${name}: ${saw(problem)}`).join('; ');
  const code = found[solver.type][kindOf(problem)];
  if (code !== undefined) return session.fault(code, { names, saw: told });
  const other = codeOf(problem, 0);
  const isPlain = other === 'acme.caa' || other === 'acme.rejected';
  return session.fault(isPlain ? other : 'acme.validation', { names, saw: told });
}

/** Waits for all, then throws the first failure: nothing goes on behind a failure. */
async function all<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const ends = await Promise.allSettled(promises);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
  return ends.map((end) => (end as PromiseFulfilledResult<T>).value);
}
