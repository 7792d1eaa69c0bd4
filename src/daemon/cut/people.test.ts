import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { eventually, gatewayUp, head, makeRig, type Rig } from '../../apply/testing.ts';
import { searchAudit } from '../../audit/search.ts';
import { userCutFile } from '../../identity/cuts.ts';
import { entryCookie } from '../entry/cookies.ts';
import { keptAlive, passOf, peopleAt } from '../entry/testing-people.ts';
import type { Browser } from '../entry/testing-visitor.ts';
import { forgetVerdicts } from '../entry/verdict-cache.ts';
import { portalHere } from '../portal/testing.ts';
import { application, cutting, goOn, type Live, live, run, takenBack, upstream } from './testing.ts';

// People with live connections, who are cut off, or whose time is over.

const described = (ports: Rig['ports'], crm = '{ signed-in: true }') => `${head(ports)}
people:
  alice: { groups: [staff] }
  bob: { groups: [staff] }
sign-in: { at: portail.example.fr }
services: { app: { url: "http://127.0.0.1:${upstream}", events: [/events, /ws] } }
publications:
  erp.example.fr: { service: app, audience: [ { groups: [staff] } ] }
  crm.example.org: { service: app, audience: [ ${crm} ], signed-identity: true }
`;

test('a person is cut off everywhere at once, and nobody else; who is not let in any more has nothing that goes on', async () => {
  const rig = await makeRig();
  await application();
  await rig.write('site.yaml', described(rig.ports));
  await gatewayUp(rig);
  const { at, sessions, signedIn } = peopleAt(rig);
  const staying = async (browser: Browser, name: string): Promise<Live> => {
    expect((await browser.go(at(name))).status).toBe(200);
    return live(rig, name, 'events', '127.0.0.1', `Cookie: ${entryCookie}=${passOf(browser, name)}\r\n`);
  };
  const [alice, bob] = [await signedIn('alice'), await signedIn('bob')];
  const hers = [await staying(alice, 'erp.example.fr'), await staying(alice, 'crm.example.org')];
  const his = [await staying(bob, 'erp.example.fr'), await staying(bob, 'crm.example.org')];
  await goOn([...hers, ...his]);

  // Whoever is let in still keeps a connection whose first request is over, too.
  const { ask, leave } = keptAlive(rig, 'erp.example.fr', bob);
  expect(await ask()).toMatchObject({ status: 200, reused: false });
  await forgetVerdicts(rig.state);
  await delay(2000);
  expect(await ask()).toMatchObject({ status: 200, reused: true });
  leave();
  await goOn([...hers, ...his]);

  // By badge, and where a verdict is kept.
  const taken = await Promise.all(
    ['erp.example.fr', 'crm.example.org'].map((name) =>
      takenBack(rig, name, `${entryCookie}=${passOf(alice, name)}`),
    ),
  );
  await goOn(taken);

  const receipt = await cutting(rig, 'user:alice', [...hers, ...taken]);
  expect(receipt.sessions).toBe(1);
  await goOn(his);
  expect(new URL((await alice.go(at('erp.example.fr'))).url).hostname).toBe('portail.example.fr');
  // A session that began all the same is good for nothing.
  const anew = await signedIn('alice');
  expect((await anew.go(at('erp.example.fr'))).status).toBe(403);
  await run(rig, 'restore', 'user:alice');
  expect((await anew.go(at('erp.example.fr'))).status).toBe(200);

  // Who is let in changes: it is asked again about everybody.
  const [onErp, onCrm] = his as [Live, Live];
  await rig.write('site.yaml', described(rig.ports, '{ people: [alice] }'));
  expect((await run(rig, 'reload')).status).toBe(0);
  await eventually(() => onCrm.ended !== undefined);
  await goOn([onErp]);

  // A session that another process ends, as `poterne user` does.
  const [session] = await sessions.list('bob');
  await sessions.end({ id: session?.id ?? '' }, 'test');
  await forgetVerdicts(rig.state);
  await eventually(() => onErp.ended !== undefined);

  const logged = await eventually(async () => {
    const lines: string[] = [];
    for await (const { who, what, to, result, detail } of searchAudit(rig.state, {}))
      lines.push([what, who, to, result, detail?.why ?? ''].join(' '));
    // It is written once the connection has ended.
    return lines.some((line) => line.endsWith('ended')) && lines;
  });
  // The daemon, which also looks by itself who is not let in any more, leaves them to the cut and its receipt.
  expect(receipt.ended).toMatchObject({ connections: 4, people: { alice: 4 } });
  expect(logged).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^cut \S+ user:alice done $/),
      'access alice erp.example.fr refused cut',
      'access.end bob crm.example.org done group',
      'access.end bob erp.example.fr done ended',
    ]),
  );
});

test('who is cut off does not sign in, and is told what everybody is told who is refused', async () => {
  const portal = await portalHere(`site: s
people: { alice: {} }
sign-in: { at: portail.example.fr }
services: { app: { url: "http://127.0.0.1:9" } }
publications: { erp.example.fr: { service: app, audience: [ { signed-in: true } ] } }
`);
  try {
    await portal.give('alice', 'une longue phrase de passe 7');
    await mkdir(join(portal.state, 'cut/users'), { recursive: true });
    await writeFile(join(portal.state, userCutFile('alice')), '');
    const visitor = portal.visitor();
    const attempt = async (password: string) => {
      await visitor.get('/sign-in');
      return visitor.send('/sign-in', { login: 'alice', password });
    };
    const [right, wrong] = [
      await attempt('une longue phrase de passe 7'),
      await attempt('autre chose 7 8 9'),
    ];
    const plain = (text: string) => text.replace(/value="[^"]*"/g, '');
    expect([right.status, plain(right.text)]).toEqual([401, plain(wrong.text)]);
    expect((await portal.audited('sign-in')).map(({ detail }) => detail?.why)).toEqual(['cut', 'password']);
  } finally {
    await portal.close();
  }
});
