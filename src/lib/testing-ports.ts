import { createServer } from 'node:net';

/** The hundred ports that are this process's alone; the last is its guard. */
const size = 100;
const first = 20_000;
/** Below 32768: there, any connection of anybody's may take a port for its own end just when it looked free. */
const last = 31_900;

let block: Promise<number> | undefined;
let next = 0;

/**
 * The first of a hundred ports of loopback that no other test file has: they are claimed for as long as this process lives,
 * since files run beside each other, and the same tests may run in another copy of the sources. `used` are those of them that
 * must be free, where an earlier run may have left something that listens.
 */
export async function claimPorts(used: readonly number[] = []): Promise<number> {
  for (let at = first; ; at = at === last ? first : at + size) {
    if (await bound(at + size - 1, true)) {
      const free = await Promise.all(used.map((n) => bound(at + n)));
      if (!free.includes(false)) return at;
    }
    if (at === last) await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** Ports of loopback on which nothing listens, and that nobody else is given. */
export async function freePorts(count: number): Promise<number[]> {
  block ??= claimPorts();
  const ports: number[] = [];
  while (ports.length < count) {
    const port = (await block) + (next++ % (size - 1));
    if (await bound(port)) ports.push(port);
  }
  return ports;
}

/** A port of loopback on which nothing listens, and that nobody else is given. */
export async function freePort(): Promise<number> {
  return (await freePorts(1))[0] as number;
}

/** Whether it can be listened on; `keep` goes on with it. */
function bound(port: number, keep = false): Promise<boolean> {
  const server = createServer().unref();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => (keep ? resolve(true) : server.close(() => resolve(true))));
  });
}
