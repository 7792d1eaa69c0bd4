import { expect, test } from 'vitest';
import type { Message } from '../../model/message.ts';
import { followClock } from './clock.ts';

test('a clock that jumps is said, once and which way; one that is corrected slowly is not', () => {
  const said: Message[] = [];
  let [wall, monotonic] = [1_000_000, 0];
  const clock = followClock(
    (what) => said.push(what),
    () => wall,
    () => monotonic,
  );
  const pass = (seconds: number, drift = 0) => {
    monotonic += seconds * 1000;
    wall += (seconds + drift) * 1000;
    clock.look();
  };
  pass(3600, 5);
  expect(said).toEqual([]);
  pass(5, -3600);
  pass(5);
  pass(5, 7200);
  expect(said.map(({ code, params }) => [code, params.seconds])).toEqual([
    ['entry.clock.back', 3600],
    ['entry.clock.ahead', 7200],
  ]);
  clock.stop();
});
