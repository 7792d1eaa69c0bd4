import { type Message, message } from '../../model/message.ts';

/** How often the clock is looked at, and how far it may be from the monotonic one, in milliseconds. */
const every = 1000;
const tolerated = 30_000;

/**
 * Says when the machine's clock jumps, by the monotonic clock. Sessions are judged by the clock: those from its future are refused while
 * it is behind, those that it makes old end.
 */
export function followClock(
  tell: (what: Message) => void,
  wall: () => number = Date.now,
  monotonic: () => number = () => performance.now(),
): { look(): void; stop(): void } {
  let between = wall() - monotonic();
  const look = () => {
    const now = wall() - monotonic();
    const jump = now - between;
    between = now;
    if (Math.abs(jump) < tolerated) return;
    const seconds = Math.round(Math.abs(jump) / 1000);
    tell(message(jump < 0 ? 'entry.clock.back' : 'entry.clock.ahead', { seconds }));
  };
  const timer = setInterval(look, every).unref();
  return { look, stop: () => clearInterval(timer) };
}
