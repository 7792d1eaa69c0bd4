import { watch } from 'node:fs';
import { mkdir, mkdtemp, readdir, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually, gatewayUp, head, makeRig, type Rig } from '../../apply/testing.ts';
import { badgesFolder, longestName } from '../../lib/badge.ts';
import { application, run, upstream } from '../cut/testing.ts';
import { forgetBadges, openBadges, whoOf } from './badges.ts';
import { entryCookie } from './cookies.ts';
import { keptAlive, passOf, peopleAt } from './testing-people.ts';
import { forgetVerdicts } from './verdict-cache.ts';

// A whole gateway: people who come in by badge, and are put out in every way there is.

const described = (ports: Rig['ports'], groups = 'staff') => `${head(ports)}
people: { alice: { groups: [${groups}] }, bob: { groups: [staff] } }
sign-in: { at: portail.example.fr }
services: { app: { url: "http://127.0.0.1:${upstream}" } }
publications:
  erp.example.fr: { service: app, audience: [ { groups: [staff] } ] }
`;

test('who comes in by badge is out as soon as anybody is: cut off, ended, and with a dead daemon within five seconds', async () => {
  const rig = await makeRig();
  await application();
  await rig.write('site.yaml', described(rig.ports));
  const up = await gatewayUp(rig);
  const { at, sessions, signedIn } = peopleAt(rig);
  const url = at('erp.example.fr');
  /** Somebody's requests on one connection. */
  const coming = async (id: string) => {
    const browser = await signedIn(id);
    const { session } = browser;
    expect((await browser.go(url)).status).toBe(200);
    const pass = passOf(browser, 'erp.example.fr');
    expect(pass).toMatch(new RegExp(`\\|${id}\\|${id}\\|\\|staff$`));
    const on = keptAlive(rig, 'erp.example.fr', browser);
    /** A connection that is ended answers 0. */
    const ask = () =>
      on.ask().then(
        ({ status }) => status,
        () => 0,
      );
    /** Asks without pause; tells when they were let in last. */
    const keepAsking = () => {
      const seen = { last: 0, isOn: true };
      const asking = (async () => {
        while (seen.isOn) {
          const sent = performance.now();
          if ((await ask()) === 200) seen.last = sent;
        }
      })();
      return {
        seen,
        stop: async () => {
          seen.isOn = false;
          await asking;
          on.leave();
        },
      };
    };
    const badges = () =>
      readdir(join(rig.state, 'nginx', badgesFolder, 'now', pass.slice(pass.indexOf('|') + 1))).catch(
        () => [],
      );
    return { ask, keepAsking, badges, session, browser };
  };
  const others = async () => (await (await coming('bob')).ask()) === 200;

  for (const way of ['cut', 'end'] as const) {
    const alice = await coming('alice');
    const { seen, stop } = alice.keepAsking();
    await eventually(async () => (await alice.badges()).length > 0);
    await eventually(() => seen.last > 0);
    const begun = performance.now();
    if (way === 'cut') {
      const { said } = await run(rig, 'cut', 'user:alice', '--reason', 'an incident', '--json');
      console.log(`cut: refused after ${JSON.parse(said).refused} ms`);
    } else {
      await sessions.end({ id: alice.session.id }, 'test');
      await forgetVerdicts(rig.state);
    }
    const told = performance.now();
    await eventually(async () => (await alice.ask()) !== 200);
    await stop();
    // What the daemon had read of sessions holds for a second where another process ended one.
    expect(seen.last).toBeLessThan(told + (way === 'cut' ? 0 : 5000));
    console.log(
      `${way}: let in for ${Math.round(seen.last - begun)} ms, told after ${Math.round(told - begun)} ms`,
    );
    expect(await others()).toBe(true);
    if (way === 'cut') await run(rig, 'restore', 'user:alice');
  }

  // Whose groups changed comes by badge again as soon as they go to a page.
  const { browser } = await coming('alice');
  const shown = () => passOf(browser, 'erp.example.fr');
  const before = shown();
  const changes = async (groups: string) => {
    await rig.write('site.yaml', described(rig.ports, groups));
    expect((await run(rig, 'apply', rig.file)).status).toBe(0);
  };
  await changes('staff, "équipe, A"');
  // The daemon hears of it in a moment.
  await eventually(async () => {
    const { status, url: end } = await browser.go(`${url}deep?a=1&to=2`);
    expect([status, end]).toEqual([200, `${url}deep?a=1&to=2`]);
    return shown() !== before;
  });
  const [pass] = before.split('|');
  expect(shown()).toBe(`${pass}|alice|alice||staff,%C3%A9quipe%2C A`);
  // One that keeps its cookie is led about once, not in circles.
  const kept = {
    ...{ accept: 'text/html', 'sec-fetch-mode': 'navigate' },
    cookie: `${entryCookie}=${before}`,
  };
  expect((await browser.fetch(url, kept)).status).toBe(200);
  await changes('other');
  await eventually(async () => (await browser.go(url)).status === 403);
  await changes('staff');

  const bob = await coming('bob');
  await eventually(async () => (await bob.ask()) === 200 && (await bob.badges()).length > 0);
  up.child.kill('SIGKILL');
  const killed = performance.now();
  await eventually(async () => (await bob.ask()) === 503);
  // Less than four seconds, and one for a machine that is busy.
  expect(performance.now() - killed).toBeLessThan(5000);
});

test('nginx never finds a folder that it may not come through, of which it would log a badge by name', async () => {
  const state = await mkdtemp(join(tmpdir(), 'poterne-badges-'));
  const base = join(state, 'nginx', badgesFolder);
  await mkdir(base, { recursive: true });
  await forgetBadges(state);
  const badges = openBadges(state);
  try {
    const seen: string[] = [];
    // A mode that is changed where the folder stands is told of too (inotify(7), IN_ATTRIB).
    const watcher = watch(join(base, 'now'), (_, name) => void seen.push(`${name}`));
    const badge = { worker: '1', connection: '2', pass: 'p'.repeat(22), publication: 'erp', host: '' };
    for (const who of ['alice|||staff', 'bob|||staff', 'alice|||staff'])
      expect(badges.begin()?.give(who, { ...badge, connection: who }, 1)).toBe(true);
    await eventually(() => seen.includes('bob|||staff'));
    watcher.close();
    expect(seen).toEqual(['alice|||staff', 'bob|||staff']);
    expect((await stat(join(base, 'now/alice|||staff'))).mode & 0o777).toBe(0o711);
    const left = (await readdir(base)).filter((name) => name.startsWith('g-'));
    expect(left).toEqual([await readlink(join(base, 'now'))]);
  } finally {
    badges.close();
    await rm(state, { recursive: true, force: true });
  }
});

test('an identity that fits neither in a cookie nor in a name has no badge', () => {
  const user = { id: 'alice', source: 'local', login: 'alice', groups: ['staff', 'a b'] };
  expect(whoOf({ ...user, title: 'Zoë | Martin' })).toBe('alice|Zo%C3%AB %7C Martin||staff,a b');
  for (const more of [
    { groups: ['/staff'] },
    { groups: ['a;b'] },
    { groups: ['a "b"'] },
    { groups: ['a\\b'] },
    { groups: ['staff '] },
    { groups: ['x'.repeat(longestName)] },
    { title: '../..' },
    { id: '' },
  ])
    expect(whoOf({ ...user, ...more })).toBeUndefined();
});
