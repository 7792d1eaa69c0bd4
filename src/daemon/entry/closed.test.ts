import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import Database from 'libsql';
import { expect, test } from 'vitest';
import { eventually, gatewayUp, head, makeRig, port, type Rig, startService } from '../../apply/testing.ts';
import { openTokens } from '../../identity/tokens.ts';
import { entryFolder } from './place.ts';
import { peopleAt } from './testing-people.ts';
import type { Browser } from './testing-visitor.ts';

// A whole gateway, and what becomes of its visitors when a part of it fails.

const described = (ports: Rig['ports']) => `${head(ports)}
people:
  alice: { name: Alice Martin, email: alice@example.fr, groups: [staff] }
  bob: { groups: [] }
sign-in: { at: portail.example.fr }
services:
  app: { url: "http://127.0.0.1:${port(90)}" }
publications:
  open.example.fr: { service: app, audience: everyone }
  erp.example.fr: { service: app, audience: [ { groups: [staff] } ], signed-identity: true }
  crm.example.org: { service: app, audience: [ { signed-in: true } ], signed-identity: true }
  few.example.org:
    service: app
    audience: [ { signed-in: true } ]
    limits: { requests: 30/m, session: { requests: 3/m } }
`;

/** A gateway that runs, its application tells what it is asked, and browsers that have signed in. */
async function running() {
  const rig = await makeRig();
  await startService(port(90), (asked, answer) => answer.end(JSON.stringify(asked.headers)));
  await rig.write('site.yaml', described(rig.ports));
  const up = () => gatewayUp(rig);
  const daemon = await up();
  return {
    ...{ rig, up, daemon, ...peopleAt(rig) },
    sql(text: string): void {
      const other = new Database(join(rig.state, 'poterne.db'));
      other.exec(text);
      other.close();
    },
  };
}

type Running = Awaited<ReturnType<typeof running>>;

test('visitors of a gateway get in by one signing in, and not while anything that judges them fails', async () => {
  const all = await running();
  await oneForAll(all);
  await counted(all);
  await machines(all);
  await clockWentBack(all);
  await lockedStore(all);
  await withoutDaemon(all);
});

/** One signing in for two domains, and an application checks who came. */
async function oneForAll({ at, browser, signedIn, daemon, sessions }: Running) {
  const stranger = browser();
  expect((await stranger.fetch(at('open.example.fr'))).status).toBe(200);
  expect((await stranger.fetch(at('erp.example.fr'))).status, daemon.said()).toBe(401);
  const led = await stranger.go(at('erp.example.fr', '/deep?x=1'));
  expect([led.status, new URL(led.url).host, new URL(led.url).searchParams.get('to')]).toEqual([
    200,
    new URL(at('portail.example.fr')).host,
    at('erp.example.fr', '/deep?x=1'),
  ]);

  const alice = await signedIn('alice');
  const forged = { 'x-poterne-user': 'root', 'x-poterne-groups': 'admins', 'x-poterne-jwt': 'x.y.z' };
  for (const name of ['erp.example.fr', 'crm.example.org']) {
    const came = await alice.go(at(name, '/deep?x=1'), forged);
    expect([came.status, came.url]).toEqual([200, at(name, '/deep?x=1')]);
    const seen = JSON.parse(came.body);
    expect(seen).toMatchObject({
      ...{ 'x-poterne-user': 'alice', 'x-poterne-name': 'Alice Martin' },
      ...{ 'x-poterne-email': 'alice@example.fr', 'x-poterne-groups': 'staff' },
    });
    expect(seen.cookie ?? '').not.toContain('poterne');
    const { body } = await alice.fetch(at('portail.example.fr', '/.well-known/jwks.json'));
    const { payload } = await jwtVerify(seen['x-poterne-jwt'], createLocalJWKSet(JSON.parse(body)), {
      issuer: at('portail.example.fr').slice(0, -1),
      audience: name,
    });
    expect(payload).toMatchObject({ sub: 'alice', groups: ['staff'], amr: ['pwd'] });
  }
  const bob = await signedIn('bob');
  expect((await bob.go(at('crm.example.org'))).status).toBe(200);
  const refused = await bob.go(at('erp.example.fr'));
  expect([refused.status, refused.url]).toEqual([403, at('erp.example.fr')]);
  // Somebody's code in somebody else's browser.
  const [session] = await sessions.list('bob');
  if (!session) throw new Error('bob has signed in');
  const place = { publication: 'erp_example_fr', host: 'erp.example.fr' };
  const code = await sessions.code(session, { ...place, state: 'A'.repeat(43), target: '/' });
  const lured = await alice.go(at('erp.example.fr', `/.poterne/enter?code=${code}`));
  expect(lured.status).toBe(400);
  expect((await alice.go(at('erp.example.fr'))).status).toBe(200);
}

/** Who has signed in is counted by their session, whose mark the daemon gave and nginx knows; others by their address. */
async function counted({ at, browser, signedIn, daemon }: Running) {
  const alice = await signedIn('alice');
  const came = await alice.go(at('few.example.org'));
  expect(came.status, daemon.said()).toBe(200);
  const statuses = async (who: Browser) => (await who.fetch(at('few.example.org'))).status;
  expect([await statuses(alice), await statuses(alice), await statuses(alice)]).toEqual([200, 200, 429]);
  expect(await statuses(browser())).toBe(401);
}

/** Without the daemon guarded publications refuse and open ones go on; then all goes on, also with other keys. */
async function withoutDaemon({ at, signedIn, daemon, up, rig }: Running) {
  const alice = await signedIn('alice');
  const came = await alice.go(at('erp.example.fr'));
  expect(came.status, daemon.said()).toBe(200);
  daemon.child.kill('SIGKILL');
  await daemon.ended;
  const dead = await alice.go(at('erp.example.fr'));
  expect([dead.status, dead.headers['content-type']]).toEqual([503, expect.stringContaining('text/html')]);
  expect((await alice.fetch(at('portail.example.fr'))).status).toBe(503);
  expect((await alice.fetch(at('open.example.fr'))).status).toBe(200);
  // Its keys are damaged meanwhile.
  await writeFile(join(entryFolder(rig.state), 'signing.json'), '{');
  const again = await up();
  expect(again.said()).toContain('signing');
  const back = await alice.go(at('erp.example.fr'));
  expect(back.status, again.said()).toBe(200);
  const keys = createLocalJWKSet(
    JSON.parse((await alice.fetch(at('portail.example.fr', '/.well-known/jwks.json'))).body),
  );
  const { protectedHeader } = await jwtVerify(JSON.parse(back.body)['x-poterne-jwt'], keys);
  expect(protectedHeader.kid).not.toBe(decodeProtectedHeader(JSON.parse(came.body)['x-poterne-jwt']).kid);
  // What was signed before holds for its five minutes: those keys are still published.
  await jwtVerify(JSON.parse(came.body)['x-poterne-jwt'], keys);
}

/** While the store is locked, a session whose use cannot be noted is refused; then it goes on. */
async function lockedStore({ at, signedIn, sql, rig, daemon }: Running) {
  const alice = await signedIn('alice');
  expect((await alice.go(at('erp.example.fr'))).status, daemon.said()).toBe(200);
  const older = `update session set seen = strftime('%Y-%m-%dT%H:%M:%fZ', seen, '-100 seconds')`;
  sql(older);
  const lock = new Database(join(rig.state, 'poterne.db'));
  lock.exec('begin immediate');
  try {
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const refused = await alice.go(at('erp.example.fr'));
    expect(refused.status, daemon.said()).toBe(503);
    expect((await alice.fetch(at('open.example.fr'))).status).toBe(200);
    expect(daemon.said()).toContain('sessions cannot be looked up');
  } finally {
    lock.exec('rollback');
    lock.close();
  }
  await eventually(async () => (await alice.go(at('erp.example.fr'))).status === 200, daemon.said);
}

/** A machine's token counts where it was made for, asked for at each request where it has paths, until it is revoked. */
async function machines({ at, browser, rig, daemon }: Running) {
  const tokens = openTokens(
    async () => rig.gateway.store.serviceTokens,
    () => 'test',
  );
  const made = await tokens.create({
    ...{ name: 'edi', user: 'alice', publications: ['erp.example.fr'], paths: ['/rfe/'] },
    ...{ by: 'root', lasts: 600_000 },
  });
  const machine = browser();
  const status = async (name: string, path: string, token = made?.shown ?? '') =>
    (await machine.fetch(at(name, path), { authorization: `Bearer ${token}` })).status;
  const seen = await machine.fetch(at('erp.example.fr', '/rfe/x'), {
    authorization: `Bearer ${made?.shown}`,
  });
  expect(seen.status, daemon.said()).toBe(200);
  expect(JSON.parse(seen.body)).toMatchObject({ 'x-poterne-user': 'alice' });
  expect(seen.body).not.toContain('pot_');
  expect(await status('erp.example.fr', '/other')).toBe(403);
  expect(await status('erp.example.fr', '/rfe/../other')).toBe(403);
  expect(await status('crm.example.org', '/rfe/x')).toBe(403);
  expect(await status('erp.example.fr', '/rfe/x', `${made?.shown.slice(0, -1)}`)).toBe(401);
  await tokens.revoke('edi');
  await eventually(async () => (await status('erp.example.fr', '/rfe/x')) === 401);
}

/** Sessions from the clock’s future are refused, and go on once it is right. */
async function clockWentBack({ at, signedIn, sql, daemon }: Running) {
  const alice = await signedIn('alice');
  expect((await alice.go(at('erp.example.fr'))).status, daemon.said()).toBe(200);
  const by = (seconds: string) =>
    sql(`update session set made = strftime('%Y-%m-%dT%H:%M:%fZ', made, '${seconds} seconds')`);
  by('+600');
  await eventually(async () => (await alice.fetch(at('erp.example.fr'))).status === 401);
  expect((await alice.fetch(at('open.example.fr'))).status).toBe(200);
  by('-600');
  await eventually(async () => (await alice.fetch(at('erp.example.fr'))).status === 200);
}
