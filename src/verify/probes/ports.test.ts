import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { freePort } from '../../lib/testing-ports.ts';
import type { PortRange } from '../../model/expectation.ts';
import { thisMachine } from '../network/local.ts';
import type { Network, PortState } from '../network/network.ts';
import { openVantage } from '../network/remote.ts';
import { listen, mute, probe } from '../testing/servers.ts';

const remote = await openVantage('perl', ([program = '', ...rest]) => spawn(program, rest));
afterAll(() => remote.close());

/** A network in which ports are as the table says, closed otherwise. */
function pretended(states: Readonly<Record<string, PortState | Error>>): Network {
  return {
    ...thisMachine,
    tryPort: async (address, port) => {
      const state = states[`${address} ${port}`] ?? states[address] ?? { state: 'closed' };
      if (state instanceof Error) throw state;
      return state;
    },
  };
}
const open: PortState = { state: 'open' };
const silent: PortState = { state: 'silent' };
const lost: PortState = { state: 'unreachable', error: 'ENETUNREACH' };

describe.each([
  ['this machine', thisMachine],
  ['a vantage', remote],
] as const)('seen from %s', (_, network) => {
  test('connects', async () => {
    const port = await mute();
    expect(await probe({ kind: 'connects', addresses: ['127.0.0.1'], port }, { network })).toEqual({
      held: true,
      seen: { code: 'seen.port.accepted', params: { places: `127.0.0.1:${port}` } },
    });
    const both = { kind: 'connects', addresses: ['127.0.0.1', '127.0.0.2'], port } as const;
    expect(await probe(both, { network })).toEqual({
      held: false,
      seen: { code: 'seen.port.refused', params: { places: `127.0.0.2:${port}` } },
    });
  });

  test('refuses-connection', async () => {
    const port = await mute();
    const addresses = ['127.0.0.2', '127.0.0.1'];
    expect(await probe({ kind: 'refuses-connection', addresses, port }, { network })).toEqual({
      held: false,
      seen: { code: 'seen.port.open', params: { places: `127.0.0.1:${port}` } },
    });
    const free = await freePort();
    expect(await probe({ kind: 'refuses-connection', addresses, port: free }, { network })).toMatchObject({
      held: true,
      seen: { code: 'seen.port.refused' },
    });
  });

  test('a scan finds an open port over IPv4 and over IPv6, and says what it tried', async (context) => {
    const four = await mute();
    const six = await listen(createServer(), '::1').catch(() => undefined);
    if (six === undefined) return context.skip('no IPv6 here');
    const addresses = ['127.0.0.1', '::1'];
    const tried: PortRange[] = [[Math.min(four, six) - 1, Math.max(four, six)]];
    const scan = (allowed: readonly number[]) =>
      probe({ kind: 'scan', addresses, open: allowed, tried }, { network });
    const kept = await scan([four, six]);
    expect(kept).toMatchObject({ held: true, seen: { code: 'seen.scan.held' } });
    expect(kept.excerpt).toMatch(/^tried: (\d+)-(\d+) \(\d+\)\n127\.0\.0\.1: open .*; closed .*\n::1: open /);
    expect(await scan([four])).toMatchObject({
      held: false,
      seen: { code: 'seen.scan.open', params: { places: `[::1]:${six}` } },
    });
    expect(await scan([six])).toMatchObject({
      held: false,
      seen: { code: 'seen.scan.open', params: { places: `127.0.0.1:${four}` } },
    });
  });
});

describe('a scan', () => {
  const scan = (network: Network, more: object = {}) =>
    probe(
      { kind: 'scan', addresses: ['10.0.0.1', 'fd00::1'], open: [2], tried: [[1, 3]], ...more },
      { network },
    );

  test('says of each address what was open, closed, silent and out of reach', async () => {
    expect(await scan(pretended({ '10.0.0.1 2': open, '10.0.0.1 3': silent, 'fd00::1': lost }))).toEqual({
      held: true,
      seen: {
        code: 'seen.scan.partly',
        params: { count: 3, addresses: '10.0.0.1', open: '2', missing: 'fd00::1', error: 'ENETUNREACH' },
      },
      excerpt: 'tried: 1-3 (3)\n10.0.0.1: open 2; closed 1; silent 3\nfd00::1: ENETUNREACH 1-3',
    });
    expect(await scan(pretended({}))).toMatchObject({ held: true, seen: { code: 'seen.scan.none' } });
    expect(await scan(pretended({ '10.0.0.1': lost, 'fd00::1': lost }))).toMatchObject({
      held: true,
      seen: { code: 'seen.scan.unreachable', params: { addresses: '10.0.0.1, fd00::1' } },
    });
  });

  test('an attempt that found out nothing keeps no promise', async () => {
    const full = Object.assign(new Error('too many'), { code: 'EMFILE' });
    expect(await scan(pretended({ '10.0.0.1 3': full }))).toEqual({
      held: false,
      seen: { code: 'seen.exhausted', params: { place: '10.0.0.1:3' } },
    });
    const refuses = { kind: 'refuses-connection', addresses: ['10.0.0.1'], port: 3 } as const;
    expect(await probe(refuses, { network: pretended({ '10.0.0.1 3': full }) })).toMatchObject({
      held: false,
      seen: { code: 'seen.exhausted' },
    });
  });

  test('a machine with few descriptors is asked for less at once, and every port is still tried', async () => {
    let now = 0;
    let seen = 0;
    const small: Network = {
      ...thisMachine,
      tryPort: async () => {
        if (now >= 50) throw Object.assign(new Error('too many'), { code: 'EMFILE' });
        now++;
        await new Promise((resolve) => setTimeout(resolve, 5));
        now--;
        seen++;
        return silent;
      },
    };
    const outcome = await scan(small, { addresses: ['10.0.0.1'], tried: [[1, 2000]] });
    expect(outcome).toMatchObject({ held: true, excerpt: expect.stringContaining('silent 1-2000') });
    expect(seen).toBe(2000);
  });

  test('scans of one vantage are made one after the other, and stop when told', async () => {
    let now = 0;
    let most = 0;
    const slow: Network = {
      ...thisMachine,
      tryPort: () =>
        new Promise((resolve) => {
          most = Math.max(most, ++now);
          setTimeout(() => {
            now--;
            resolve(silent);
          }, 200);
        }),
    };
    const all = { addresses: ['10.0.0.1'], tried: [[1, 300]] };
    await Promise.all([scan(slow, all), scan(slow, all), scan(slow, all)]);
    expect(most).toBe(300);
    const stop = new AbortController();
    const began = performance.now();
    const long = probe(
      { kind: 'scan', addresses: ['10.0.0.1'], open: [], tried: [[1, 65_535]] },
      { network: slow, signal: stop.signal },
    );
    setTimeout(() => stop.abort(), 100);
    expect(await long).toMatchObject({ held: false, seen: { code: 'seen.stopped' } });
    expect(performance.now() - began).toBeLessThan(1000);
    await expect.poll(() => now).toBe(0);
  });
});

test('a name that leads elsewhere than promised', async () => {
  const network: Network = { ...thisMachine, lookup: async () => ['203.0.113.1', '2001:DB8::1'] };
  const ask = (addresses: readonly string[]) =>
    probe({ kind: 'resolves', name: 'erp.example.fr', addresses }, { network });
  expect(await ask(['203.0.113.1', '2001:db8:0::1', '203.0.113.2'])).toMatchObject({ held: true });
  expect(await ask(['203.0.113.1'])).toEqual({
    held: false,
    seen: {
      code: 'seen.resolves.elsewhere',
      params: { name: 'erp.example.fr', addresses: '203.0.113.1, 2001:DB8::1', wanted: '203.0.113.1' },
    },
  });
});
