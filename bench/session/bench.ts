/**
 * What signing in costs at the gateway: a publication that people sign in to, whose verdict nginx keeps, against the same one that is
 * open to everyone (at the same time, on one processor, as `bench:proxy` measures), and against nginx that has a program judge each request
 * (auth_request to plain Node; in turns, for there the program's own work counts). The session is a real one, judged by Poterne's daemon.
 *
 *     npm run bench:session -- --json [--rounds 21] [--seconds 2] [--connections 8]
 */

import { createServer } from 'node:http';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { listening, median, round, start } from '../measure.ts';
import { load, onOneProcessor, type Sample } from '../proxy/load.ts';
import { openSides, ports } from '../proxy/sides.ts';
import { openSignedIn, signedInPort } from './signed-in.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '21' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '8' },
  },
});

const judgePort = ports.poterne + 11;

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

  const signedIn = await openSignedIn(sides);
  stops.push(() => signedIn.stop());
  const pass = [signedIn.cookie];

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
