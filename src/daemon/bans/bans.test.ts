import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually, type Rig } from '../../apply/testing.ts';
import { searchAudit } from '../../audit/search.ts';
import { application, goOn, live, run, upstream } from '../cut/testing.ts';
import { list, networks, scan, started, visit } from './testing.ts';

// Who does too much is banned by a real daemon, and refused by a real nginx, without any right of root's. Visitors come through a load
// balancer that is believed: loopback itself is never banned.

const yaml = ({ ports: { http, https } }: Rig) => `site: test
gateway: { listen: [127.0.0.1], http-port: ${http}, https-port: ${https}, trusted-fronts: [127.0.0.1] }
zones: { office: { networks: [203.0.113.0/24] } }
services: { app: { url: "http://127.0.0.1:${upstream}", events: [/events] } }
publications:
  one.example.fr: { service: app, audience: everyone }
bans:
  scans: { failures: 3, within: 1m, for: 1h }
  never: [office]
  contact: "it@example.fr"
`;

async function begun() {
  await application();
  return started(yaml);
}

/** Who was banned, as the audit log has it. */
async function logged({ state }: Rig): Promise<readonly (string | undefined)[]> {
  const found: (string | undefined)[] = [];
  for await (const { to } of searchAudit(state, { what: 'ban' })) found.push(to);
  return found;
}

test('who asks for names that nobody published is banned, told so, ended, and let in again', async () => {
  const { rig, end, again } = await begun();
  const [bad, good, six] = ['198.51.100.7', '198.51.100.8', '2001:db8:1:2::5'];
  const held = await live(rig, 'one.example.fr', 'events', undefined, `X-Forwarded-For: ${bad}\r\n`);
  const other = await live(rig, 'one.example.fr', 'events', undefined, `X-Forwarded-For: ${good}\r\n`);
  for (let n = 0; n < 3; n++) await scan(rig, bad);
  await scan(rig, good);
  await eventually(async () => (await networks(rig)).length > 0);
  expect(await networks(rig)).toEqual(['198.51.100.7/32']);
  await eventually(() => held.ended !== undefined);
  await goOn([other]);
  const told = await visit(rig, bad, { 'accept-language': 'fr' });
  const [{ until = '' } = {}] = await list(rig);
  expect([told.status, told.body]).toEqual([403, expect.stringContaining('exclu pour un temps')]);
  expect(told.body).toContain(`${until.slice(0, 16).replace('T', ' ')} UTC · it@example.fr`);
  expect(await visit(rig, bad, { accept: 'application/json' })).toMatchObject({
    status: 403,
    body: expect.stringContaining('"status":403'),
  });
  expect(await visit(rig, good)).toMatchObject({ status: 200, body: 'welcome' });

  // Of IPv6, a whole /64: whoever has one address there has them all.
  for (const last of [':5', ':aaaa', 'b:c:d:e']) await scan(rig, `2001:db8:1:2:${last}`);
  await eventually(async () => (await networks(rig)).includes('2001:db8:1:2::/64'));
  await eventually(async () => (await visit(rig, six)).status === 403);
  expect(await visit(rig, '2001:db8:1:3::5')).toMatchObject({ status: 200 });

  await eventually(async () => (await logged(rig)).length === 2);
  // It holds without the daemon, and over its next start.
  await end();
  expect(await visit(rig, bad)).toMatchObject({ status: 403 });
  await again();
  expect(await visit(rig, bad)).toMatchObject({ status: 403 });

  const why = await run(rig, 'ban', 'why', bad);
  expect(why.said).toMatch(/198\.51\.100\.7 is banned until .*, for names that nobody published, by poterne/);
  expect(why.said).toContain('nobody.example');
  expect((await run(rig, 'ban', 'remove', bad)).status).toBe(0);
  expect(await visit(rig, bad)).toMatchObject({ status: 200 });
  expect((await run(rig, 'ban', 'remove', bad)).status).toBe(1);

  // The second time, twice as long.
  for (let n = 0; n < 3; n++) await scan(rig, bad);
  await eventually(async () => (await networks(rig)).includes('198.51.100.7/32'));
  const [second] = (await list(rig)).filter(({ network }) => network === '198.51.100.7/32');
  expect(second?.before).toBe(1);
  expect(Date.parse(second?.until ?? '') - Date.parse(second?.at ?? '')).toBe(2 * 3_600_000);
  await eventually(async () => (await logged(rig)).length === 3);
  expect(await logged(rig)).toEqual(['198.51.100.7', '2001:db8:1:2::/64', '198.51.100.7']);
});

test('who is blocked by a firewall is banned, and why is told by the publication’s name', async () => {
  await application();
  const { rig } = await started((of) =>
    yaml(of)
      .replace('audience: everyone', 'audience: everyone, scenario: proxy+waf')
      .replace('scans: { failures: 3', 'waf: { failures: 2'),
  );
  const bad = '198.51.100.7';
  // The daemon counts from when it looked first.
  await eventually(async () => {
    expect(await visit(rig, bad, { referer: 'http://a/<script>alert(1)</script>' })).toMatchObject({
      status: 403,
    });
    return (await networks(rig)).length > 0;
  });
  const why = await run(rig, 'ban', 'why', bad);
  expect(why.said).toMatch(/one\.example\.fr\/ \d{6}/);
  expect(why.said).not.toContain('one_example_fr');
  // Who is banned costs no look at what they send.
  const log = async () => (await readFile(join(rig.state, 'nginx/log/waf.log'), 'utf8')).length;
  const before = await log();
  for (let n = 0; n < 3; n++)
    expect((await visit(rig, bad, { referer: 'http://a/<script>alert(1)</script>' })).body).toContain(
      'You are shut out',
    );
  expect(await log()).toBe(before);
});

test('by hand: at once and for a time; and never whom the description spares', async () => {
  const { rig } = await begun();
  const held = await live(rig, 'one.example.fr', 'events', undefined, 'X-Forwarded-For: 192.0.2.7\r\n');
  const added = await run(rig, 'ban', 'add', '192.0.2.0/24', '--reason', 'scans us', '--for', '3s');
  expect([added.status, added.said]).toEqual([
    0,
    expect.stringMatching(/192\.0\.2\.0\/24 is banned until .*ended: 1/),
  ]);
  await eventually(() => held.ended !== undefined);
  expect(await visit(rig, '192.0.2.9')).toMatchObject({ status: 403 });
  await eventually(async () => (await visit(rig, '192.0.2.9')).status === 200);
  expect(await networks(rig)).toEqual([]);

  const refused = await run(rig, 'ban', 'add', '203.0.0.0/16', '--reason', 'a mistake');
  expect([refused.status, refused.said]).toEqual([1, expect.stringContaining('bans.never')]);
  for (let n = 0; n < 6; n++) await scan(rig, '203.0.113.7');
  for (let n = 0; n < 3; n++) await scan(rig, '192.0.2.77');
  await eventually(async () => (await networks(rig)).includes('192.0.2.77/32'));
  expect(await networks(rig)).toEqual(['192.0.2.77/32']);
  expect((await run(rig, 'ban', 'add', 'nonsense', '--reason', 'x')).status).toBe(2);
});
