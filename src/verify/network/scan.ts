import { setTimeout as sleep } from 'node:timers/promises';
import type { Network, PortState } from './network.ts';

/**
 * How long a port may keep silent, in milliseconds. A kernel sends its first packet again after a second (RFC 6298), so
 * that one lost on the way does not make an open port pass for a silent one.
 */
const patience = 1500;

/** How many attempts are under way at once: below the usual 1,024 descriptors of a process, as other probes need some. */
const atOnce = 800;

/** With fewer attempts at once than this, a machine without descriptors is in the way of the scan. */
const fewest = 16;

/** How many attempts begin in a second, at most: the firewalls on the way remember each for a while. */
const perSecond = 3000;

/** The longest that so many attempts should take, in milliseconds: every port silent, on a machine that has other work. */
export function scanLimit(attempts: number): number {
  return Math.round(10_000 + 2 * (Math.ceil(attempts / atOnce) * patience + (attempts / perSecond) * 1000));
}

/** One attempt of a scan and what became of it. */
export interface Tried {
  readonly address: string;
  readonly port: number;
  readonly result: PortState;
}

/**
 * Tries every port on every address, telling each result as it comes in, and ends when all are tried or the signal says
 * so. Rejects with `problem`'s error for the first attempt that found out nothing.
 */
export async function scan(
  network: Network,
  addresses: readonly string[],
  ports: readonly number[],
  options: {
    readonly signal: AbortSignal;
    readonly told: (tried: Tried) => void;
    readonly problem: (error: unknown, address: string, port: number) => Error;
  },
): Promise<void> {
  const { signal, told, problem } = options;
  const total = addresses.length * ports.length;
  const began = performance.now();
  let begun = 0;
  let workers = Math.min(atOnce, total);
  let failed = false;
  const again: number[] = [];
  const work = async () => {
    while (!signal.aborted && !failed) {
      const mine = again.pop() ?? begun++;
      if (mine >= total) return;
      const early = began + (mine * 1000) / perSecond - performance.now();
      if (early > 10) await sleep(early);
      if (signal.aborted) return;
      // Addresses in turn, so that one machine's two are seen at the same time.
      const address = addresses[mine % addresses.length] as string;
      const port = ports[Math.floor(mine / addresses.length)] as number;
      try {
        told({ address, port, result: await network.tryPort(address, port, patience) });
      } catch (error) {
        if (isFull(error) && workers > fewest) {
          // One worker fewer, and what it had begun is for the others.
          workers--;
          again.push(mine);
          return;
        }
        failed = true;
        throw problem(error, address, port);
      }
    }
  };
  // Once more for what the last worker to give up had begun, when the others had ended before.
  while ((begun < total || again.length > 0) && !signal.aborted)
    await Promise.all(Array.from({ length: workers }, work));
}

/** Whether a machine has no room for one connection more. */
function isFull(error: unknown): boolean {
  return ['EMFILE', 'ENFILE', 'ENOBUFS'].includes((error as NodeJS.ErrnoException).code ?? '');
}

const scanning = new WeakMap<Network, Promise<unknown>>();

/** Scans of one vantage are made one after the other: two at once would need twice the descriptors and not end sooner. */
export function inTurn<T>(network: Network, work: () => Promise<T>): Promise<T> {
  const mine = (scanning.get(network) ?? Promise.resolve()).then(work);
  scanning.set(
    network,
    mine.catch(() => {}),
  );
  return mine;
}
