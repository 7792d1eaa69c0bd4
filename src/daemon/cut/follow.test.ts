import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openAudit } from '../../audit/log.ts';
import type { Cut, CutTarget } from '../../model/cut.ts';
import type { Site } from '../../model/site.ts';
import { openSharedStore, type Store } from '../../store/store.ts';
import { hasPostgres, startPostgres } from '../../store/testing/postgres.ts';
import { type CutGround, cutOff, restore } from './cutting.ts';
import { readCuts } from './records.ts';
import { follow } from './watch.ts';

// Two gateways of a site, and the real database that they share.

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const site = {
  ...{ name: 'pair', gateway: { host: 'gateway', listen: [] }, hosts: [] },
  publications: [{ id: 'erp', name: 'erp.example.fr', scenario: 'proxy' }],
};

async function gateway(store: Store): Promise<CutGround & { look(): Promise<string[]> }> {
  const state = await mkdtemp(join(tmpdir(), 'poterne-pair-'));
  closing.push(() => rm(state, { recursive: true, force: true }));
  const ground: CutGround = {
    ...{ state, site: site as unknown as Site, forgetVerdicts: async () => {}, endSessions: async () => 0 },
    share: (cut) =>
      store.cuts.tell(site.name, {
        ...{ kind: cut.target.kind, name: cut.target.name, at: cut.at, detail: JSON.stringify(cut) },
      }),
    unshare: (target, at) => store.cuts.restore(site.name, target, at),
    audit: () => openAudit(state),
  };
  return {
    ...ground,
    async look() {
      await follow(ground, ground.site as Site, store, () => {});
      return (await readCuts(state)).map(({ target }) => target.name).sort();
    },
  };
}

const erp: CutTarget = { kind: 'publication', name: 'erp.example.fr', id: 'erp' };
const cut = (target: CutTarget, at: string): Cut => ({ target, at, by: 'root', reason: 'x', say: false });
const why = (at: string) => ({ by: 'root', reason: '', at });

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
