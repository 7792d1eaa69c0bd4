import { expect, test } from 'vitest';
import { eventually, gatewayUp, head, makeRig, port, type Rig, startService } from '../../apply/testing.ts';
import { settableClock } from '../../lib/testing-faketime.ts';
import { keptAlive, peopleAt } from './testing-people.ts';

// A whole gateway whose clock is set while it runs (libfaketime): the daemon's and nginx's alike, but not the monotonic one, as on a
// machine whose clock somebody sets.

const described = (ports: Rig['ports']) => `${head(ports)}
people: { alice: { groups: [staff] } }
sign-in: { at: portail.example.fr }
services: { app: { url: "http://127.0.0.1:${port(90)}" } }
publications:
  open.example.fr: { service: app, audience: everyone }
  erp.example.fr: { service: app, audience: [ { groups: [staff] } ] }
`;
const password = 'violet harbour 19 staples';

test('when the clock jumps a day, sessions end or are refused, those who revoke are heeded, and all goes on when it is right', async () => {
  const rig = await makeRig();
  const { env, set } = await settableClock(rig.folder);
  await startService(port(90), 'the application');
  const yaml = described(rig.ports);
  await rig.write('site.yaml', yaml);
  const { site } = await rig.describe(yaml);
  const daemon = await gatewayUp(rig, env);
  const { store } = rig.gateway;
  const { at, browser, givePassword, signIn } = peopleAt(rig);
  await givePassword(site, 'alice', password);
  const signedIn = async () => {
    const { made, done } = await signIn('alice', password);
    expect(done.status, done.body).toBe(303);
    return made;
  };
  const status = async (who: ReturnType<typeof browser>) => (await who.go(at('erp.example.fr'))).status;
  /** A connection of somebody who is refused may be ended under way. */
  const refused = (who: ReturnType<typeof browser>) =>
    eventually(
      async () => (await who.fetch(at('erp.example.fr')).catch(() => undefined))?.status === 401,
      daemon.said,
    );
  const inside = async (who: ReturnType<typeof browser>) =>
    (await who.go(at('erp.example.fr'))).body === 'the application';
  const open = async () => expect((await browser().fetch(at('open.example.fr'))).status).toBe(200);
  const said = (text: string) => eventually(() => daemon.said().includes(text), daemon.said);

  // Back: nobody can tell how old a session is, and nginx would keep the last verdict for a day.
  const alice = await signedIn();
  expect(await inside(alice), daemon.said()).toBe(true);
  // She goes on over one connection, whose verdict is kept.
  const { ask, leave } = keptAlive(rig, 'erp.example.fr', alice);
  expect((await ask()).status).toBe(200);
  await set('-1d');
  await eventually(async () => (await ask().catch(() => undefined))?.status !== 200, daemon.said);
  leave();
  await refused(alice);
  await open();
  await said('went back');
  const led = await alice.go(at('erp.example.fr', '/deep'));
  expect([led.status, new URL(led.url).pathname]).toEqual([200, '/sign-in']);
  // Whoever signs in now is in by the clock that is, and out when they are put out.
  const during = await signedIn();
  expect(await inside(during)).toBe(true);
  await store.sessions.end(site.name, { user: 'alice' }, 'ended-by-user');
  await refused(during);
  await set('+0');
  await said('went ahead');
  const again = await signedIn();
  expect(await status(again)).toBe(200);

  // Forward: sessions are older than any may be.
  await set('+1d');
  await refused(again);
  await open();
  const tomorrow = await signedIn();
  expect(await inside(tomorrow)).toBe(true);
  await set('+0');
  await refused(tomorrow);
  const right = await signedIn();
  expect(await inside(right)).toBe(true);
  // nginx is started again when it dies, whatever the clock does.
  await set('-1d');
  await said('went back');
  process.kill((await rig.master()) as number, 'SIGKILL');
  await eventually(
    async () =>
      (
        await browser()
          .fetch(at('open.example.fr'))
          .catch(() => undefined)
      )?.status === 200,
    daemon.said,
  );
});
