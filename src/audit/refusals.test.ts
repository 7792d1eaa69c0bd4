import { expect, test } from 'vitest';
import type { AuditEntry } from './entry.ts';
import { refusalLimits, tellRefusals } from './refusals.ts';

function rig() {
  const entries: AuditEntry[] = [];
  const clock = { at: 0 };
  const refusals = tellRefusals(
    async (entry) => void entries.push(entry),
    () => clock.at,
  );
  return { entries, clock, ...refusals };
}
const one = { who: 'alice', what: 'access', to: 'erp', from: '192.0.2.7', why: 'hours' };

test('the first is told at once, and a minute later how often it happened again', () => {
  const { entries, clock, note, flush } = rig();
  for (let n = 0; n < 5000; n++) note(one);
  note({ ...one, why: 'group' });
  expect(entries.map(({ detail }) => detail)).toEqual([{ why: 'hours' }, { why: 'group' }]);
  expect(entries[0]).toMatchObject({ who: 'alice', to: 'erp', from: '192.0.2.7', result: 'refused' });
  clock.at = refusalLimits.every;
  flush();
  expect(entries.slice(2).map(({ detail }) => detail)).toEqual([{ why: 'hours', count: 4999 }]);
  note(one);
  expect(entries).toHaveLength(4);
});

test('whoever has a million addresses fills neither the log nor the memory', () => {
  const { entries, clock, note, flush } = rig();
  for (let n = 0; n < 100_000; n++) note({ ...one, who: '-', from: `2001:db8::${n.toString(16)}` });
  expect(entries.length).toBe(refusalLimits.told);
  clock.at = refusalLimits.every;
  flush();
  const [last] = entries.slice(-1);
  expect(last).toMatchObject({ who: '*', from: '*', detail: { count: 100_000 - refusalLimits.told } });
  expect(entries.length).toBe(refusalLimits.told + 1);
});
