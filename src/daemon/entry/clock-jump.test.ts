import { rename, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually, head, makeRig, port, poterne, type Rig, startService } from '../../apply/testing.ts';
import { openPeople } from '../../identity/people.ts';
import { faketime } from '../../lib/testing-faketime.ts';
import { hiddenFields } from '../portal/testing.ts';
import { openBrowser } from './testing-visitor.ts';

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

/** Somebody's requests over one connection; 0 once it is ended. */
function keptAlive(rig: Rig, { cookies }: ReturnType<typeof openBrowser>) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const cookie = [...(cookies.get('erp.example.fr') ?? [])].map((pair) => pair.join('=')).join('; ');
  const options = { host: '127.0.0.1', port: rig.ports.https, servername: 'erp.example.fr', agent };
  const headers = { host: `erp.example.fr:${rig.ports.https}`, cookie };
  const ask = () =>
    new Promise<number>((resolve) => {
      const asked = request({ ...options, headers, ca: rig.gateway.authority.root }, (answer) => {
        answer.resume().once('close', () => resolve(answer.statusCode ?? 0));
      });
      asked.on('error', () => resolve(0));
      asked.end();
    });
  return { agent, ask };
}

test('when the clock jumps a day, sessions end or are refused, those who revoke are heeded, and all goes on when it is right', async () => {
  const rig = await makeRig();
  const clock = join(rig.folder, 'clock');
  /** In one step: it is read at every look at the clock. */
  const set = async (offset: string) => {
    await writeFile(`${clock}.new`, `${offset}\n`);
    await rename(`${clock}.new`, clock);
  };
  await set('+0');
  await startService(port(90), 'the application');
  const yaml = described(rig.ports);
  await rig.write('site.yaml', yaml);
  const { site } = await rig.describe(yaml);
  const env = await faketime({ FAKETIME_TIMESTAMP_FILE: clock });
  const daemon = poterne(['up', rig.file, '--state', rig.state], undefined, env);
  await eventually(() => daemon.said().includes('The gateway is up.'), daemon.said);
  const { store } = rig.gateway;
  const people = openPeople({
    ...{ site: () => site, credentials: () => store.credentials(site.name) },
    ...{ audit: async () => undefined, now: () => new Date() },
  });
  const user = await people.find('alice');
  if (!user || (await people.setPassword(user, password, { who: 'root', from: 'here' })))
    throw new Error('no password for alice');

  const at = (name: string, path = '/') => `https://${name}:${rig.ports.https}${path}`;
  const origin = at('portail.example.fr').slice(0, -1);
  const browser = () => openBrowser(rig.ports.https, rig.gateway.authority.root);
  /** Signs in through the portal, by its form. */
  const signedIn = async () => {
    const made = browser();
    const page = await made.go(at('portail.example.fr', '/sign-in'));
    const fields = { ...hiddenFields(page.body, '/sign-in'), login: 'alice', password };
    const done = await made.send(at('portail.example.fr', '/sign-in'), fields, { origin });
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
  const { agent, ask } = keptAlive(rig, alice);
  expect(await ask()).toBe(200);
  await set('-1d');
  await eventually(async () => (await ask()) !== 200, daemon.said);
  agent.destroy();
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
