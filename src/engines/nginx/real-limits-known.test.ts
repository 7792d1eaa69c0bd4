import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { markKeyOf, markOf } from '../../lib/marks.ts';
import { publication, route, service, site } from './testing.ts';
import { guarded, type Judge, judge, signIn } from './testing-gate.ts';
import {
  type Backend,
  backend,
  type RunningGateway,
  startGateway,
  testAuthority,
} from './testing-gateway.ts';

// Limits of sessions and tokens, on a real nginx. Whoever shows any cookie or token is let in here: only what is counted tells them apart.

const two = { requests: { count: 2, per: 'm' } } as const;
let gateway: RunningGateway;
let app: Backend;
let daemon: Judge;

beforeAll(async () => {
  app = await backend('app');
  const limited = (name: string, limits: unknown, routes = [route('/', 'app')]) =>
    publication(name, routes, { nginx: { limits }, audience: guarded() });
  gateway = await startGateway(
    (ports) => ({
      ...site(
        [service('app', app.url)],
        [
          limited('both.localhost', { requests: { count: 1, per: 'm' }, session: two, token: two }),
          limited('alone.localhost', { session: two }),
          limited('route.localhost', { requests: { count: 50, per: 'm' } }, [
            route('/', 'app'),
            route('/api/', 'app', { limits: { session: two } }),
          ]),
        ],
        { ...ports, trustedFronts: ['127.0.0.1/32'] },
      ),
      signIn: signIn('sign-in.localhost'),
    }),
    await testAuthority('gateway'),
  );
  daemon = await judge(join(gateway.state, 'entry/entry.sock'));
  daemon.answer = (_, answer) =>
    void answer.writeHead(200, { 'x-accel-expires': '3', 'x-poterne-verdict': 'alice|s1|||' }).end();
});
afterAll(async () => {
  await gateway?.stop();
  app?.close();
  daemon?.server.close();
});

const random = (bytes: number) => randomBytes(bytes).toString('base64url');
const key = markKeyOf('test');
const session = () => `s${random(12)}`;
/** A pass of a session, as the portal gives it; each time another. */
const pass = (id: string, mark = markOf(key, id)) => ({
  cookie: `a=b; __Host-poterne=p${random(12)}.${random(32)}.${id}.${mark}`,
});
const token = (id = `t${random(12)}`, mark = markOf(key, id)) => ({
  authorization: `Bearer pot_${id}${random(32)}${mark}`,
});

let last = 0;
const address = () => `192.0.2.${++last}`;
type Shown = Readonly<Record<string, string>>;
async function ask(name: string, from: string, shown: readonly Shown[], path = '/'): Promise<number[]> {
  const found: number[] = [];
  for (const headers of shown) {
    const all = { 'x-forwarded-for': from, ...headers };
    found.push((await gateway.get(`${name}.localhost`, path, { headers: all })).status);
  }
  return found;
}

test('two people behind one address each have their own, whatever passes they have', async () => {
  const office = address();
  const [alice, bob] = [session(), session()];
  expect(await ask('both', office, [pass(alice), pass(alice), pass(alice)])).toEqual([200, 200, 429]);
  expect(await ask('both', office, [pass(bob), pass(bob), pass(bob)])).toEqual([200, 200, 429]);
  // From elsewhere it is the same session, and the address has its own.
  expect(await ask('both', address(), [pass(alice)])).toEqual([429]);
  expect(await ask('both', office, [{}, {}])).toEqual([200, 429]);
});

test('made-up cookies are none: they count as their address', async () => {
  const [attacker, known] = [address(), session()];
  const stolen = markOf(key, known);
  const other = await testKey();
  const made: readonly Shown[] = [
    { cookie: `__Host-poterne=p${random(12)}.${random(32)}` },
    { cookie: `__Host-poterne=${random(12)}.x` },
    pass(session(), stolen),
    pass(known, `${stolen.slice(0, -2)}AA`),
    pass(known, ''),
    pass(session(), markOf('', session())),
    pass(session(), other),
    { cookie: `${pass(session(), random(16)).cookie}; ${pass(known).cookie.slice(5)}` },
    { ...pass(known), ...token(`t${random(12)}`, random(16)) },
  ];
  expect(await ask('both', attacker, made)).toEqual([200, ...made.slice(1).map(() => 429)]);
  // Nobody used up what is another's.
  expect(await ask('both', address(), [pass(known), pass(known)])).toEqual([200, 200]);
});

/** The mark of another machine. */
const testKey = async () => markOf(markKeyOf('another'), session());

test('a token has its own, from wherever it is shown', async () => {
  const [office, one, other] = [address(), `t${random(12)}`, `t${random(12)}`];
  expect(await ask('both', office, [token(one), token(one), token(one), token(other)])).toEqual([
    ...[200, 200, 429, 200],
  ]);
  expect(await ask('both', address(), [token(one)])).toEqual([429]);
  const made = () => token(`t${random(12)}`, random(16));
  expect(await ask('both', office, [made(), made()])).toEqual([200, 429]);
});

test('where addresses have no rate, whoever is not known has that of a session for their address', async () => {
  const [office, alice] = [address(), session()];
  expect(await ask('alone', office, [{}, pass(session(), random(16)), {}])).toEqual([200, 200, 429]);
  expect(await ask('alone', office, [pass(alice), pass(alice), pass(alice)])).toEqual([200, 200, 429]);
});

test('a route has its own', async () => {
  const [office, alice] = [address(), session()];
  expect(await ask('route', office, [pass(alice), pass(alice), pass(alice)], '/api/')).toEqual([
    200, 200, 429,
  ]);
  expect(await ask('route', office, [pass(alice)])).toEqual([200]);
});

test('the log tells who had too much', async () => {
  const lines = (await gateway.log()).filter(({ status }) => status === 429);
  const known = new Set(lines.map(({ known: id }) => `${id}`.slice(0, 1)));
  expect([...known].sort()).toEqual(['', 's', 't']);
});
