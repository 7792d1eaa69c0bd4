import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openAudit } from '../../audit/log.ts';
import type { Cut, CutTarget } from '../../model/cut.ts';
import type { Site } from '../../model/site.ts';
import { openSharedStore, openStore, type Store } from '../../store/store.ts';
import { hasPostgres, startPostgres } from '../../store/testing/postgres.ts';
import { type CutGround, cutOff, restore } from './cutting.ts';
import { follow } from './follow.ts';
import { isPublicationCut, markCuts, readCuts } from './records.ts';
import { shareCut, shareRestored } from './sharing.ts';

// Two gateways of a site, and the real database that they share.

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const site = {
  ...{ name: 'pair', gateway: { host: 'gateway', listen: [] }, hosts: [] },
  publications: [{ id: 'erp', name: 'erp.example.fr', scenario: 'proxy' }],
};

/** One whose clock is ahead by so many milliseconds. */
async function gateway(store: Store, ahead = 0) {
  const state = await mkdtemp(join(tmpdir(), 'poterne-pair-'));
  closing.push(() => rm(state, { recursive: true, force: true }));
  let by = ahead;
  const clock = () => Date.now() + by;
  const here = site as unknown as Site;
  const ground: CutGround = {
    ...{ state, site: here, forgetVerdicts: async () => {}, endSessions: async () => 0 },
    share: (cut) => shareCut(state, here, store, cut, clock),
    unshare: (cut, at) => shareRestored(here, store, cut, at, clock),
    audit: () => openAudit(state),
  };
  const told: string[] = [];
  return {
    ...ground,
    told,
    async look() {
      await follow(ground, here, store, ({ params }) => told.push(String(params.what)), clock);
      return (await readCuts(state)).map(({ target }) => target.name).sort();
    },
    /** A moment as its own clock shows it. */
    shows: (at: number) => new Date(at + by).toISOString(),
    set: (milliseconds: number) => {
      by = milliseconds;
    },
    /** When its only cut ends, by the right clock: clocks are looked at one after the other, so to the minute. */
    async ends() {
      const [{ until = '' } = {}] = await readCuts(state);
      return until && Math.round((Date.parse(until) - by) / 60_000);
    },
  };
}

const erp: CutTarget = { kind: 'publication', name: 'erp.example.fr', id: 'erp' };
const cut = (target: CutTarget, at: string): Cut => ({ target, at, by: 'root', reason: 'x', say: false });
const why = (at: string) => ({ by: 'root', reason: '', at });

test('clocks that differ by hours make no cut shorter or longer, and the later word counts whoever has it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'poterne-pair-'));
  closing.push(() => rm(folder, { recursive: true, force: true }));
  const store = await openStore(folder);
  closing.push(() => store.close());
  const hour = 3_600_000;
  const [fast, slow] = [await gateway(store, 5 * hour), await gateway(store, -7 * hour)];
  const both = async () => {
    for (const each of [fast, slow, fast, slow]) await each.look();
    return [await fast.ends(), await slow.ends()];
  };
  const now = Date.now();
  const end = (hours: number) => Math.round((now + hours * hour) / 60_000);
  const made = (by: typeof fast, hours: number, lasts: number): Cut => ({
    ...cut(erp, by.shows(now + hours * hour)),
    until: by.shows(now + lasts * hour),
  });
  await cutOff(fast, made(fast, -3, 2));
  expect(await both()).toEqual([end(2), end(2)]);
  expect([fast.told, slow.told]).toEqual([[], ['erp.example.fr']]);
  // The slow one cuts it off for less, an hour later; its clock shows an earlier time than the fast one did.
  await cutOff(slow, made(slow, -2, 1));
  expect(await both()).toEqual([end(1), end(1)]);
  // The fast one restores it, and the slow one cuts it off again after that.
  await restore(fast, erp, why(fast.shows(now - hour)));
  expect(await both()).toEqual(['', '']);
  await cutOff(slow, made(slow, -0.5, 3));
  expect(await both()).toEqual([end(3), end(3)]);
  const told = [fast.told.length, slow.told.length];
  // Somebody sets the fast clock right: it ends when it was meant to, and is not told of again.
  fast.set(0);
  expect(await both()).toEqual([end(3), end(3)]);
  expect([fast.told.length, slow.told.length]).toEqual(told);
  await restore(slow, erp, why(slow.shows(now)));
  expect(await both()).toEqual(['', '']);
});

test.skipIf(!hasPostgres)(
  'what one gateway cuts off or restores, the other does; the later word counts, also of one that was away',
  async () => {
    const database = await startPostgres();
    closing.push(() => database.end());
    const store = await openSharedStore(database.place, undefined);
    closing.push(() => store.close());
    const [one, two] = [await gateway(store), await gateway(store)];

    await cutOff(one, cut(erp, '2026-11-25T01:00:00.000Z'));
    await cutOff(one, cut({ kind: 'user', name: 'alice' }, '2026-11-25T01:00:01.000Z'));
    expect(await two.look()).toEqual(['alice', 'erp.example.fr']);
    expect(await two.look()).toEqual(['alice', 'erp.example.fr']);

    // By the other one, whose clock is behind.
    await restore(two, erp, why('2026-11-25T00:30:00.000Z'));
    expect([await one.look(), await two.look()]).toEqual([['alice'], ['alice']]);

    // The database was away when it was cut off again.
    const alone = { ...one, share: async () => Promise.reject(new Error('away')) };
    const receipt = await cutOff(alone, cut(erp, '2026-11-25T02:00:00.000Z'));
    expect(receipt.troubles).toEqual([{ code: 'daemon.trouble', params: { reason: 'away' } }]);
    expect(await two.look()).toEqual(['alice']);
    expect(await one.look()).toEqual(['alice', 'erp.example.fr']);
    expect(await two.look()).toEqual(['alice', 'erp.example.fr']);

    // One that has ended by itself is nobody's any more.
    const short = {
      ...cut({ kind: 'all', name: 'all' }, '2026-11-25T03:00:00.000Z'),
      until: '2026-11-25T03:00:01.000Z',
    };
    await one.share(short);
    expect(await two.look()).toEqual(['alice', 'erp.example.fr']);
  },
  60_000,
);

test('what another process took away before it could know holds once there is a record', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'poterne-pair-'));
  closing.push(() => rm(folder, { recursive: true, force: true }));
  const store = await openStore(folder);
  closing.push(() => store.close());
  const one = await gateway(store);
  let looked: Promise<void> | undefined;
  const forgetVerdicts = async () => {
    looked ??= markCuts(one.state, [], site.publications as never);
    await looked;
  };
  const { troubles } = await cutOff({ ...one, forgetVerdicts }, cut(erp, '2026-11-25T01:00:00.000Z'));
  expect([troubles, isPublicationCut(one.state, 'erp')]).toEqual([[], true]);
});
