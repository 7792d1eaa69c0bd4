import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sightingsLog } from '../../model/cut.ts';
import { placed } from './live.ts';
import { parseSighting, readSightings } from './sightings.ts';
import { sightingTeller } from './tell-sightings.ts';
import { tidySightings } from './tidy.ts';

let prefix: string;
const log = () => join(prefix, sightingsLog);
beforeEach(async () => {
  prefix = await mkdtemp(join(tmpdir(), 'poterne-sightings-'));
  await mkdir(join(prefix, 'log'));
});
afterEach(() => rm(prefix, { recursive: true, force: true }));

/** Where visitors come to. */
const own = '203.0.113.1 443';

const line = (connection: number, port: number, publication: string, user = '-', session = '-') =>
  `1700000000.123 ${connection} 192.0.2.7 ${port} ${own} - - - - 198.51.100.9 ${publication} - 200 - ${session} ${user}`;

test('a line tells whose connection it is, over which publication, and whom the kernel has it with', () => {
  expect(parseSighting(line(7, 5000, 'erp', 'carol%20d%C3%A9e@ad', 's1'))).toMatchObject({
    ends: `192.0.2.7 5000 ${own}`,
    connection: '7',
    address: '198.51.100.9',
    publication: 'erp',
    hasCertificate: false,
    session: 's1',
    user: 'carol dée@ad',
  });
  expect(parseSighting(line(7, 5000, 'erp', 'an id with spaces', 's1'))?.user).toBe('an id with spaces');
  // Behind the server that tells names apart.
  const behind =
    '1700000000.123 7 unix: - unix:/run/https.sock - 2001:db8::7 4000 2001:db8::1 443 2001:db8::7 erp /a/ 204 1 - -';
  expect(parseSighting(behind)).toMatchObject({
    ...{ ends: '2001:db8::7 4000 2001:db8::1 443', pathClass: '/a/', status: '204', hasCertificate: true },
  });
  const mapped = '1 2 ::ffff:192.0.2.7 1 ::ffff:192.0.2.1 443 - - - - 192.0.2.7 erp - 200 - - -';
  expect(parseSighting(mapped)?.ends).toBe('192.0.2.7 1 192.0.2.1 443');
  for (const broken of ['', '1700000000.123 7 192.0.2.7', line(7, 5000, 'erp').slice(0, 40)])
    expect(parseSighting(broken)).toBeUndefined();
});

test('a port that is used again has what was last told of it', async () => {
  await writeFile(`${log()}.kept`, `${line(1, 5000, 'old')}\n`);
  await writeFile(
    log(),
    [line(2, 5000, 'erp'), line(2, 5000, 'mail', 'alice', 's1'), line(3, 5001, 'erp'), 'half a l'].join('\n'),
  );
  const found = await readSightings(prefix);
  expect(found.get(`192.0.2.7 5000 ${own}`)?.map(({ publication }) => publication)).toEqual(['erp', 'mail']);
  expect(found.size).toBe(2);
});

test('a connection that has ended, of which nginx tells late, is not the one that has its port now', async () => {
  const at = (began: number, connection: number, publication: string) =>
    line(connection, 5000, publication).replace(/^\S+/, `1700000009.000-${(9 - began).toFixed(3)}`);
  await writeFile(log(), `${[at(3, 2, 'erp'), at(1, 1, 'old'), at(3, 2, 'mail')].join('\n')}\n`);
  const found = (await readSightings(prefix)).get(`192.0.2.7 5000 ${own}`);
  expect(found?.map(({ publication }) => publication)).toEqual(['erp', 'mail']);
});

test('a connection of which only a name is known is at what nginx has of that name', () => {
  const at = (host: string, ...names: readonly string[]) => {
    const publications = names.map((name) => ({
      ...{ id: name, name, scenario: 'proxy' as const },
      match: name.startsWith('~')
        ? ('regex' as const)
        : name.startsWith('*')
          ? ('wildcard' as const)
          : ('exact' as const),
    }));
    const sighting = parseSighting(line(1, 5000, `=${host}`));
    return sighting && placed(sighting, publications).map(({ publication }) => publication);
  };
  const all = ['*.fr', '*.erp.fr', 'a.erp.fr', '~^x', '~^y(?>z)$'];
  expect(at('A.erp.fr', ...all)).toEqual(['a.erp.fr']);
  expect(at('x!y.erp.fr', ...all)).toEqual(['*.erp.fr']);
  expect(at('.erp.fr', ...all)).toEqual(['*.erp.fr']);
  // Expressions are nginx's to read.
  expect(at('x.org', ...all)).toEqual(['~^x', '~^y(?>z)$']);
});

describe('whom the daemon lets in', () => {
  const alice = {
    ...{ worker: '7', seen: `1700000000.123-0.001 5 192.0.2.7 5000 ${own}`, address: '192.0.2.7' },
    ...{ publication: 'erp', pathClass: '/café au lait/', session: 's1', user: 'carol dée@ad' },
    hasCertificate: false,
  };
  const told = async () => [...(await readSightings(prefix)).values()].flat();

  test('is told as it is read, behind the server that tells names apart too', async () => {
    const tell = sightingTeller(prefix);
    tell(alice);
    tell({
      ...alice,
      seen: '1700000000.123-0.001 6 unix:  unix:/s  2001:db8::7 4000 2001:db8::1 443',
      user: 'bob',
    });
    const seen = '1.000-0.000 7 192.0.2.8 1 192.0.2.1 443';
    tell({ worker: '7', seen, address: '192.0.2.8', publication: 'erp', hasCertificate: true });
    expect(await told()).toMatchObject([
      {
        ...{ ends: `192.0.2.7 5000 ${own}`, connection: '5', began: 1_700_000_000.122, status: '200' },
        ...{ publication: 'erp', pathClass: '/café au lait/', session: 's1', user: 'carol dée@ad' },
      },
      { ends: '2001:db8::7 4000 2001:db8::1 443', user: 'bob', hasCertificate: false },
      { ends: '192.0.2.8 1 192.0.2.1 443', status: '200', hasCertificate: true },
    ]);
    expect(Object.keys((await told())[2] ?? {})).not.toEqual(expect.arrayContaining(['user']));
  });

  test('is told once, but for what is another connection, place or session', async () => {
    const tell = sightingTeller(prefix);
    const others = [
      { worker: '8' },
      { seen: `1700000000.123-0.001 6 192.0.2.7 5000 ${own}` },
      { publication: 'mail' },
      { pathClass: '/' },
      { session: 's2' },
      { address: '192.0.2.9' },
      { hasCertificate: true },
    ];
    for (let round = 0; round < 2; round++) {
      const later = { ...alice, seen: `170000000${round}.123-0.001 5 192.0.2.7 5000 ${own}` };
      for (const each of [later, later, ...others.map((other) => ({ ...alice, ...other }))]) tell(each);
    }
    const lines = (await readFile(log(), 'utf8')).split('\n').filter(Boolean);
    expect(lines).toHaveLength(1 + others.length);
  });

  test('is told again where it could not be, on a line of its own', async () => {
    const tell = sightingTeller(prefix);
    await rm(join(prefix, 'log'), { recursive: true });
    expect(() => tell(alice)).toThrow('ENOENT');
    await mkdir(join(prefix, 'log'));
    await writeFile(log(), '1700000000.1');
    tell(alice);
    expect(await told()).toMatchObject([{ user: 'carol dée@ad' }]);
  });
});

test('what is forgotten is of connections that are no more, also after a crash in between', async () => {
  const lines = Array.from({ length: 100 }, (_, n) => line(n, 6000 + n, 'erp', 'alice', `s${n}`));
  await writeFile(log(), `${[...lines, lines[3]].join('\n')}\n`);
  const ends = (port: number) => `192.0.2.7 ${port} ${own}`;
  const connections = async () => new Set([6003, 6099, 7001].map(ends));
  const reopen = async () => writeFile(log(), `${line(500, 7000, 'mail')}\n`);
  expect(await tidySightings(prefix, { connections, reopen })).toBe(false);
  expect(await tidySightings(prefix, { connections, reopen, largest: 1000 })).toBe(true);
  // A worker that was busy has not heard yet.
  await appendFile(`${log()}.1`, `${line(502, 7001, 'mail')}\n`);
  expect((await readSightings(prefix)).size).toBe(102);
  expect(await tidySightings(prefix, { connections, reopen })).toBe(true);
  expect([...(await readSightings(prefix)).keys()]).toEqual([6003, 6099, 7001, 7000].map(ends));
  expect((await readFile(`${log()}.kept`, 'utf8')).split('\n')).toHaveLength(4);
  expect(await tidySightings(prefix, { connections, reopen })).toBe(false);
  await writeFile(`${log()}.1`, `${line(503, 6099, 'mail')}\n`);
  await rm(log());
  expect(await tidySightings(prefix, { connections, reopen })).toBe(true);
  expect(await readFile(log(), 'utf8')).toContain('mail');
  expect(await tidySightings(prefix, { connections, reopen })).toBe(true);
  expect((await readSightings(prefix)).get(ends(6099))?.[0]?.publication).toBe('mail');
});
