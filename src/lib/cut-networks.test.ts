import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { expect, test } from 'vitest';
import { networkFiles, unitOf } from './cut-networks.ts';
import { inNetwork, parseNetwork } from './ip.ts';

function isCut(address: string, network: string): boolean {
  const files = networkFiles(network);
  if (!files) throw new Error(network);
  return files.names.includes(files.kind === 'addresses' ? address : (unitOf(address) ?? ''));
}

test('an address is cut off exactly when it lies in a network that is', () => {
  const group = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 0xffff }));
  // Global unicast, documentation's and private ones (RFC 4291, 2.4): none begins with a zero.
  const v6 = fc
    .tuple(fc.integer({ min: 1, max: 0xffff }), fc.array(group, { minLength: 7, maxLength: 7 }))
    .map(([first, rest]) => new ipaddr.IPv6([first, ...rest]).toString());
  const v4 = fc.ipV4();
  const lengths = { 4: [12, 32], 6: [52, 64] } as const;
  const asked = fc.oneof(
    ...([4, 6] as const).map((family) =>
      fc.tuple(
        family === 4 ? v4 : v6,
        family === 4 ? v4 : v6,
        fc.integer({ min: lengths[family][0], max: lengths[family][1] }),
        fc.boolean(),
      ),
    ),
  );
  fc.assert(
    fc.property(asked, ([base, other, length, isNear]) => {
      const network = parseNetwork(`${base}/${length}`) as string;
      const address = isNear ? base : other;
      expect(isCut(address, network)).toBe(inNetwork(address, network));
    }),
    { numRuns: 300 },
  );
});

test('what would be too many files is none', () => {
  expect(networkFiles('10.0.0.0/8')).toBeUndefined();
  expect(networkFiles('2001:db8::/32')).toBeUndefined();
  expect(networkFiles('2001:db8::/96')).toBeUndefined();
  expect(networkFiles('10.0.0.0/22')?.names).toEqual(['10.0.0', '10.0.1', '10.0.2', '10.0.3']);
  expect(networkFiles('2001:db8::7/128')?.names).toEqual(['2001:db8::7']);
});
