import type { Duplex } from 'node:stream';
import { type Message, message } from '../model/message.ts';
import { printable } from './excerpt.ts';
import type { Outcome, ProbeContext } from './probe.ts';

/** What stopped a probe, already explained. Only between the parts of `verify`: no probe throws. */
export class Trouble extends Error {
  readonly seen: Message;
  readonly excerpt: string | undefined;

  constructor(seen: Message, excerpt?: string) {
    super(seen.code);
    this.seen = seen;
    this.excerpt = excerpt;
  }
}

/** The promise was settled before the probe came to its own question. */
export class Settled extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super(outcome.seen.code);
    this.outcome = outcome;
  }
}

/** One probe in progress. */
export class Attempt {
  readonly context: ProbeContext;
  /** Aborted when the probe is over, for whatever reason; everything opened is closed by it. */
  readonly over: AbortSignal;
  #waitingFor: Message = message('seen.unexpected', { error: 'timeout' });
  #excerpt: string | undefined;
  readonly #streams = new Set<Duplex>();

  constructor(context: ProbeContext, over: AbortSignal) {
    this.context = context;
    this.over = over;
    over.addEventListener('abort', () => this.#destroyAll(), { once: true });
  }

  /** The time limit in seconds, for messages. */
  get seconds(): number {
    return Math.round(this.context.timeout / 100) / 10;
  }

  /** Says what is waited for from here on: what will have been seen if the time limit strikes. */
  waitFor(seen: Message, excerpt?: string): void {
    this.#waitingFor = seen;
    this.#excerpt = excerpt;
  }

  /**
   * Destroys the stream when the attempt is over. One layered on another (`beneath`) takes its place: destroying it
   * destroys both, while destroying the lower one first makes Node 20's TLS fall over with a segmentation fault.
   */
  own<S extends Duplex>(stream: S, beneath?: Duplex): S {
    // Errors after the probe has what it wanted concern nobody, but without a listener they end the process.
    stream.on('error', () => {});
    if (beneath) this.#streams.delete(beneath);
    if (this.over.aborted) stream.destroy();
    else {
      this.#streams.add(stream);
      stream.once('close', () => this.#streams.delete(stream));
    }
    return stream;
  }

  #destroyAll(): void {
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
  }

  timedOut(): Outcome {
    return broken(this.#waitingFor, this.#excerpt);
  }
}

/** A promise that does not hold. */
export function broken(seen: Message, excerpt?: string): Outcome {
  return { held: false, seen, ...(excerpt ? { excerpt } : {}) };
}

/** A promise that holds. */
export function kept(seen: Message, excerpt?: string): Outcome {
  return { held: true, seen, ...(excerpt ? { excerpt } : {}) };
}

/** Runs the body of a probe within its time limit; what it throws becomes an outcome, and what it opened is closed. */
export async function attempting(
  context: ProbeContext,
  body: (attempt: Attempt) => Promise<Outcome>,
): Promise<Outcome> {
  if (context.signal?.aborted) return broken(message('seen.stopped'));
  const over = new AbortController();
  const attempt = new Attempt(context, over.signal);
  let timer: NodeJS.Timeout | undefined;
  let stop = () => {};
  const stopped = new Promise<Outcome>((resolve) => {
    timer = setTimeout(() => resolve(attempt.timedOut()), context.timeout);
    stop = () => resolve(broken(message('seen.stopped')));
  });
  context.signal?.addEventListener('abort', stop, { once: true });
  try {
    const outcome = await Promise.race([stopped, body(attempt).catch(explain)]);
    // A vantage that is gone looks like a refusal to some probes.
    const lost = context.network.lost();
    return lost === undefined ? outcome : broken(message('seen.vantage.lost', { error: printable(lost) }));
  } finally {
    clearTimeout(timer);
    context.signal?.removeEventListener('abort', stop);
    over.abort();
  }
}

function explain(error: unknown): Outcome {
  if (error instanceof Settled) return error.outcome;
  if (error instanceof Trouble) return broken(error.seen, error.excerpt);
  return broken(
    message('seen.unexpected', { error: printable(error instanceof Error ? error.message : String(error)) }),
  );
}
