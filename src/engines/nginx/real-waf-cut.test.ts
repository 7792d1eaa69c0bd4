import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { banPlaces } from '../../model/bans.ts';
import { cutPlaces, sightingsLog } from '../../model/cut.ts';
import { publication, service, site } from './testing.ts';
import { guarded, type Judge, judge, rule } from './testing-gate.ts';
import {
  type Backend,
  backend,
  type RunningGateway,
  startGateway,
  tell,
  testAuthority,
} from './testing-gateway.ts';
import { as, onOne, page } from './testing-guarded.ts';
import { asking, connect, data, flags, headers } from './testing-h2.ts';
import { waf } from './testing-waf.ts';

// What is cut off, and who is banned, behind a firewall: looked for at each request, and once for each (`render/cut.ts`).

let gateway: RunningGateway;
let app: Backend;
let judging: Judge;
const reached: string[] = [];

/** A load balancer. */
const front = '127.0.0.2';

beforeAll(async () => {
  app = await backend('app', (incoming, outgoing) => {
    reached.push(incoming.url ?? '');
    tell('app', incoming, outgoing);
  });
  gateway = await startGateway(
    (ports) => ({
      ...site(
        [service('app', app.url)],
        [
          publication('open.localhost', 'app', { scenario: 'proxy+waf', waf: waf() }),
          publication('inside.localhost', 'app', {
            ...{ scenario: 'proxy+waf', waf: waf(), audience: guarded(rule({ paths: ['/admin/'] }), rule()) },
          }),
        ],
        { ...ports, trustedFronts: [`${front}/32`] },
      ),
      bans: { never: [], thresholds: {}, pointer: '/bans' },
    }),
    await testAuthority('gateway'),
  );
  judging = await judge(join(gateway.state, 'entry/entry.sock'));
});

afterAll(async () => {
  judging?.server.close();
  await gateway?.stop();
  app?.close();
});

test.each([
  ['a publication', `${cutPlaces.publications}/open_localhost`, 503, 'cut off'],
  ['an address', `${cutPlaces.addresses}/127.0.0.1`, 503, 'cut off'],
  ['a network', `${cutPlaces.networks}/127.0.0`, 503, 'cut off'],
  ['a banned address', `${banPlaces.addresses}/127.0.0.1`, 403, 'for a while'],
  ['a banned network', `${banPlaces.networks}/127.0.0`, 403, 'for a while'],
])('%s is refused at once, late on a connection too', async (_, file, status, said) => {
  const agent = onOne();
  const ask = (host: string) => gateway.get(host, '/', as('alice', page, { agent }));
  const hosts = file.includes('publications') ? ['open.localhost'] : ['open.localhost', 'inside.localhost'];
  for (const host of hosts) for (let n = 0; n < 25; n++) expect((await ask(host)).status).toBe(200);
  const path = join(gateway.state, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, '');
  onTestFinished(() => rm(path, { force: true }));
  const asked = judging.asked.length;
  for (const host of hosts) {
    const answer = await ask(host);
    expect([answer.status, answer.body.includes(said)]).toEqual([status, true]);
  }
  expect(judging.asked).toHaveLength(asked);
  await rm(path);
  for (const host of hosts) expect((await ask(host)).status).toBe(200);
  agent.destroy();
});

/** Nothing that rules have something against. */
const form = (length: number) =>
  [
    ['content-type', 'application/x-www-form-urlencoded'],
    ['content-length', `${length}`],
  ] as const;

test('what a firewall still reads when it is cut off is let in no more, and what goes on beside it is told', async () => {
  const cut = join(gateway.state, cutPlaces.publications, 'open_localhost');
  const log = join(gateway.prefix, sightingsLog);
  const before = (await readFile(log, 'utf8')).length;
  const connection = await connect(gateway.site.gateway.httpsPort, 'open.localhost');
  await connection.write(
    headers(1, asking('open.localhost', '/first', form(2), 'POST'), flags.none),
    data(1, 'a'),
  );
  await connection.write(headers(3, asking('open.localhost', '/')));
  expect((await connection.answer(3)).status).toBe(200);
  const told = (await readFile(log, 'utf8')).slice(before).trim().split('\n');
  expect(told.map((line) => line.split(' ')[11])).toEqual(['open_localhost']);

  await mkdir(dirname(cut), { recursive: true });
  await writeFile(cut, '');
  onTestFinished(() => rm(cut, { force: true }));
  reached.length = 0;
  await connection.write(data(1, 'b', flags.endStream));
  expect((await connection.answer(1)).status).toBe(403);
  expect(reached).toEqual([]);
  connection.end();
});

test('nor is it let in when the address is cut off that a load balancer tells of', async () => {
  const cut = join(gateway.state, cutPlaces.addresses, '192.0.2.7');
  const connection = await connect(gateway.site.gateway.httpsPort, 'open.localhost', { from: front });
  const ask = (stream: number, length: number) => {
    const fields = [...form(length), ['x-forwarded-for', '192.0.2.7'] as const];
    return headers(stream, asking('open.localhost', '/', fields, 'POST'), flags.none);
  };
  reached.length = 0;
  await connection.write(ask(1, 2), data(1, 'a'), ask(3, 1), data(3, 'a', flags.endStream));
  expect((await connection.answer(3)).status).toBe(200);
  await mkdir(dirname(cut), { recursive: true });
  await writeFile(cut, '');
  onTestFinished(() => rm(cut, { force: true }));
  await connection.write(data(1, 'b', flags.endStream));
  expect((await connection.answer(1)).status).toBe(403);
  expect(reached).toHaveLength(1);
  connection.end();
});

test('what kind of path it is stays what it was when a page takes its place', async () => {
  judging.asked = [];
  judging.answer = (_, outgoing) => void outgoing.writeHead(403, { 'x-poterne-verdict': 'group' }).end();
  const { status, body } = await gateway.get('inside.localhost', '/admin/x', as('bob', page));
  expect([status, body.includes('</html>')]).toEqual([403, true]);
  expect(judging.asked.map((each) => each['x-poterne-class'])).toEqual(['/admin/']);
  expect((await gateway.get('inside.localhost', '/', { sni: 'open.localhost' })).status).toBe(421);
});
