/**
 * The published service against the same by hand: nginx configured by an expert, and Caddy from Debian. All of them
 * stand in front of one upstream on this machine, with one certificate. Poterne is measured at the same time as each of the
 * others, with as many connections, several times: on a shared machine, figures of one moment do not compare with another's.
 *
 *     npm run bench:proxy -- --json [--rounds 45] [--seconds 2] [--connections 8]
 */
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { findProgram } from '../../src/hosts/local.ts';
import { listening, median, type Running, round, start } from '../measure.ts';
import { load, onOneProcessor, type Sample } from './load.ts';
import { openSides, ports } from './sides.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '45' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '8' },
  },
});

const measured = (port: number): Promise<Sample> => load(port, options);

const running: Running[] = [];

async function nginx(config: string): Promise<Running> {
  const side = await start(['nginx', '-p', dirname(config), '-c', config, '-g', 'daemon off;']);
  running.push(side);
  return side;
}

await onOneProcessor();
const sides = await openSides();
let stopPoterne = async () => {};
try {
  await listening(ports.upstream, await nginx(await sides.fill('upstream.conf', 'upstream')));
  await listening(ports.nginx, await nginx(await sides.fill('by-hand.conf', 'by-hand')));
  stopPoterne = await sides.poterne();
  const hasCaddy = (await findProgram('caddy')) !== undefined;
  if (hasCaddy) {
    const config = await sides.fill('Caddyfile', 'caddy');
    const home = { HOME: dirname(config), XDG_DATA_HOME: dirname(config), XDG_CONFIG_HOME: dirname(config) };
    const caddy = await start(['caddy', 'run', '--config', config, '--adapter', 'caddyfile'], home);
    running.push(caddy);
    await listening(ports.caddy, caddy);
  } else console.error('caddy is not installed: no ratio for it');

  const competitors = { nginx: ports.nginx, ...(hasCaddy ? { caddy: ports.caddy } : {}) };
  for (const port of [ports.poterne, ...Object.values(competitors)]) await measured(port);
  const figures: Record<string, object> = {};
  const ratios: Record<string, number> = {};
  for (const [name, port] of Object.entries(competitors)) {
    const pairs: { readonly poterne: Sample; readonly other: Sample }[] = [];
    for (let n = 0; n < Number(options.rounds); n++) {
      // At once, and in turns who begins: whatever else the machine does meets both.
      const [first, second] = n % 2 === 0 ? [ports.poterne, port] : [port, ports.poterne];
      const [one, two] = await Promise.all([measured(first), measured(second)]);
      const pair = n % 2 === 0 ? { poterne: one, other: two } : { poterne: two, other: one };
      pairs.push(pair);
      if (!options.json) console.log(`${name}:`, JSON.stringify(pair));
    }
    const of = (side: 'poterne' | 'other', figure: keyof Sample) =>
      round(median(pairs.map((pair) => pair[side][figure])), 2);
    figures[name] = {
      requestsPerSecond: [of('poterne', 'requestsPerSecond'), of('other', 'requestsPerSecond')],
      p99Milliseconds: [of('poterne', 'p99Milliseconds'), of('other', 'p99Milliseconds')],
    };
    const title = name === 'nginx' ? 'Nginx' : 'Caddy';
    const ratio = (of: (pair: (typeof pairs)[number]) => number) => round(median(pairs.map(of)));
    ratios[`ratio${title}`] = ratio(
      ({ poterne, other }) => poterne.requestsPerSecond / other.requestsPerSecond,
    );
    ratios[`ratio${title}P99`] = ratio(
      ({ poterne, other }) => other.p99Milliseconds / poterne.p99Milliseconds,
    );
  }
  const { rounds, seconds, connections } = options;
  console.log(
    JSON.stringify({
      bench: 'proxy',
      rounds: Number(rounds),
      seconds: Number(seconds),
      connections: Number(connections),
      // Of each pair, Poterne's figure first.
      figures,
      ...ratios,
    }),
  );
} finally {
  await stopPoterne();
  await Promise.all(running.map((side) => side.stop()));
  await sides.remove();
}
