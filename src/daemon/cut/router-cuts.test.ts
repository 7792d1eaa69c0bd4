import { expect, test } from 'vitest';
import { routerCuts } from './router-cuts.ts';

const nft = (ports: readonly number[]) =>
  JSON.stringify({
    nftables: [
      { metainfo: { version: '1.0.6', json_schema_version: 1 } },
      {
        set: {
          family: 'inet',
          name: 'cut_ports',
          type: 'inet_service',
          ...(ports.length > 0 ? { elem: ports } : {}),
        },
      },
    ],
  });

test('what a router says it has cut off: in force or only kept, with and without an end, also by an earlier version or by hand', () => {
  const record = { at: '2026-11-26T10:00:00.000Z', by: 'alice', reason: 'scans | us \u001b[31m' };
  const said = [
    nft([2222, 990]),
    `2222|2026-11-26 22:00:00 UTC|${JSON.stringify(record)}`,
    '2223|-|',
    '2224|-|{"at":"yesterday"}',
    '',
  ].join('\n');
  expect(routerCuts('fw', said)).toEqual([
    { host: 'fw', port: 990, inForce: true },
    {
      ...{ host: 'fw', port: 2222, inForce: true, until: '2026-11-26T22:00:00.000Z' },
      record: { ...record, reason: 'scans | us \ufffd[31m' },
    },
    { host: 'fw', port: 2223, inForce: false },
    { host: 'fw', port: 2224, inForce: false },
  ]);
  expect(routerCuts('fw', `${nft([])}\n`)).toEqual([]);
  for (const bad of ['', 'motd', `${nft([1])}\nWelcome to fw`]) expect(() => routerCuts('fw', bad)).toThrow();
});
