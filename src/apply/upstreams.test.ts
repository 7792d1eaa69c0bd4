import { lookup } from 'node:dns/promises';
import { beforeEach, expect, test, vi } from 'vitest';
import { head, makeRig, port, type Rig, startService } from './testing.ts';

// The names of these tests are nobody's: what the resolver says of them is up to each test.
vi.mock('node:dns/promises', async (original) => ({
  ...(await original<typeof import('node:dns/promises')>()),
  lookup: vi.fn(),
}));

const upstream = port(90);
let known: Record<string, readonly string[]> = {};

beforeEach(() => {
  known = {};
  vi.mocked(lookup).mockImplementation((async (name: string) => {
    const addresses = known[name];
    if (!addresses) throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
    return addresses.map((address) => ({ address, family: 4 }));
  }) as never);
});

const yaml = (rig: Rig, url: string, team = 'a') => `${head(rig.ports)}
services:
  app: { url: "${url}", timeouts: { connect: 2s } }
publications:
  app.example.fr: { service: app, audience: everyone, headers: { add: { X-Team: ${team} } } }
`;

test('the gateway starts while the service is down, says so to visitors, and serves it once it is there', async () => {
  const rig = await makeRig();
  expect(await rig.apply(yaml(rig, `http://127.0.0.1:${upstream}`))).toMatchObject({
    outcome: 'applied',
    findings: [],
  });
  const down = await rig.get('app.example.fr');
  expect(down.status).toBe(502);
  expect(down.body).toContain('The service does not answer');
  await startService(upstream, 'welcome');
  expect(await rig.get('app.example.fr')).toMatchObject({ status: 200, body: 'welcome' });
});

test('a name that does not resolve yet answers 502, and serves after it does and apply ran again', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  const text = yaml(rig, `http://app.inside:${upstream}`);
  expect(await rig.apply(text)).toMatchObject({ outcome: 'applied', findings: [] });
  const down = await rig.get('app.example.fr');
  expect(down.status).toBe(502);
  expect(down.body).toContain('The service does not answer');
  known['app.inside'] = ['127.0.0.1'];
  expect(await rig.apply(text)).toMatchObject({ outcome: 'applied', started: false });
  expect(await rig.get('app.example.fr')).toMatchObject({ status: 200, body: 'welcome' });
});

test('when the resolver fails later, the remembered address is used, whatever else changes', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  const url = `http://app.inside:${upstream}`;
  known['app.inside'] = ['127.0.0.1'];
  await rig.apply(yaml(rig, url));
  known = {};
  expect(await rig.apply(yaml(rig, url))).toMatchObject({ outcome: 'unchanged' });
  expect(await rig.apply(yaml(rig, url, 'b'))).toMatchObject({ outcome: 'applied' });
  expect(await rig.get('app.example.fr')).toMatchObject({ status: 200, body: 'welcome' });
});

test('a resolver that turns its answers around changes nothing', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  const url = `http://app.inside:${upstream}`;
  known['app.inside'] = ['127.0.0.1', '127.0.0.2'];
  await rig.apply(yaml(rig, url));
  known['app.inside'] = ['127.0.0.2', '127.0.0.1'];
  expect(await rig.apply(yaml(rig, url))).toMatchObject({ outcome: 'unchanged' });
});
