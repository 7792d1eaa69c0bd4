/**
 * What signing in costs at the gateway: a publication that people sign in to, whose verdict nginx keeps, against the same one that is
 * open to everyone (at the same time, on one processor, as `bench:proxy` measures), and against nginx that has a program judge each request
 * (auth_request to plain Node; in turns, for there the program's own work counts). The session is a real one, judged by Poterne's daemon.
 *
 *     npm run bench:session -- --json [--rounds 21] [--seconds 2] [--connections 8]
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEntry } from '../../src/daemon/portal/entry.ts';
import { openSiteStore } from '../../src/daemon/state-store.ts';
import { openSessions } from '../../src/identity/sessions.ts';
import type { Site } from '../../src/model/site.ts';
import { listening, median, round, start } from '../measure.ts';
import { load, onOneProcessor, type Sample } from '../proxy/load.ts';
import { openSides, ports, serve } from '../proxy/sides.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '21' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '8' },
  },
});

const signedInPort = ports.poterne + 10;
const judgePort = ports.poterne + 11;

/** Somebody's pass, as their browser shows it after signing in. */
async function passOf(state: string, site: Site): Promise<string> {
  const store = await openSiteStore(state, site);
  try {
    const rules = { site: site.name, idle: 3_600_000, longest: 43_200_000 };
    const sessions = openSessions(
      async () => store.sessions,
      () => rules,
    );
    const user = { id: 'alice', source: 'local', login: 'alice', groups: ['staff'] };
    const from = { address: '127.0.0.1', agent: 'bench' };
    const { session } = await sessions.begin(user, undefined, from);
    const place = { publication: site.publications[0]?.id ?? '', host: 'localhost', state: 'x'.repeat(43) };
    const code = await sessions.code(session, { ...place, target: '/' });
    const entered = await sessions.enter(code, place);
    if (!entered) throw new Error('the pass was refused');
    return `Cookie: __Host-poterne=${entered.cookie}`;
  } finally {
    await store.close();
  }
}

await onOneProcessor();
const sides = await openSides();
const stops: (() => unknown)[] = [];
try {
  for (const [config, port] of [
    [await sides.fill('upstream.conf', 'upstream'), ports.upstream],
    [await sides.fill('../session/auth-request.conf', 'asking', { judge: judgePort }), ports.nginx],
  ] as const) {
    const side = await start(['nginx', '-p', dirname(config), '-c', config, '-g', 'daemon off;']);
    stops.push(() => side.stop());
    await listening(port, side);
  }
  const judge = createServer((_, answer) => answer.writeHead(200, { 'x-user': 'alice' }).end());
  judge.keepAliveTimeout = 90_000;
  await new Promise<void>((done) => judge.listen(judgePort, '127.0.0.1', done));
  stops.push(
    () => judge.close(),
    () => judge.closeAllConnections(),
  );
  stops.push(await sides.poterne());

  const folder = join(dirname(sides.poternePrefix), '..', 'signed-in');
  const [state, file] = [join(folder, 'state'), join(folder, 'site.yaml')];
  await mkdir(folder);
  await writeFile(
    file,
    `site: bench
gateway: { listen: [127.0.0.1], http-port: ${signedInPort + 100}, https-port: ${signedInPort} }
people: { alice: { groups: [staff] } }
sign-in: { at: sign-in.localhost, tls: internal }
services:
  application: { url: "http://127.0.0.1:${ports.upstream}", healthy: { path: / } }
publications:
  localhost:
    service: application
    tls: { certificate: ${sides.certificate}, key: ${sides.key} }
    audience: [{ groups: [staff] }]
`,
  );
  const served = await serve(file, state);
  stops.push(() => served.stop());
  const said = (what: unknown) => console.error(what);
  const entry = openEntry(state, process.getuid?.() === 0 ? 'www-data' : undefined, {
    tell: said,
    fail: said,
  });
  await entry.follow(served.site);
  stops.push(() => entry.close());
  const pass = [await passOf(state, served.site)];

  const loads = {
    signedIn: () => load(signedInPort, options, pass),
    anonymous: () => load(ports.poterne, options),
    authRequest: () => load(ports.nginx, options),
  };
  for (const once of Object.values(loads)) await once();
  const pairs: Record<'anonymous' | 'authRequest', [Sample, Sample][]> = { anonymous: [], authRequest: [] };
  for (let n = 0; n < Number(options.rounds); n++)
    for (const other of ['anonymous', 'authRequest'] as const) {
      const isAtOnce = other === 'anonymous';
      // In turns who begins: whatever else the machine does meets both.
      const order = n % 2 === 0 ? (['signedIn', other] as const) : ([other, 'signedIn'] as const);
      const [one, two] = isAtOnce
        ? await Promise.all([loads[order[0]](), loads[order[1]]()])
        : [await loads[order[0]](), await loads[order[1]]()];
      const pair: [Sample, Sample] = n % 2 === 0 ? [one, two] : [two, one];
      pairs[other].push(pair);
      if (!options.json) console.log(`${other}:`, JSON.stringify(pair));
    }
  const figures = Object.fromEntries(
    Object.entries(pairs).map(([name, all]) => [
      name,
      ([0, 1] as const).map((side) => round(median(all.map((pair) => pair[side].requestsPerSecond)), 1)),
    ]),
  );
  const ratio = (all: readonly (readonly [Sample, Sample])[]) =>
    round(median(all.map(([signedIn, other]) => signedIn.requestsPerSecond / other.requestsPerSecond)));
  console.error('oauth2-proxy and Authelia are neither in Debian nor on npm: no ratio for them');
  const { rounds, seconds, connections } = options;
  console.log(
    JSON.stringify({
      bench: 'session',
      ...{ rounds: Number(rounds), seconds: Number(seconds), connections: Number(connections) },
      // Requests a second, of each pair the signed-in one's first.
      figures,
      ratioAnonymous: ratio(pairs.anonymous),
      ratioAuthRequest: ratio(pairs.authRequest),
    }),
  );
} finally {
  for (const stop of stops.reverse()) await stop();
  await sides.remove();
}
