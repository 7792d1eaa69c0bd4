import { expect, test } from 'vitest';
import { atEnd, eventually, port, type Rig } from '../../apply/testing.ts';
import { faketime } from '../../lib/testing-faketime.ts';
import type { SharedStore } from '../../model/store.ts';
import { hasPostgres, startPostgres } from '../../store/testing/postgres.ts';
import { readCuts } from '../cut/records.ts';
import { application, goOn, live, upstream } from '../cut/testing.ts';
import { readBans } from './records.ts';
import { networks, scan, started, visit } from './testing.ts';

// Two gateways of a site, each with its daemon and its nginx, and the PostgreSQL that they share. The clock of one is fast.

const yaml =
  ({ host, database, user }: SharedStore) =>
  ({ ports: { http, https } }: Rig) =>
    `site: pair
gateway: { listen: [127.0.0.1], http-port: ${http}, https-port: ${https}, trusted-fronts: [127.0.0.1] }
store: { postgres: { host: ${host}, database: ${database}, user: ${user} } }
services: { app: { url: "http://127.0.0.1:${upstream}", events: [/events] } }
publications:
  one.example.fr: { service: app, audience: everyone }
bans:
  scans: { failures: 3, within: 1m, for: 1h }
`;

const from = (address: string) => `X-Forwarded-For: ${address}\r\n`;

test.skipIf(!hasPostgres)(
  'who is banned at one gateway is at the other, also who was while they could not speak',
  async () => {
    const database = await startPostgres();
    atEnd(() => database.end());
    await application();
    const described = yaml(database.place);
    const [one, two] = await Promise.all([
      started(described),
      started(described, { http: port(2), https: port(3) }, await faketime({ FAKETIME: '+10m' })),
    ]);
    const rigs = [one.rig, two.rig] as const;
    const [bad, good, away, other] = ['198.51.100.7', '198.51.100.8', '192.0.2.7', '192.0.2.8'];
    const statuses = (address: string) =>
      Promise.all(rigs.map(async (rig) => (await visit(rig, address)).status));
    const become = (address: string, ...wanted: readonly number[]) =>
      eventually(
        async () => `${await statuses(address)}` === `${wanted}`,
        () => `${address} is not answered ${wanted}: ${one.said()}\n${two.said()}`,
      );
    const scans = async (rig: Rig, address: string) => {
      for (let n = 0; n < 3; n++) await scan(rig, address);
    };

    // What is live ends at both, and nobody else's.
    const [held, otherHeld] = [
      await live(two.rig, 'one.example.fr', 'events', undefined, from(bad)),
      await live(two.rig, 'one.example.fr', 'events', undefined, from(good)),
    ];
    await scans(one.rig, bad);
    await become(bad, 403, 403);
    await eventually(() => held.ended !== undefined);
    await goOn([otherHeld]);
    expect(await statuses(good)).toEqual([200, 200]);
    await eventually(() => two.said().includes('198.51.100.7'));
    // It ends at the same time, which the clock of the other shows ten minutes later.
    const ends = await Promise.all(
      rigs.map(async ({ state }) =>
        Date.parse((await readBans(state)).find(({ network }) => network === `${bad}/32`)?.until ?? ''),
      ),
    );
    expect(Math.abs((ends[1] as number) - (ends[0] as number) - 600_000)).toBeLessThan(5000);
    expect((await two.run('ban', 'why', bad)).said).toMatch(
      /198\.51\.100\.7 is banned until .*, for names that nobody published/,
    );

    // The one that banned starts again; then it is removed at the other.
    await one.end();
    expect(await statuses(bad)).toEqual([403, 403]);
    await one.again();
    expect(await statuses(bad)).toEqual([403, 403]);
    expect((await two.run('ban', 'remove', bad)).status).toBe(0);
    await become(bad, 200, 200);
    // Removed by the fast clock, banned again by the other: that is later.
    const again = '192.0.2.9';
    await two.run('ban', 'add', again, '--reason', 'scans us');
    await become(again, 403, 403);
    await two.run('ban', 'remove', again);
    await become(again, 200, 200);
    await one.run('ban', 'add', again, '--reason', 'scans us', '--for', '5m');
    await become(again, 403, 403);
    expect((await one.run('ban', 'remove', again)).status).toBe(0);
    await become(again, 200, 200);

    // So do cuts: by the fast clock, and restored by the other.
    const until = async (rig: Rig) => Date.parse((await readCuts(rig.state))[0]?.until ?? '') || undefined;
    expect((await two.run('cut', `address:${again}`, '--reason', 'x', '--for', '5m')).status).toBe(0);
    await become(again, 503, 503);
    const [here, there] = [await until(one.rig), await until(two.rig)];
    expect(Math.abs((there as number) - (here as number) - 600_000)).toBeLessThan(5000);
    expect((await one.run('restore', `address:${again}`)).status).toBe(0);
    await become(again, 200, 200);

    // The database is away: each goes on by itself, also with what it is told by hand.
    await one.run('ban', 'add', other, '--reason', 'scans us');
    await become(other, 403, 403);
    await database.stop();
    await scans(one.rig, away);
    await scans(two.rig, bad);
    await become(away, 403, 200);
    await become(bad, 200, 403);
    expect((await one.run('ban', 'remove', other)).status).toBe(0);
    expect(await statuses(other)).toEqual([200, 403]);
    // The other one starts without it.
    await two.end();
    await two.again();
    expect(await statuses(bad)).toEqual([200, 403]);

    await eventually(() => /store.unreachable/.test(two.said()));
    await database.start();
    await become(away, 403, 403);
    await become(bad, 403, 403);
    await become(other, 200, 200);
    for (const rig of rigs)
      expect([...(await networks(rig))].sort()).toEqual(['192.0.2.7/32', '198.51.100.7/32']);
  },
);
