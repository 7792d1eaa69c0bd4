import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describe as read } from '../../describe/index.ts';
import { memory } from '../../describe/testing.ts';
import { openSessions } from '../../identity/sessions.ts';
import { badgesFolder } from '../../lib/badge.ts';
import { cutPlaces } from '../../model/cut.ts';
import type { Fault } from '../../model/fault.ts';
import type { Site } from '../../model/site.ts';
import { openStore } from '../../store/store.ts';
import { readSightings } from '../cut/sightings.ts';
import { entryCookie } from './cookies.ts';
import { type EntryServer, openEntry } from './entry.ts';
import { entryFolder, entrySocket } from './place.ts';

let state: string;
let entry: EntryServer;
const faults: Fault[] = [];
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'poterne-entry-'));
  faults.length = 0;
  entry = open();
});
afterEach(async () => {
  await entry.close();
  // The audit log is written to for a moment longer.
  await rm(state, { recursive: true, force: true, maxRetries: 9 });
});

const open = (account?: string) =>
  openEntry(state, account, { tell: () => {}, fail: (fault) => void faults.push(fault) });

const site = async (publications: string, more = ''): Promise<Site> => {
  const yaml = `site: s
services: { app: { url: "http://127.0.0.1:1" } }
${more}
publications:
  ${publications}
`;
  const found = await read('/site/site.yaml', { files: memory({ '/site/site.yaml': yaml }) });
  if (!found.site) throw new Error(JSON.stringify(found.findings));
  return found.site;
};
const guarded = () =>
  site(
    'erp.example.fr: { service: app, audience: [ { groups: [staff] } ] }',
    'people: { alice: { groups: [staff] } }\nsign-in: { at: portail.example.fr }',
  );

const asked = (path: string, headers: Record<string, string> = {}) =>
  new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    const one = request({ socketPath: entrySocket(state), path, headers, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (part) => {
        body += part;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
    });
    one.on('error', reject).end();
  });
const about = {
  ...{ 'x-poterne-publication': 'erp_example_fr', 'x-poterne-host': 'erp.example.fr' },
  ...{ 'x-poterne-uri': '/', 'x-poterne-address': '10.0.0.7' },
};

test('nothing listens where everybody may come, and what a killed daemon left is replaced', async () => {
  await entry.follow(await site('erp.example.fr: { service: app, audience: everyone }'));
  await expect(stat(entrySocket(state))).rejects.toMatchObject({ code: 'ENOENT' });
  await entry.follow(await guarded());
  expect((await asked('/verdict', about)).status).toBe(401);
  // As one that was killed leaves it.
  await entry.close();
  await writeFile(entrySocket(state), '');
  entry = open();
  await entry.follow(await guarded());
  expect((await asked('/verdict', about)).status).toBe(401);
  await entry.follow(undefined);
  await expect(asked('/verdict', about)).rejects.toThrow();
});

test('badges of a daemon that was killed are gone when the next one starts, before it gives any', async () => {
  const badges = join(state, 'nginx', badgesFolder);
  await mkdir(join(badges, 'g-before', 'alice|s|Alice||'), { recursive: true });
  await writeFile(join(badges, 'g-before', 'alice|s|Alice||', 'one'), '');
  await symlink('g-before', join(badges, 'now'));
  await entry.follow(await guarded());
  expect(await readdir(join(badges, 'now'))).toEqual([]);
  await expect.poll(() => readdir(badges)).not.toContain('g-before');
});

test('its folder is for the account of nginx alone', async () => {
  await entry.follow(await guarded());
  expect((await stat(entryFolder(state))).mode & 0o777).toBe(0o700);
  expect((await stat(entrySocket(state))).mode & 0o777).toBe(0o600);
  if (process.getuid?.() !== 0) return;
  await entry.close();
  entry = open('www-data');
  await entry.follow(await guarded());
  const { gid } = await stat(entrySocket(state));
  expect(gid).toBeGreaterThan(0);
  expect(await stat(entryFolder(state))).toMatchObject({ uid: 0, gid });
  expect((await stat(entryFolder(state))).mode & 0o777).toBe(0o750);
  expect((await stat(entrySocket(state))).mode & 0o777).toBe(0o660);
});

test('a publication that this version does not know is judged by nobody', async () => {
  await entry.follow(await guarded());
  const answer = await asked('/verdict', { ...about, 'x-poterne-publication': 'other' });
  expect([answer.status, answer.headers['x-accel-expires']]).toEqual([503, '0']);
});

test('what is cut off meanwhile is refused', async () => {
  await entry.follow(await guarded());
  const cut = join(state, cutPlaces.publications);
  await mkdir(cut, { recursive: true });
  await writeFile(join(cut, 'erp_example_fr'), '');
  const { status, headers } = await asked('/verdict', about);
  expect([status, headers['x-poterne-verdict']]).toEqual([403, 'cut']);
  await rm(join(cut, 'erp_example_fr'));
  expect((await asked('/verdict', about)).status).toBe(401);
});

test('whose connection cannot be written down is let in, and asked about each time', async () => {
  await entry.follow(
    await site('erp.example.fr: { service: app, audience: [ { from: [internet], when: "00:00-24:00" } ] }'),
  );
  const from = '203.0.113.7';
  const seen = {
    ...{ 'x-poterne-address': from, 'x-poterne-worker': '7' },
    'x-poterne-seen': `1700000000.123-0.001 5 ${from} 5000 127.0.0.1 443`,
  };
  const verdict = async () => {
    const { status, headers } = await asked('/verdict', { ...about, ...seen });
    return [status, headers['x-accel-expires']];
  };
  expect([await verdict(), await verdict()]).toEqual([
    [200, '0'],
    [200, '0'],
  ]);
  expect(faults.map(({ code }) => code)).toEqual(['entry.sightings']);
  await mkdir(join(state, 'nginx/log'), { recursive: true });
  expect(await verdict()).toEqual([200, '3']);
  expect([...(await readSightings(join(state, 'nginx'))).keys()]).toEqual([`${from} 5000 127.0.0.1 443`]);
});

test('browsers are led on by the names of this site alone', async () => {
  await entry.follow(await guarded());
  const led = async (path: string, more = {}) => {
    const { status, headers } = await asked(path, { ...about, ...more });
    return [status, headers.location];
  };
  const signIn = 'https://portail.example.fr/sign-in?to=https%3A%2F%2Ferp.example.fr';
  expect(await led('/.poterne/onward?why=sign-in&to=/deep?a=1&to=2')).toEqual([
    303,
    `${signIn}%2Fdeep%3Fa%3D1%26to%3D2`,
  ]);
  for (const elsewhere of ['//evil.example', '/\\evil.example', 'https://evil.example/', ''])
    expect(await led(`/.poterne/onward?why=sign-in&to=${elsewhere}`)).toEqual([303, `${signIn}%2F`]);
  expect(await led('/.poterne/onward?why=approval&to=/')).toEqual([
    303,
    'https://portail.example.fr/ask?to=https%3A%2F%2Ferp.example.fr%2F',
  ]);
  expect((await led('/.poterne/onward?why=nothing&to=/'))[0]).toBe(404);
  // nginx sends on all that is ours; the portal answers at its own name alone.
  for (const path of ['/.poterne/', '/.poterne/x', '/.poterne/sign-in', '/.poterne/enter/'])
    expect(await led(path)).toEqual([404, undefined]);
  for (const path of ['/.poterne/enter?to=/', '/.poterne/leave', '/.poterne/onward?why=sign-in&to=/'])
    expect(await led(path, { 'x-poterne-host': 'evil.example' })).toEqual([404, undefined]);
  const [status, location] = await led('/.poterne/enter?to=//evil.example');
  expect([status, new URL(String(location)).searchParams.get('to')]).toEqual([303, '/']);
  expect(
    (await led(`/pass?at=evil.example&state=${'A'.repeat(43)}&to=/`, { 'x-poterne-publication': '' }))[0],
  ).toBe(404);
  expect(
    await led(`/pass?at=erp.example.fr&state=${'A'.repeat(43)}&to=/x`, { 'x-poterne-publication': '' }),
  ).toEqual([303, `${signIn}%2Fx`]);
});

test('the keys of signed identities are published', async () => {
  await entry.follow(await guarded());
  const { keys } = JSON.parse((await asked('/.well-known/jwks.json')).body);
  expect(keys).toHaveLength(2);
  expect(keys[0]).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' });
  expect(JSON.stringify(keys)).not.toContain('"d"');
});

test('who leaves the description, or a group, is out with the next verdict; the session of who stays goes on', async () => {
  const of = (people: string) =>
    site(
      'erp.example.fr: { service: app, audience: [ { groups: [staff] } ] }',
      `people: { ${people}, bob: { groups: [staff] } }\nsign-in: { at: portail.example.fr }`,
    );
  await entry.follow(await of('alice: { groups: [staff] }'));
  const store = await openStore(state);
  const sessions = openSessions(
    async () => store.sessions,
    () => ({ site: 's', idle: 3_600_000, longest: 43_200_000 }),
  );
  const user = { id: 'alice', source: 'local', login: 'alice', groups: ['staff'] };
  const { session } = await sessions.begin(user, undefined, { address: '10.0.0.7', agent: '' });
  const place = { publication: 'erp_example_fr', host: 'erp.example.fr' };
  const code = await sessions.code(session, { ...place, state: 'A'.repeat(43), target: '/' });
  const entered = await sessions.enter(code, { ...place, state: 'A'.repeat(43) });
  const cookie = `${entryCookie}=${entered?.cookie}`;
  const status = async () => (await asked('/verdict', { ...about, cookie })).status;
  expect(await status()).toBe(200);
  await entry.follow(await of('alice: { groups: [staff, "équipe"] }'));
  // A browser that shows other groups is led by where its cookie is written anew; whatever is no page goes on, and nobody is led in circles.
  const who = 'alice|alice||staff';
  const shows = async (more: Record<string, string>) => {
    const shown = { ...about, cookie: `${cookie}|${who}`, 'x-poterne-who': who, ...more };
    const { status, headers } = await asked('/verdict', shown);
    return [status, headers['x-accel-expires'], headers['x-poterne-verdict']];
  };
  const goes = { 'x-poterne-method': 'GET', 'x-poterne-fetch': 'navigate' };
  const now = `${who},%C3%A9quipe`;
  const verdict = now.replace('|', `|${session.id}|`);
  for (const more of [
    { ...goes, 'x-poterne-fetch': 'cors' },
    { ...goes, 'x-poterne-method': 'POST' },
    { ...goes, 'x-poterne-who': now },
  ])
    expect(await shows(more)).toEqual([200, '3', verdict]);
  expect(await shows(goes)).toEqual([403, '0', 'changed']);
  expect(await shows(goes)).toEqual([200, '3', verdict]);
  const passes = async (cookie: string, to = '/deep?a=1&to=2') => {
    const { status, headers } = await asked(`/.poterne/onward?why=changed&to=${to}`, { ...about, cookie });
    return [status, headers.location, headers['set-cookie']];
  };
  expect(await passes(`${cookie}|${who}`)).toEqual([
    ...[303, '/deep?a=1&to=2'],
    [`${cookie}|${now}; Path=/; Secure; HttpOnly; SameSite=Lax`],
  ]);
  expect(await passes(`${cookie.slice(0, -4)}AAAA|${who}`, '//evil.example')).toEqual([303, '/', undefined]);
  await entry.follow(await of('alice: { groups: [] }'));
  expect(await status()).toBe(403);
  await entry.follow(await of('alice: { groups: [staff] }'));
  expect(await status()).toBe(200);
  await entry.follow(await of('carol: { groups: [staff] }'));
  expect(await status()).toBe(401);
  // It has ended: whoever gets that name later is not let in by it.
  await entry.follow(await of('alice: { groups: [staff] }'));
  expect(await status()).toBe(401);
  await store.close();
});
