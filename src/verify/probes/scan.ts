import { portsOf, portsText } from '../../lib/ports.ts';
import { type Message, message } from '../../model/message.ts';
import { attempting, broken, kept } from '../attempt.ts';
import { connectTrouble, place } from '../connect.ts';
import { inTurn, scan, scanLimit, type Tried } from '../network/scan.ts';
import { placesText } from '../port-states.ts';
import type { Outcome, ProbeFunction } from '../probe.ts';

/** Beyond so many ranges of ports the evidence says how many ports there are. */
const mostRanges = 20;

/** What became of the ports of one address; unreachable ones by errno code. */
interface Tally {
  readonly open: number[];
  readonly closed: number[];
  readonly silent: number[];
  readonly unreachable: Map<string, number[]>;
}

/**
 * Of the ports that are tried, none accepts connections but the open ones. A connection is opened to each and closed
 * without a word. The excerpt lists what was tried, and what became of it. It has a time limit of its own, for thousands
 * of silent ports take minutes; what it cuts short proves nothing.
 */
export const scanPorts: ProbeFunction<'scan'> = ({ addresses, open, tried }, context) => {
  const ports = portsOf(tried);
  const attempts = ports.length * addresses.length;
  const { network } = context;
  return inTurn(network, () =>
    attempting({ ...context, timeout: scanLimit(attempts) }, async (attempt) => {
      const tallies = new Map(addresses.map((address) => [address, emptyTally()]));
      const surprises: { address: string; port: number }[] = [];
      const evidence = () => excerpt(ports, tallies);
      let done = 0;
      await scan(network, addresses, ports, {
        signal: attempt.over,
        told: (one) => {
          count(tallies.get(one.address) ?? emptyTally(), one);
          if (one.result.state === 'open' && !open.includes(one.port)) surprises.push(one);
          if (++done % 500 === 0 || done === 1) {
            const { seconds } = attempt;
            attempt.waitFor(
              surprises.length > 0
                ? surprised(surprises)
                : message('seen.scan.unfinished', { done, tried: attempts, seconds }),
              evidence(),
            );
          }
        },
        problem: (error, address, port) => connectTrouble(error as NodeJS.ErrnoException, address, port),
      });
      if (surprises.length > 0) return broken(surprised(surprises), evidence());
      return kept(summary(ports.length, tallies), evidence());
    }),
  );
};

function emptyTally(): Tally {
  return { open: [], closed: [], silent: [], unreachable: new Map() };
}

function count(tally: Tally, { port, result }: Tried): void {
  if (result.state !== 'unreachable') tally[result.state].push(port);
  else tally.unreachable.set(result.error, [...(tally.unreachable.get(result.error) ?? []), port]);
}

function surprised(found: readonly { address: string; port: number }[]): Message {
  return message('seen.scan.open', { places: placesText(found.map((one) => place(one.address, one.port))) });
}

/** The error of an address of which no port can be reached. */
function outOfReach({ open, closed, silent, unreachable }: Tally): string | undefined {
  if (open.length + closed.length + silent.length > 0) return undefined;
  return [...unreachable.keys()].join(', ') || undefined;
}

function summary(count: number, tallies: ReadonlyMap<string, Tally>): Message {
  const lost = [...tallies].filter(([, tally]) => outOfReach(tally) !== undefined);
  const missing = lost.map(([address]) => address).join(', ');
  const error = [...new Set(lost.map(([, tally]) => outOfReach(tally)))].join(', ');
  if (lost.length === tallies.size) return message('seen.scan.unreachable', { addresses: missing, error });
  const reached = [...tallies].filter(([address]) => !lost.some(([other]) => other === address));
  const addresses = reached.map(([address]) => address).join(', ');
  const answering = [...new Set(reached.flatMap(([, tally]) => tally.open))].sort((a, b) => a - b);
  const open = portsText(answering) || '∅';
  if (lost.length > 0) return message('seen.scan.partly', { count, addresses, open, missing, error });
  if (answering.length === 0) return message('seen.scan.none', { count, addresses });
  return message('seen.scan.held', { count, addresses, open });
}

function excerpt(
  ports: readonly number[],
  tallies: ReadonlyMap<string, Tally>,
): NonNullable<Outcome['excerpt']> {
  const list = (word: string, some: readonly number[]) =>
    some.length > 0
      ? [
          `${word} ${portsText(
            [...some].sort((a, b) => a - b),
            mostRanges,
          )}`,
        ]
      : [];
  return [
    `tried: ${portsText(ports)} (${ports.length})`,
    ...[...tallies].map(([address, { open, closed, silent, unreachable }]) => {
      const errors = [...unreachable].flatMap(([error, some]) => list(error, some));
      return `${address}: ${[...list('open', open), ...list('closed', closed), ...list('silent', silent), ...errors].join('; ')}`;
    }),
  ].join('\n');
}
