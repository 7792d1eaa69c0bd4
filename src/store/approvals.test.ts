import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore, type Store } from './store.ts';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-store-'));
  store = await openStore(folder);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const at = new Date('2026-11-26T10:00:00Z');
const hours = (n: number) => new Date(at.getTime() + n * 3_600_000);
const request = {
  person: 'alice',
  publication: 'erp',
  rule: '/publications/erp/audience/0',
  reason: 'the quarter',
};

test('what was asked twice is one request; accepted, it holds until it ends by itself', async () => {
  const { approvals } = store;
  const { approval, isNew } = await approvals.ask('s', request, at);
  expect(isNew).toBe(true);
  expect(await approvals.ask('s', { ...request, reason: 'again' }, hours(1))).toEqual({
    approval,
    isNew: false,
  });
  expect(await approvals.waiting('s', at)).toEqual([approval]);
  expect(await approvals.waiting('other', at)).toEqual([]);
  expect(await approvals.holding('s', at)).toEqual([]);
  const accepted = await approvals.decide('s', approval.id, { by: 'bob', at: hours(1), until: hours(5) });
  expect(accepted).toEqual({
    ...approval,
    ...{ state: 'accepted', by: 'bob', decided: hours(1), until: hours(5) },
  });
  expect(await approvals.holding('s', hours(4.99), 'alice')).toEqual([accepted]);
  expect(await approvals.holding('s', hours(5))).toEqual([]);
  expect(await approvals.holding('s', hours(2), 'carol')).toEqual([]);
  expect(await approvals.waiting('s', hours(2))).toEqual([]);
});

test('what is asked many times at once is one request, and after its answer another one', async () => {
  const ask = () => Promise.all(Array.from({ length: 20 }, () => store.approvals.ask('s', request, at)));
  for (let round = 1; round <= 3; round++) {
    const asked = await ask();
    expect(asked.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(new Set(asked.map(({ approval }) => approval.id)).size).toBe(1);
    expect(await store.approvals.waiting('s', at)).toHaveLength(1);
    await store.approvals.decide('s', asked[0]?.approval.id ?? '', { by: 'bob', at });
    expect(await store.approvals.of('s', 'alice')).toHaveLength(round);
  }
});

test('one answer counts: the second comes too late', async () => {
  const { approvals } = store;
  const { approval } = await approvals.ask('s', request, at);
  const both = await Promise.all([
    approvals.decide('s', approval.id, { by: 'bob', at }),
    approvals.decide('s', approval.id, { by: 'carol', at, until: hours(4) }),
  ]);
  expect(both.filter(Boolean)).toHaveLength(1);
  expect(await approvals.decide('other', approval.id, { by: 'bob', at })).toBeUndefined();
});

test('an accepted one can be ended, once; nobody answers a request of more than a week ago', async () => {
  const { approvals } = store;
  const { approval } = await approvals.ask('s', request, at);
  await approvals.decide('s', approval.id, { by: 'bob', at, until: hours(4) });
  expect(await approvals.end('s', approval.id, hours(1))).toBe(true);
  expect(await approvals.end('s', approval.id, hours(2))).toBe(false);
  expect(await approvals.holding('s', hours(1))).toEqual([]);
  const old = await approvals.ask('s', request, at);
  expect(await approvals.waiting('s', hours(169))).toEqual([]);
  expect(await approvals.decide('s', old.approval.id, { by: 'bob', at: hours(169), until: hours(170) })).toBe(
    undefined,
  );
  const anew = await approvals.ask('s', request, hours(169));
  expect(anew.isNew).toBe(true);
  const [newest, ...older] = await approvals.of('s', 'alice');
  expect(newest).toEqual(anew.approval);
  expect(older).toHaveLength(2);
});
