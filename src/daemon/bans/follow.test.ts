import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openAudit } from '../../audit/log.ts';
import type { Ban } from '../../model/bans.ts';
import type { Message } from '../../model/message.ts';
import type { Site } from '../../model/site.ts';
import { openStore } from '../../store/store.ts';
import type { CutGround } from '../cut/cutting.ts';
import { ban as banHere } from './banning.ts';
import { follow } from './follow.ts';
import { type BanRecord, banned, keepBan, readBans } from './records.ts';

// What two gateways tell each other by a store; that they do is proved by whole ones in pair.test.ts.

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const site = (never: readonly string[] = []) =>
  ({
    ...{ name: 'pair', gateway: { host: 'g', listen: [], publicAddresses: [], trustedFronts: [] } },
    ...{ hosts: [], zones: [], publications: [] },
    bans: { never: never.map((name) => ({ kind: 'network', name })), thresholds: {}, pointer: '' },
  }) as unknown as Site;

async function pair(never: readonly string[] = []) {
  const folder = await mkdtemp(join(tmpdir(), 'poterne-pair-'));
  closing.push(() => rm(folder, { recursive: true, force: true }));
  const store = await openStore(folder);
  closing.push(() => store.close());
  /** One whose clock is ahead by so many milliseconds. */
  const gateway = (name: string, site: Site, ahead = 0) => {
    let clock = ahead;
    const state = join(folder, name);
    const ground = { state, site, audit: () => openAudit(state) } as unknown as CutGround;
    const told: string[] = [];
    return {
      told,
      ground,
      look: async () => {
        const said = ({ params }: Message) => told.push(String(params.network));
        await follow(ground, site, store, said, () => Date.now() + clock);
        return (await readBans(state)).map(({ network, until }) => `${network} ${until && minute(until)}`);
      },
      /** Its clock is set; when its only ban ends by the right clock, to the minute. */
      set: (milliseconds: number) => {
        clock = milliseconds;
      },
      ends: async () => {
        const [{ until = '' } = {}] = banned(await readBans(state));
        return until && minute(shifted(until, -clock));
      },
      /** What was done there, by its own clock. */
      keep: (made: BanRecord) =>
        keepBan(state, {
          ...made,
          at: shifted(made.at, clock),
          ...(made.until === undefined ? {} : { until: shifted(made.until, clock) }),
          ...(made.removed === undefined ? {} : { removed: shifted(made.removed, clock) }),
        }),
    };
  };
  const tell = (ban: Ban) =>
    store.bans.tell('pair', { network: ban.network, at: ban.at, detail: JSON.stringify(ban) });
  return { store, tell, gateway, one: gateway('one', site()), two: gateway('two', site(never)) };
}
/** Clocks are looked at one after the other: to the minute. */
const minute = (iso: string) => shifted(iso, 30_000).slice(0, 16);
const shifted = (iso: string, by: number) => new Date(Date.parse(iso) + by).toISOString();

const hour = 3_600_000;
const day = 24 * hour;
const now = Date.now();
const at = (days: number) => new Date(now + days * day).toISOString();
const ban = (more: Partial<Ban>): Ban => ({
  ...{ network: '198.51.100.7/32', kind: 'scans', at: at(-2), until: at(1), by: 'poterne', reason: 'scans' },
  ...{ gateway: 'another', before: 0, offences: [] },
  ...more,
});

test('who is never banned at one gateway is not by the other, and not told of again and again', async () => {
  const { tell, one, two } = await pair(['198.51.100.0/24']);
  await tell(ban({}));
  for (const _ of [1, 2]) {
    expect(await one.look()).toEqual([`198.51.100.7/32 ${minute(at(1))}`]);
    expect(await two.look()).toEqual([]);
  }
  expect([one.told, two.told]).toEqual([['198.51.100.7'], []]);
});

test('a later ban that was counted shortens none that stands, a later one by hand does; both agree', async () => {
  const { tell, one, two } = await pair();
  await tell(ban({ until: at(5), kind: 'hand' }));
  expect(await one.look()).toEqual([`198.51.100.7/32 ${minute(at(5))}`]);
  await tell(ban({ at: at(-1) }));
  expect(await two.look()).toEqual([`198.51.100.7/32 ${minute(at(1))}`]);
  await one.look();
  for (const _ of [1, 2])
    expect([await one.look(), await two.look()]).toEqual([
      [`198.51.100.7/32 ${minute(at(5))}`],
      [`198.51.100.7/32 ${minute(at(5))}`],
    ]);
  await tell(ban({ at: at(0), until: at(2), kind: 'hand' }));
  expect(await one.look()).toEqual([`198.51.100.7/32 ${minute(at(2))}`]);
});

test('what fail2ban or the gateway counts shortens no ban by hand on the same gateway', async () => {
  const { one } = await pair();
  const [network, by, reason] = ['198.51.100.7/32', 'root', 'scans us'];
  const ask = { network, by, reason, offences: [] };
  await banHere(one.ground, { ...ask, kind: 'hand' });
  const { ban: kept } = await banHere(one.ground, { ...ask, kind: 'ssh', by: 'fail2ban', lasts: 1000 });
  expect(kept).toMatchObject({ kind: 'hand', by: 'root' });
  expect(await one.look()).toEqual(['198.51.100.7/32 undefined']);
});

test('what ended long ago is forgotten, what has no end never', async () => {
  const { store, tell, one } = await pair();
  await tell(ban({ at: at(-40), until: at(-31) }));
  const { until: _, ...endless } = ban({ network: '198.51.100.8/32', at: at(-40) });
  await tell(endless);
  await tell(ban({ network: '198.51.100.9/32', at: at(-40), until: at(9) }));
  await store.bans.remove('pair', '198.51.100.9/32', at(-39));
  for (const _ of [1, 2]) {
    expect(await one.look()).toEqual(['198.51.100.8/32 undefined']);
    expect((await store.bans.list('pair')).map(({ network }) => network)).toEqual(['198.51.100.8/32']);
  }
});

test('clocks that differ by hours make no ban shorter or longer, and the later word counts whoever has it', async () => {
  const { store, gateway } = await pair();
  const [fast, slow] = [gateway('fast', site(), 5 * hour), gateway('slow', site(), -7 * hour)];
  const both = async () => {
    for (const each of [fast, slow, fast, slow]) await each.look();
    return [await fast.ends(), await slow.ends()];
  };
  const [begun, later, last] = [at(-3 / 24), at(-2 / 24), at(-1 / 24)];
  const first = ban({ at: begun, until: at(2) });
  await fast.keep(first);
  expect(await both()).toEqual([minute(at(2)), minute(at(2))]);
  expect([fast.told, slow.told]).toEqual([[], ['198.51.100.7']]);
  // The slow one bans by hand for less, and the fast one removes it: each an hour after the other.
  await slow.keep(ban({ at: later, until: at(1), kind: 'hand' }));
  expect(await both()).toEqual([minute(at(1)), minute(at(1))]);
  await fast.keep({ ...ban({ at: later, until: at(1), kind: 'hand' }), removed: last });
  expect(await both()).toEqual(['', '']);
  expect((await store.bans.list('pair')).map(({ removed }) => minute(removed ?? ''))).toEqual([minute(last)]);
  // Banned again by the slow one, whose clock shows a time before all that.
  await slow.keep(ban({ at: at(0), until: at(3) }));
  expect(await both()).toEqual([minute(at(3)), minute(at(3))]);
  const told = [...fast.told, ...slow.told];
  // Somebody sets the fast clock right.
  fast.set(0);
  expect(await both()).toEqual([minute(at(3)), minute(at(3))]);
  expect([...fast.told, ...slow.told]).toEqual(told);
});
