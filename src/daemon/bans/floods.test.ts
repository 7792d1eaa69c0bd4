import { once } from 'node:events';
import tls from 'node:tls';
import { expect, test } from 'vitest';
import { eventually, type Rig } from '../../apply/testing.ts';
import { asking, connect, headers, reset } from '../../engines/nginx/testing-h2.ts';
import { application, goOn, live, run, upstream } from '../cut/testing.ts';
import { entryCookie } from '../entry/cookies.ts';
import { passOf, peopleAt } from '../entry/testing-people.ts';
import { networks, started, visit } from './testing.ts';

// Whoever sends far more requests than a limit lets through is banned for it, by a real daemon and a real nginx.

const yaml = ({ ports: { http, https } }: Rig) => `site: test
gateway: { listen: [127.0.0.1], http-port: ${http}, https-port: ${https}, trusted-fronts: [127.0.0.1] }
people: { alice: { groups: [staff] } }
sign-in: { at: portail.example.fr }
services: { app: { url: "http://127.0.0.1:${upstream}", events: [/events] } }
publications:
  one.example.fr: { service: app, audience: everyone, limits: { requests: 5/s, burst: 5 } }
  free.example.fr: { service: app, audience: everyone }
  erp.example.fr:
    service: app
    audience: [ { groups: [staff] } ]
    limits: { requests: 5/s, burst: 5, session: { requests: 5/s, burst: 5 } }
bans:
  floods: { failures: 25, within: 1m, for: 1h }
`;

const rush = 60;

/** So many requests at once over one connection; how often each status was answered. */
async function flood({ ports }: Rig, name: string, from: string, headers = ''): Promise<Map<string, number>> {
  const socket = tls.connect({
    ...{ host: '127.0.0.1', port: ports.https, servername: name, rejectUnauthorized: false },
  });
  socket.on('error', () => undefined);
  let said = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    said += text;
  });
  const head = (more: string) =>
    `GET / HTTP/1.1\r\nHost: ${name}\r\nX-Forwarded-For: ${from}\r\n${headers}${more}\r\n`;
  socket.write(`${head('').repeat(rush - 1)}${head('Connection: close\r\n')}`);
  await once(socket, 'close');
  const statuses = new Map<string, number>();
  for (const [, status = ''] of said.matchAll(/HTTP\/1\.1 (\d{3}) /g))
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  return statuses;
}

test('a flood has its address banned; others go on, and who is signed in is told to wait, not banned', async () => {
  await application();
  const { rig } = await started(yaml);
  const [bad, good, hers] = ['198.51.100.7', '198.51.100.8', '198.51.100.9'];

  const { at, signedIn } = peopleAt(rig);
  const alice = await signedIn('alice', hers);
  expect((await alice.go(at('erp.example.fr'))).status).toBe(200);
  const shown = `Cookie: ${entryCookie}=${passOf(alice, 'erp.example.fr')}\r\n`;
  const staying = [
    await live(rig, 'one.example.fr', 'events', undefined, `X-Forwarded-For: ${good}\r\n`),
    await live(rig, 'erp.example.fr', 'events', undefined, `${shown}X-Forwarded-For: ${hers}\r\n`),
  ];
  const held = await live(rig, 'one.example.fr', 'events', undefined, `X-Forwarded-For: ${bad}\r\n`);

  // Hers are too many for her session, which is nobody's offence: written down before those of the other one.
  const rushed = await flood(rig, 'erp.example.fr', hers, shown);
  expect(rushed.get('429')).toBeGreaterThan(25);
  const flooded = await flood(rig, 'one.example.fr', bad);
  expect(flooded.get('429')).toBeGreaterThan(25);
  await eventually(async () => (await networks(rig)).length > 0);
  expect(await networks(rig)).toEqual(['198.51.100.7/32']);
  await eventually(() => held.ended !== undefined);
  expect(await visit(rig, bad)).toMatchObject({ status: 403 });
  expect((await run(rig, 'ban', 'why', bad)).said).toMatch(/is banned until .*, for too many requests/);

  await goOn(staying);
  expect(await visit(rig, good)).toMatchObject({ status: 200, body: 'welcome' });
  await eventually(async () => (await flood(rig, 'erp.example.fr', hers, shown)).has('200'));
  expect(await networks(rig)).toEqual(['198.51.100.7/32']);

  // HTTP/2 requests that are reset at once (CVE-2023-44487), where nothing limits them.
  const resetting = await connect(rig.ports.https, 'free.example.fr');
  const fields = asking('free.example.fr', '/', [['x-forwarded-for', '198.51.100.10']]);
  const ids = Array.from({ length: rush }, (_, n) => 2 * n + 1);
  await resetting.write(...ids.flatMap((id) => [headers(id, fields), reset(id)]));
  await eventually(async () => (await networks(rig)).includes('198.51.100.10/32'));
  resetting.end();
});
