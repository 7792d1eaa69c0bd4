import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../apply/testing.ts';
import { publication, service, site } from '../../engines/nginx/testing.ts';
import { guarded, type Judge, judge, signIn } from '../../engines/nginx/testing-gate.ts';
import {
  type Backend,
  backend,
  type RunningGateway,
  startGateway,
  testAuthority,
} from '../../engines/nginx/testing-gateway.ts';
import { installation } from '../../hosts/installation.ts';
import { markKeyOf, markOf } from '../../lib/marks.ts';
import type { Waf } from '../../model/waf.ts';
import { openStore, type Store } from '../../store/store.ts';
import { eventOfReference, personOf, reportOf, type Walled, walled } from './log.ts';

// Who was signed in when the firewall found something, on a real nginx with the rules of Debian.

const waf = (name: string, mode: Waf['mode']): Waf => ({
  ...{ mode, paranoia: 1, thresholds: { inbound: 5, outbound: 4 }, requestBody: 128_000 },
  ...{ applications: [], skip: [], exclusions: [], pointer: `/publications/${name}/waf` },
});
const wall = (name: string, mode: Waf['mode'], more = {}) =>
  publication(name, 'app', { scenario: 'proxy+waf', waf: waf(name, mode), ...more });

let gateway: RunningGateway;
let app: Backend;
let daemon: Judge;
let store: Store;

beforeAll(async () => {
  app = await backend('app');
  const audience = guarded();
  gateway = await startGateway(
    (ports) => ({
      ...site(
        [service('app', app.url)],
        [
          wall('seen.localhost', 'observe', { audience }),
          wall('block.localhost', 'block', { audience }),
          wall('open.localhost', 'block'),
        ],
        ports,
      ),
      signIn: signIn('sign-in.localhost'),
    }),
    await testAuthority('gateway'),
  );
  daemon = await judge(join(gateway.state, 'entry/entry.sock'));
  daemon.answer = (_, answer) =>
    void answer.writeHead(200, { 'x-accel-expires': '3', 'x-poterne-verdict': 'alice|s1|||' }).end();
  store = await openStore(gateway.state);
});
afterAll(async () => {
  await store?.close();
  await gateway?.stop();
  app?.close();
  daemon?.server.close();
});

const random = (bytes: number) => randomBytes(bytes).toString('base64url');
const key = markKeyOf('test');

/** Signs somebody in; what their browser shows. */
async function signedIn(user: string): Promise<{ readonly id: string; readonly cookie: string }> {
  const id = `s${random(12)}`;
  await store.sessions.begin(gateway.site.name, {
    ...{ id, hash: random(32), user_id: user, who: '{}', strength: null, address: '192.0.2.1', agent: '' },
  });
  return { id, cookie: passOf(id) };
}
const passOf = (id: string, mark = markOf(key, id)) =>
  `__Host-poterne=p${random(12)}.${random(32)}.${id}.${mark}`;

const attack = '/?q=%3Cscript%3Ealert(1)%3C/script%3E';
const asked: string[] = [];
async function ask(name: string, headers: Record<string, string>): Promise<string> {
  const reply = await gateway.get(name, attack, { headers });
  const reference = String(reply.headers['x-request-id']);
  asked.push(reference);
  return reference;
}
const named = (name: string) => walled(gateway.site).find((each) => each.name === name) as Walled;
const report = (name: string) =>
  reportOf(gateway.state, gateway.site, named(name), new Date(Date.now() - 3_600_000));

test('people are told by their sessions, where it is observed and where it is blocked before anybody judges', async () => {
  const [alice, again, bob, gone] = await Promise.all(['alice', 'alice', 'bob@ad', 'gone'].map(signedIn));
  const token = `t${random(12)}`;
  await store.serviceTokens.create(
    gateway.site.name,
    {
      ...{ id: token, hash: random(32), name: 'backup', user_id: 'monitoring', owner: null, made_by: 'root' },
      ...{ publications: '["block.localhost"]', paths: '[]' },
    },
    3_600_000,
  );
  const shown = (session: { readonly cookie: string } | undefined) => ({
    cookie: `theme=dark; ${session?.cookie}`,
  });
  for (const session of [alice, again, alice, bob]) await ask('seen.localhost', shown(session));
  const blocked = await ask('block.localhost', shown(bob));
  await ask('block.localhost', {
    authorization: `Bearer pot_${token}${random(32)}${markOf(key, token)}`,
  });
  // Nobody whom we know: no session, one that is made up, and one with another's mark.
  await ask('block.localhost', {});
  const stolen = alice?.id ?? '';
  const strange = await ask('block.localhost', { cookie: passOf(stolen, random(16)) });
  await ask('block.localhost', { cookie: passOf(`s${random(12)}`) });
  // Who signed out long before is nobody either.
  await ask('open.localhost', shown(gone));
  for (const reference of asked)
    await eventually(async () => (await eventOfReference(gateway.state, reference)) !== undefined);
  // nginx writes its access log once a second.
  await eventually(async () => (await report('block.localhost')).people?.count === 2);

  expect(await report('seen.localhost')).toMatchObject({
    wouldBlock: 4,
    people: {
      count: 2,
      requests: 4,
      among: [
        { who: 'alice', requests: 3 },
        { who: 'bob@ad', requests: 1 },
      ],
    },
    groups: expect.arrayContaining([
      expect.objectContaining({ people: expect.objectContaining({ count: 2, requests: 4 }) }),
    ]),
  });
  const { blocked: count, people } = await report('block.localhost');
  expect(count).toBe(5);
  expect(people).toMatchObject({ count: 2, requests: 2 });
  expect(people?.among).toEqual(
    expect.arrayContaining([
      { who: 'bob@ad', requests: 1 },
      { who: 'monitoring', token: 'backup', requests: 1 },
    ]),
  );
  expect((await report('open.localhost')).people).toBeUndefined();

  const one = async (reference: string) => {
    const event = await eventOfReference(gateway.state, reference);
    return event && personOf(gateway.state, gateway.site, event);
  };
  expect(await one(blocked)).toEqual({ person: { who: 'bob@ad' } });
  expect(await one(strange)).toEqual({});
});

test('a session that had ended before is nobody’s', async () => {
  const { id, cookie } = await signedIn('carol');
  await store.sessions.end(gateway.site.name, { id }, 'sign-out');
  const reference = await ask('seen.localhost', { cookie });
  const event = await eventually(() => eventOfReference(gateway.state, reference));
  await eventually(async () => (await personOf(gateway.state, gateway.site, event)).person !== undefined);
  const later = { ...event, at: new Date(event.at.getTime() + 120_000) };
  expect(await personOf(gateway.state, gateway.site, later)).toEqual({});
});

test('with a store that cannot be read the report tells the rest, and why', async () => {
  const nowhere = {
    ...gateway.site,
    store: {
      postgres: { host: '127.0.0.1', port: 1, database: 'x', user: 'x', tls: false, pointer: '' },
      pointer: '',
    },
  } as unknown as typeof gateway.site;
  const told = await reportOf(gateway.state, nowhere, named('block.localhost'), new Date(0));
  expect(told.blocked).toBe(5);
  expect(told.people?.count).toBe(0);
  expect(told.trouble?.code).toMatch(/^store\./);
});

test.each(['docs/waf.md', 'docs/fr/waf.md'])('what programs read is what %s says', async (page) => {
  const rows = (await readFile(join(installation, page), 'utf8'))
    .split('\n')
    .filter((row) => row.startsWith('|'));
  const documented = (begin: string) =>
    [...(rows.find((row) => row.includes(begin))?.split('|')[2] ?? '').matchAll(/`(\w+)`/g)].map(
      ([, key]) => key,
    );
  const told = await report('block.localhost');
  const [group] = told.groups;
  const event = await eventOfReference(gateway.state, asked[0] as string);
  for (const [begin, value] of [
    ['`waf report N', { ...told, ...told.log }],
    ['`groups` |', { ...group, ...group?.examples[0] }],
    ['| `people`', { ...told.people, ...told.people?.among[0] }],
    ['--reference ID`', { ...event, ...event?.matches[0] }],
  ] as const) {
    expect(documented(begin).length).toBeGreaterThan(3);
    expect(Object.keys(value).filter((key) => !documented(begin).includes(key))).toEqual([]);
  }
});
