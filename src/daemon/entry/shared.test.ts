import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describe as read } from '../../describe/index.ts';
import { memory } from '../../describe/testing.ts';
import { openSessions, type Sessions } from '../../identity/sessions.ts';
import type { Site } from '../../model/site.ts';
import { openSharedStore, type Store } from '../../store/store.ts';
import { hasPostgres, type Postgres, startPostgres } from '../../store/testing/postgres.ts';
import { entryCookie } from './cookies.ts';
import { type EntryServer, openEntry } from './entry.ts';
import { entrySocket } from './place.ts';

// Two gateways with one PostgreSQL.

describe.skipIf(!hasPostgres)('of two gateways', () => {
  let database: Postgres;
  let site: Site;
  let store: Store;
  let sessions: Sessions;
  const gateways: { readonly state: string; readonly entry: EntryServer; readonly said: string[] }[] = [];

  beforeAll(async () => {
    database = await startPostgres();
    const place = await database.database('pair');
    const yaml = `site: s
store: { postgres: { host: ${place.host}, database: ${place.database}, user: ${place.user} } }
people: { alice: { groups: [staff] } }
sign-in: { at: portail.example.fr }
services: { app: { url: "http://127.0.0.1:1" } }
publications:
  erp.example.fr: { service: app, audience: [ { groups: [staff] } ], signed-identity: true }
`;
    const found = await read('/site/site.yaml', { files: memory({ '/site/site.yaml': yaml }) });
    if (!found.site) throw new Error(JSON.stringify(found.findings));
    site = found.site;
    for (const _ of [1, 2]) {
      const state = await mkdtemp(join(tmpdir(), 'poterne-pair-'));
      const said: string[] = [];
      const on = { tell: () => {}, fail: (fault: Error) => void said.push(fault.message) };
      const entry = openEntry(state, undefined, on);
      await entry.follow(site);
      gateways.push({ state, entry, said });
    }
    store = await openSharedStore(place, undefined);
    sessions = openSessions(
      async () => store.sessions,
      () => ({ site: 's', idle: 3_600_000, longest: 43_200_000 }),
    );
  });
  afterAll(async () => {
    await store?.close();
    for (const { entry, state } of gateways) {
      await entry.close();
      await rm(state, { recursive: true, force: true });
    }
    await database?.end();
  });

  const place = { publication: 'erp_example_fr', host: 'erp.example.fr' };
  const signIn = async () => {
    const alice = { id: 'alice', source: 'local', login: 'alice', groups: [] };
    const { session } = await sessions.begin(alice, undefined, { address: '10.0.0.7', agent: '' });
    const state = 'A'.repeat(43);
    const code = await sessions.code(session, { ...place, state, target: '/' });
    const entered = await sessions.enter(code, { ...place, state });
    return { session, pass: entered?.cookie ?? '' };
  };
  const asked = (n: number, path: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
      const socketPath = entrySocket(gateways[n]?.state ?? '');
      const one = request({ socketPath, path, headers, agent: false }, (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (part) => {
          body += part;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
      });
      one.on('error', reject).end();
    });
  const verdict = (n: number, pass: string) =>
    asked(n, '/verdict', {
      ...{ 'x-poterne-publication': place.publication, 'x-poterne-host': place.host },
      ...{ 'x-poterne-uri': '/', 'x-poterne-address': '10.0.0.7', cookie: `${entryCookie}=${pass}` },
    });
  const both = async (pass: string) =>
    (await Promise.all([verdict(0, pass), verdict(1, pass)])).map(({ status }) => status);

  test('a session of one counts at the other, and ends at both', async () => {
    const { session, pass } = await signIn();
    expect(await both(pass)).toEqual([200, 200]);
    await sessions.end({ id: session.id }, 'sign-out');
    const begun = performance.now();
    await expect.poll(() => both(pass), { timeout: 5000 }).toEqual([401, 401]);
    // nginx keeps an answer for three seconds more.
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  test('either publishes the keys of both', async () => {
    const { pass } = await signIn();
    const jwts = await Promise.all(
      [0, 1].map(async (n) => String((await verdict(n, pass)).headers['x-poterne-jwt'])),
    );
    const keysOf = async (n: number): Promise<JSONWebKeySet> =>
      JSON.parse((await asked(n, '/.well-known/jwks.json')).body);
    await expect.poll(async () => (await keysOf(0)).keys.length).toBe(4);
    for (const n of [0, 1])
      for (const jwt of jwts)
        expect((await jwtVerify(jwt, createLocalJWKSet(await keysOf(n)))).payload.sub).toBe('alice');
  });

  test('without the database both refuse and say so, and go on with it', async () => {
    const { pass } = await signIn();
    expect(await both(pass)).toEqual([200, 200]);
    await database.stop();
    await expect.poll(() => both(pass), { timeout: 90_000 }).toEqual([503, 503]);
    for (const { said } of gateways) expect(said.join()).toContain('store.unreachable');
    await database.start();
    await expect.poll(() => both(pass), { timeout: 90_000 }).toEqual([200, 200]);
  });
});
