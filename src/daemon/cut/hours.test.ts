import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually, gatewayUp, head, makeRig, type Rig } from '../../apply/testing.ts';
import { settableClock } from '../../lib/testing-faketime.ts';
import { mmdb } from '../../lib/testing-mmdb.ts';
import { entryCookie } from '../entry/cookies.ts';
import { passOf, peopleAt } from '../entry/testing-people.ts';
import { application, goOn, type Live, live, upstream } from './testing.ts';

// A whole gateway: from which country, on which days and at which hours one is let in, and what goes on when an hour ends.

const minute = 60_000;
/** When hours, a window and an approval end: on a whole minute, some time from now. */
const end = (Math.floor(Date.now() / minute) + 30) * minute;
const clockAt = (time: number) => new Date(time).toISOString().slice(11, 16);
const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);
const hours = `${clockAt(end - 120 * minute)}-${clockAt(end)}`;

const described = (
  ports: Rig['ports'],
) => `${head(ports).replace('gateway: { ', 'gateway: { trusted-fronts: [127.0.0.1], ')}
timezone: Etc/UTC
people: { alice: { groups: [staff] }, bob: { groups: [staff] } }
calendars: { ouvres: { days: Mon-Sun, except: [${dayOf(Date.now() - 86_400_000)}..${dayOf(end)}] } }
countries: geo.mmdb
sign-in: { at: portail.example.fr }
services: { app: { url: "http://127.0.0.1:${upstream}", events: [/events] } }
publications:
  open.example.fr: { service: app, audience: everyone }
  erp.example.fr: { service: app, audience: [ { groups: [staff], when: "${hours}" } ] }
  once.example.fr: { service: app, audience: [ { groups: [staff], when: "${dayOf(end - 30 * minute)} ${clockAt(end - 30 * minute)} for 30m" } ] }
  asked.example.fr: { service: app, audience: [ { groups: [staff], approval: { by: { people: [bob] }, for: 4h } } ] }
  closed.example.fr: { service: app, audience: [ { groups: [staff], when: { hours: "00:00-24:00", calendar: ouvres } } ] }
  fr.example.fr: { service: app, audience: [ { countries: [FR] } ] }
`;

test('countries, holidays, hours, a window and an approval hold on a gateway, and end what goes on when they end', async () => {
  const rig = await makeRig();
  await application();
  const { env, set } = await settableClock(rig.folder);
  const country = (iso_code: string) => ({ country: { iso_code } });
  await writeFile(
    join(rig.folder, 'geo.mmdb'),
    mmdb({ '192.0.2.0/24': country('FR'), '198.51.100.0/24': country('DE') }, new Date()),
  );
  const yaml = described(rig.ports);
  await rig.write('site.yaml', yaml);
  const { site } = await rig.describe(yaml);
  const daemon = await gatewayUp(rig, env);
  const { at, browser, signedIn } = peopleAt(rig);
  const from = (address: string) => ({ 'x-forwarded-for': address });
  const statusFrom = async (address: string) =>
    (await browser().go(at('fr.example.fr'), from(address))).status;
  expect([
    await statusFrom('192.0.2.7'),
    await statusFrom('198.51.100.7'),
    await statusFrom('203.0.113.7'),
  ]).toEqual([200, 403, 403]);

  const approvals = rig.gateway.store.approvals;
  const rule =
    site.publications.find(({ name }) => name === 'asked.example.fr')?.audience.rules?.[0]?.id ?? '';
  const asked = { person: 'alice', publication: 'asked_example_fr', rule, reason: 'x' };
  const { approval } = await approvals.ask(site.name, asked, new Date());
  const alice = await signedIn('alice');
  expect((await alice.go(at('closed.example.fr'))).status).toBe(403);
  expect(new URL((await alice.go(at('asked.example.fr'))).url).pathname).toBe('/ask');
  await approvals.decide(site.name, approval.id, { by: 'bob', at: new Date(), until: new Date(end) });
  const staying: Live[] = [];
  for (const name of ['erp.example.fr', 'once.example.fr', 'asked.example.fr']) {
    await eventually(async () => (await alice.go(at(name))).body === 'welcome', daemon.said);
    const cookie = `Cookie: ${entryCookie}=${passOf(alice, name)}\r\n`;
    staying.push(await live(rig, name, 'events', '127.0.0.1', cookie));
  }
  const open = await live(rig, 'open.example.fr', 'events');
  await goOn([...staying, open]);

  // Five seconds before they end: nobody's connection ends earlier, all do then, and nobody else's.
  const ahead = Math.round((end - Date.now()) / 1000) - 5;
  await set(`+${ahead}`);
  const over = performance.now() + (end - Date.now() - ahead * 1000);
  await eventually(() => staying.every(({ ended }) => ended !== undefined), daemon.said);
  for (const { name, ended } of staying) {
    console.log(`${name} ended ${Math.round((ended as number) - over)} ms after its time`);
    expect(ended).toBeGreaterThan(over - 100);
  }
  await goOn([open]);
  expect((await alice.go(at('erp.example.fr'))).status).toBe(403);
  expect(new URL((await alice.go(at('asked.example.fr'))).url).pathname).toBe('/ask');
});
