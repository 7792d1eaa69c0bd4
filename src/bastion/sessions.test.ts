import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Site } from '../model/site.ts';
import { standIns } from '../plan/bastion/stand-in.ts';
import { siteOf } from '../plan/testing.ts';
import { encodeFrame, type FrameType, frameReader } from './frames.ts';
import type { Hello } from './protocol.ts';
import { openRecordings, type Recordings } from './recordings.ts';
import { type Ground, openSessions, type Sessions, type Told } from './sessions.ts';

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDEwKTzzIrF6f//IdwmZmjD/GcsFBPzptiXz7+5NAJDd';
const other = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAvcKvEqQN6DWCjwmmg1U61AwT5GlW1UaGjfvY7Tlp0S';

let room: string;
let site: Site;
let told: Told[];
let sessions: Sessions;
let server: Server;
let recordings: Recordings;
let troubles: unknown[];

const describedAs = (rule = '') =>
  siteOf(`site: s
timezone: UTC
admin: { from: [192.0.2.0/24] }
hosts:
  gate: { address: 10.0.0.2, roles: [gateway], firewall: false, ssh: { user: root } }
  prod1: { address: 10.0.0.11, firewall: false, ssh: { user: root, host-key: "${other}" } }
people: { alice: { keys: ["${key}"] }, bob: {} }
access: [{ people: [alice], to: prod1, as: [debian]${rule} }]
bastion: {}
`);

async function open(changes: Partial<Ground> = {}): Promise<void> {
  sessions = openSessions({
    site: () => site,
    recordings,
    audit: async (what) => void told.push(what),
    certify: async ({ id }) => `certificate of ${id}`,
    whence: async () => ({ account: 'alice', address: '192.0.2.7' }),
    isRevoked: () => false,
    alarm: async () => {},
    trouble: (error) => void troubles.push(error),
    unwritable: async () => undefined,
    ...changes,
  });
  server = createServer((socket) => sessions.enter(socket));
  await new Promise<void>((resolve) => server.listen(join(room, 'socket'), resolve));
}

beforeEach(async () => {
  room = await mkdtemp(join(tmpdir(), 'poterne-sessions-'));
  recordings = await openRecordings(room);
  site = await describedAs();
  [told, troubles] = [[], []];
});
afterEach(async () => {
  vi.useRealTimers();
  server.close();
  await sessions.close();
  await rm(room, { recursive: true, force: true });
});

/** A session process that says what sshd told it. */
function enter(changes: Partial<Hello> = {}) {
  const stands = standIns(site).find(({ host }) => host === 'prod1')?.address;
  const hello: Hello = {
    ...{ account: 'debian', connection: `10.0.0.2 4000 ${stands} 22022`, proof: `publickey ${key}\n` },
    ...{ files: false, command: 'id', publicKey: other, ...changes },
  };
  const got: (readonly [FrameType, Record<string, string>])[] = [];
  const socket = connect(join(room, 'socket'));
  const read = frameReader();
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    for (const { type, body } of read(chunk)) got.push([type, JSON.parse(Buffer.from(body).toString())]);
  });
  socket.write(encodeFrame('hello', hello));
  return {
    got,
    send: (type: FrameType, body: Uint8Array | object) => void socket.write(encodeFrame(type, body)),
    leave: () => void socket.destroy(),
    /** Resolves with the first frame of a type. */
    gets: (type: FrameType) =>
      vi.waitFor(() => {
        const found = got.find(([is]) => is === type);
        if (!found) throw new Error(`no ${type} in ${JSON.stringify(got)}`);
        return found[1];
      }, 3000),
  };
}

const whats = () => told.map(({ what }) => what);

test('who is let in is written down first, and shown is what was recorded', async () => {
  await open();
  const session = enter();
  expect(await session.gets('admitted')).toMatchObject({ host: 'prod1', address: '10.0.0.11', port: 22 });
  expect(whats()).toEqual(['session.begin']);
  session.send('output', Buffer.from('héllo'));
  await session.gets('kept');
  const [record] = await recordings.list();
  const cast = await readFile(recordings.castOf(record?.id ?? '') ?? '', 'utf8');
  expect(cast).toContain('"o","héllo"');
  session.send('transfer', { action: 'put', path: '/tmp/x', bytes: 3, result: 'done' });
  session.send('exit', { toMachine: 3, fromMachine: 6, status: 4 });
  await session.gets('end');
  await vi.waitFor(() => expect(whats()).toEqual(['session.begin', 'session.file', 'session.end']));
  expect((await recordings.list())[0]).toMatchObject({
    ...{ ending: 'exit', status: 4, transfers: 1, from: '192.0.2.7', recording: { bytes: cast.length + 1 } },
  });
  expect(await recordings.forget(new Date(0))).toBe(0);
  expect(await recordings.forget(new Date(Date.now() + 1000))).toBe(1);
  expect(await recordings.list()).toEqual([]);
});

test.each([
  ['another account', { account: 'root' }, 'no rule lets alice into prod1 as root'],
  ['somebody without a rule', { proof: `publickey ${other}` }, 'it could not be told who you are'],
  [
    'no machine of the description',
    { connection: '10.0.0.2 4000 127.83.0.9 22022' },
    'which machine you mean',
  ],
])('%s is refused, and told', async (_, hello, words) => {
  await open();
  const { text } = await enter(hello).gets('refused');
  expect(text).toContain(words);
  expect(told).toMatchObject([{ what: 'session.refused' }]);
  expect(await recordings.list()).toEqual([]);
});

test('a key over somebody else’s connection, or over one that nobody saw, is refused', async () => {
  await open({ whence: async () => ({ account: 'bob', address: '192.0.2.8' }) });
  expect((await enter().gets('refused')).text).toContain('the connection is of bob');
  server.close();
  await open({ whence: async () => undefined });
  expect((await enter().gets('refused')).text).toContain('where you come from');
});

test('nothing begins that the log or the disk would not hold', async () => {
  const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
  await open({ audit: () => Promise.reject(full) });
  expect((await enter().gets('refused')).text).toContain('could not be recorded');
  expect(troubles).toContain(full);
  server.close();
  await open({ recordings: { ...recordings, begin: () => Promise.reject(full) } });
  expect((await enter().gets('refused')).text).toContain('could not be recorded');
  expect(whats()).toEqual(['session.begin', 'session.end']);
});

test('what goes on and cannot be recorded any more is ended', async () => {
  const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
  await open({
    recordings: {
      ...recordings,
      begin: async (...given) => ({
        ...(await recordings.begin(...given)),
        shown: () => Promise.reject(full),
      }),
    },
  });
  const session = enter();
  await session.gets('admitted');
  session.send('output', Buffer.from('secret'));
  expect((await session.gets('end')).text).toContain('could not be recorded');
  expect(session.got.map(([type]) => type)).not.toContain('kept');
});

test('hours that end, end it', async () => {
  site = await describedAs(', when: "08:00-20:00"');
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-25T19:59:59.900Z') });
  await open();
  const session = enter();
  await session.gets('admitted');
  vi.setSystemTime(new Date('2026-11-25T20:00:00.000Z'));
  expect((await session.gets('end')).text).toContain('at other hours only');
  await vi.waitFor(() => expect(told.at(-1)).toMatchObject({ record: { ending: 'denied' } }));
});

test('a description that does not let them in any more, and somebody who cuts, end it', async () => {
  await open();
  const [first, second] = [enter(), enter()];
  await Promise.all([first.gets('admitted'), second.gets('admitted')]);
  const { session } = await first.gets('admitted');
  expect(sessions.cut(session ?? '', 'why not')).toMatchObject([{ id: session, person: 'alice' }]);
  expect((await first.gets('end')).text).toBe('your session was ended: why not');
  site = { ...site, access: [] };
  sessions.review();
  expect((await second.gets('end')).text).toContain('no rule lets alice into prod1');
  await vi.waitFor(() => expect(sessions.count()).toBe(0));
});

test('who goes away without a word has left, and what is no greeting is nobody', async () => {
  await open();
  const session = enter();
  await session.gets('admitted');
  session.leave();
  await vi.waitFor(() => expect(told.at(-1)).toMatchObject({ record: { ending: 'left' } }));
  const stranger = connect(join(room, 'socket'));
  stranger.on('error', () => undefined);
  stranger.write('GET / HTTP/1.1\r\n\r\n');
  await new Promise((resolve) => stranger.on('close', resolve));
  expect(whats()).toEqual(['session.begin', 'session.end']);
});
