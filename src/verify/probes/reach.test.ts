import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { freePort } from '../../lib/testing-ports.ts';
import { door, listen, mute, probe, tcp } from '../testing/servers.ts';

describe('resolves', () => {
  test('a localhost name without asking DNS', async () => {
    expect(await probe({ kind: 'resolves', name: 'deep.app.localhost' })).toMatchObject({
      held: true,
      seen: { code: 'seen.resolves.localhost' },
    });
  });

  test('an address is where it says', async () => {
    expect(await probe({ kind: 'resolves', name: '127.0.0.2' })).toMatchObject({
      held: true,
      seen: { code: 'seen.resolves.held', params: { addresses: '127.0.0.2' } },
    });
  });

  test('a name that nobody has, even when the vantage has an address of its own', async () => {
    const outcome = await probe(
      { kind: 'resolves', name: 'nobody.invalid' },
      { timeout: 20_000, vantage: { name: 'here', address: '127.0.0.1' } },
    );
    expect(outcome.held).toBe(false);
    // Without a name server in reach the resolver says so instead.
    expect(['seen.name.unknown', 'seen.name.resolver']).toContain(outcome.seen.code);
  });

  test('with a port, something must accept there', async () => {
    expect(await probe({ kind: 'resolves', name: 'app.localhost', port: await mute() })).toMatchObject({
      held: true,
    });
    expect(await probe({ kind: 'resolves', name: '127.0.0.1', port: await freePort() })).toMatchObject({
      held: false,
      seen: { code: 'seen.refused' },
    });
  });
});

describe('listens', () => {
  test('a connection is accepted, and the rule that led there is told', async () => {
    const port = await mute();
    expect(await probe({ kind: 'listens', door: door(port) })).toEqual({
      held: true,
      seen: {
        code: 'seen.listens.localhost',
        params: { place: `127.0.0.1:${port}`, name: 'app.localhost' },
      },
    });
  });

  test('the vantage’s address stands in for the name', async () => {
    const port = await mute();
    const at = { vantage: { name: 'here', address: '127.0.0.1' } };
    expect(await probe({ kind: 'listens', door: door(port, { name: 'erp.invalid' }) }, at)).toEqual({
      held: true,
      seen: { code: 'seen.listens.held', params: { place: `127.0.0.1:${port}` } },
    });
  });

  test('the second loopback address is tried too', async (context) => {
    const server = createServer((socket) => socket.resume());
    const port = await listen(server, '::1').catch(() => undefined);
    if (port === undefined) return context.skip('no IPv6 here');
    expect(await probe({ kind: 'listens', door: door(port) })).toMatchObject({
      held: true,
      seen: { params: { place: `[::1]:${port}` } },
    });
  });

  test('nothing listens', async () => {
    const port = await freePort();
    expect(await probe({ kind: 'listens', door: door(port) })).toEqual({
      held: false,
      seen: { code: 'seen.refused', params: { place: `127.0.0.1:${port}` } },
    });
  });

  test('an unknown name', async () => {
    const outcome = await probe(
      { kind: 'listens', door: door(1, { name: 'nobody.invalid' }) },
      { timeout: 20_000 },
    );
    expect(['seen.name.unknown', 'seen.name.resolver']).toContain(outcome.seen.code);
  });

  test('stopped from outside', async () => {
    const stopped = AbortSignal.abort();
    expect(await probe({ kind: 'listens', door: door(await mute()) }, { signal: stopped })).toMatchObject({
      held: false,
      seen: { code: 'seen.stopped' },
    });
  });
});

test('a PROXY header comes first, with the true addresses', async () => {
  let heard: (text: string) => void = () => {};
  const header = new Promise<string>((resolve) => {
    heard = resolve;
  });
  let source = 0;
  const port = await tcp((socket) => {
    source = socket.remotePort ?? 0;
    socket.once('data', (data) => heard(data.toString()));
  });
  await probe({ kind: 'refuses-handshake', door: door(port, { proxyProtocol: true }) }, { timeout: 1000 });
  expect((await header).split('\r\n')[0]).toBe(`PROXY TCP4 127.0.0.1 127.0.0.1 ${source} ${port}`);
});
