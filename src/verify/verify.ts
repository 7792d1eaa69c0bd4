import { setTimeout as sleep } from 'node:timers/promises';
import type { Evidence, Vantage } from '../model/evidence.ts';
import { type Expectation, promisedAt } from '../model/expectation.ts';
import { deepFreeze } from '../model/freeze.ts';
import { thisMachine } from './network/local.ts';
import type { Network } from './network/network.ts';
import type { ClientCertificates, ProbeContext } from './probe.ts';
import { runProbe } from './probes/index.ts';

export interface VerifyOptions {
  readonly vantage: Vantage;
  /** The network of the vantage; default this machine's. */
  readonly network?: Network;
  /** PEM certificates trusted besides the system's roots, e.g. Poterne's own CA; default none. */
  readonly authorities?: readonly string[];
  /** PEM certificates of Poterne's own authority, trusted for what it issued and nothing else; default none. */
  readonly ownRoots?: readonly string[];
  /** Where probes get client certificates from; default nowhere. */
  readonly clients?: ClientCertificates;
  /** By which the gateway knows our attacks (`src/lib/own-question.ts`); default none, so that they count as a visitor's. */
  readonly mark?: string;
  /** Milliseconds that one probe may take in all; default 10 000. */
  readonly timeout?: number;
  /** How many probes run at once; default 16. */
  readonly concurrency?: number;
  /**
   * How often a promise may be tried before it counts as broken, e.g. right after a reload; default 1, because the
   * truth is what a visitor meets.
   */
  readonly attempts?: number;
  /** Milliseconds between two attempts; default 500. */
  readonly pause?: number;
  /** Stops at once: probes in progress are closed and leave no evidence. */
  readonly signal?: AbortSignal;
  /** The clock for `at` and for certificates; default the system's. */
  readonly now?: () => Date;
}

/**
 * Tries every promise made to this vantage and returns what was seen of each, in the order of the expectations. `progress` is told each
 * piece as it comes in. Broken promises are evidence, not errors: this throws nothing. When stopped by the signal,
 * what was finished is returned.
 */
export async function verify(
  expectations: readonly Expectation[],
  options: VerifyOptions,
  progress: (evidence: Evidence, done: number, total: number) => void = () => {},
): Promise<readonly Evidence[]> {
  const promised = expectations.filter((expectation) => promisedAt(expectation, options.vantage));
  const found: (Evidence | undefined)[] = new Array(promised.length);
  let done = 0;
  for await (const { index, evidence } of run(promised, options)) {
    found[index] = evidence;
    progress(evidence, ++done, promised.length);
  }
  return found.filter((evidence) => evidence !== undefined);
}

/**
 * The same as a stream, in the order in which probes finish; keeps no more in memory than the probes in progress.
 * Leaving the loop stops them.
 */
export async function* observe(
  expectations: Iterable<Expectation>,
  options: VerifyOptions,
): AsyncGenerator<Evidence, void, undefined> {
  for await (const { evidence } of run(expectations, options)) yield evidence;
}

interface Numbered {
  readonly index: number;
  readonly evidence: Evidence;
}

async function* run(
  expectations: Iterable<Expectation>,
  options: VerifyOptions,
): AsyncGenerator<Numbered, void, undefined> {
  const { concurrency = 16, signal } = options;
  if (signal?.aborted) return;
  // One controller a probe: what each of them opens listens to its own, and nothing piles up on one shared signal.
  const inProgress = new Set<AbortController>();
  let stopped = false;
  const stop = () => {
    stopped = true;
    for (const controller of inProgress) controller.abort();
  };
  signal?.addEventListener('abort', stop, { once: true });
  // A copy, because what is trusted is read once for each array: a new run reads the system's roots anew.
  const authorities = [...(options.authorities ?? [])];
  const internalAuthorities = [...authorities, ...(options.ownRoots ?? [])];
  const running = new Map<number, Promise<Numbered>>();
  const next = async () => {
    const finished = await Promise.race(running.values());
    running.delete(finished.index);
    return finished;
  };
  try {
    let index = 0;
    for (const expectation of expectations) {
      if (!promisedAt(expectation, options.vantage)) continue;
      const mine = index++;
      const ending = new AbortController();
      inProgress.add(ending);
      running.set(
        mine,
        tryFor(expectation, { ...options, authorities, internalAuthorities, signal: ending.signal })
          .then((evidence) => ({ index: mine, evidence }))
          .finally(() => inProgress.delete(ending)),
      );
      if (running.size < concurrency) continue;
      const finished = await next();
      if (stopped) return;
      yield finished;
    }
    while (running.size > 0) {
      const finished = await next();
      if (stopped) return;
      yield finished;
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
}

type RunOptions = VerifyOptions &
  Required<Pick<VerifyOptions, 'authorities' | 'signal'>> &
  Pick<ProbeContext, 'internalAuthorities'>;

async function tryFor(expectation: Expectation, options: RunOptions): Promise<Evidence> {
  const { attempts = 1, pause = 500, signal } = options;
  let evidence = await tryOnce(expectation, options);
  for (let tried = 1; tried < attempts && !evidence.held && !signal.aborted; tried++) {
    await sleep(pause, undefined, { signal }).catch(() => {});
    evidence = await tryOnce(expectation, options);
  }
  return evidence;
}

async function tryOnce(expectation: Expectation, options: RunOptions): Promise<Evidence> {
  const {
    vantage,
    network = thisMachine,
    authorities,
    internalAuthorities,
    clients,
    mark,
    timeout = 10_000,
    signal,
    now = () => new Date(),
  } = options;
  const context: ProbeContext = {
    ...{ vantage, network, authorities, internalAuthorities, timeout, signal, now },
    ...(clients ? { clients } : {}),
    ...(mark === undefined ? {} : { mark }),
  };
  const at = now().toISOString();
  const began = performance.now();
  const { held, seen, excerpt } = await runProbe(expectation.probe, context);
  return deepFreeze({
    expectation: expectation.id,
    about: expectation.about,
    promise: expectation.promise,
    held,
    seen,
    ...(excerpt === undefined ? {} : { excerpt }),
    vantage: vantage.name,
    at,
    milliseconds: Math.round(performance.now() - began),
  });
}
