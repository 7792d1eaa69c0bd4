import { type Message, message } from '../model/message.ts';
import type { Attempt } from './attempt.ts';
import { connectTrouble, place, waitForConnection } from './connect.ts';
import type { PortState } from './network/network.ts';

/** How long one port may keep silent, in milliseconds: three packets of a kernel's (RFC 6298), one and two seconds apart. */
const patience = 3200;

/** A port of an address, and what became of the attempt to connect to it. */
export interface TriedPlace {
  readonly place: string;
  readonly result: PortState;
}

/** Tries one port on every address; throws `Trouble` when an attempt found out nothing. */
export function tryPlaces(
  addresses: readonly string[],
  port: number,
  attempt: Attempt,
): Promise<readonly TriedPlace[]> {
  const { network, timeout } = attempt.context;
  waitForConnection(addresses[0] ?? '', port, attempt);
  return Promise.all(
    addresses.map(async (address) => {
      try {
        const result = await network.tryPort(address, port, Math.min(patience, timeout / 2));
        return { place: place(address, port), result };
      } catch (error) {
        throw connectTrouble(error as NodeJS.ErrnoException, address, port);
      }
    }),
  );
}

/** Places as a message's parameter, the first twelve of them. */
export function placesText(places: readonly string[]): string {
  return places.length <= 12 ? places.join(', ') : `${places.slice(0, 12).join(', ')}, … (${places.length})`;
}

/** How places said no, all of them in one way or each in its own. */
export function refusalMessage(tried: readonly TriedPlace[]): Message {
  const places = placesText(tried.map((each) => each.place));
  const [first, ...others] = tried.map(({ result }) => result);
  if (first === undefined || others.some((other) => JSON.stringify(other) !== JSON.stringify(first)))
    return message('seen.port.mixed', { places });
  if (first.state === 'unreachable') return message('seen.port.unreachable', { places, error: first.error });
  return message(first.state === 'silent' ? 'seen.port.silent' : 'seen.port.refused', { places });
}
