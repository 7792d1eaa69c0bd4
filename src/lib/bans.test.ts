import { expect, test } from 'vitest';
import type { Ban } from '../model/bans.ts';
import { siteOf } from '../plan/testing.ts';
import { askedNetwork, banNetwork, banTime, grown, inForce, neverBanned, neverOf } from './bans.ts';

test('an address stands for itself, of IPv6 for its /64, also where IPv4 is written as IPv6', () => {
  expect(['192.0.2.7', '::ffff:192.0.2.7', '2001:db8:1:2:3::4', 'nobody'].map(banNetwork)).toEqual([
    '192.0.2.7/32',
    '192.0.2.7/32',
    '2001:db8:1:2::/64',
    undefined,
  ]);
  expect(askedNetwork('2001:db8::/56')).toBe('2001:db8::/56');
});

test('each time twice as long, up to the longest', () => {
  const threshold = { failures: 5, within: 1, for: 10, longest: 60 };
  expect([0, 1, 2, 3, 40].map((before) => banTime(threshold, before))).toEqual([10, 20, 40, 60, 60]);
});

test('who goes from one /64 to the next has the whole /56 banned with the fourth', () => {
  const near = [0, 1, 2].map((n) => `2001:db8:1:${n}::/64`);
  expect(grown('2001:db8:1:3::/64', near.slice(1))).toBe('2001:db8:1:3::/64');
  expect(grown('2001:db8:1:3::/64', near)).toBe('2001:db8:1::/56');
  expect(grown('2001:db8:1:100::/64', near)).toBe('2001:db8:1:100::/64');
});

test('of two bans of one network the one counts that lasts longer, and none that is over', () => {
  const ban = (until: string | undefined): Ban => ({
    ...{ network: '192.0.2.7/32', kind: 'hand', at: '2026-01-01T00:00:00Z', by: 'x', reason: 'y' },
    ...{ gateway: 'g', before: 0, offences: [], ...(until === undefined ? {} : { until }) },
  });
  const at = '2026-06-01T00:00:00Z';
  const [over, short, open] = [ban('2026-05-01T00:00:00Z'), ban('2026-07-01T00:00:00Z'), ban(undefined)];
  expect(inForce([over], at)).toEqual([]);
  expect(inForce([short, over], at)).toEqual([short]);
  expect(inForce([short, open], at)).toEqual([open]);
  expect(inForce([open, short], at)).toEqual([open]);
});

test('those who administer, what is described, load balancers and this machine are never banned', async () => {
  const site = await siteOf(`site: s
zones: { lan: { networks: [10.0.0.0/24] }, all: { networks: [0.0.0.0/0] } }
hosts: { erp: { address: 192.0.2.1, ssh: {} }, gw: { address: 198.51.100.2, roles: [gateway] } }
admin: { from: [lan, everyone] }
gateway: { public: [198.51.100.1], trusted-fronts: [198.51.100.3] }
bans: { never: [203.0.113.0/24, all] }
`);
  const never = neverBanned(site);
  const why = (network: string) => neverOf(network, never)?.why;
  expect(
    [
      '10.0.0.7/32',
      '192.0.2.1/32',
      '198.51.100.1/32',
      '198.51.100.3/32',
      '203.0.113.9/32',
      '127.0.0.1/32',
    ].map(why),
  ).toEqual(['admin', 'host', 'gateway', 'front', 'described', 'loopback']);
  expect(why('203.0.0.0/16')).toBe('described');
  expect(why('192.0.2.2/32')).toBeUndefined();
});
