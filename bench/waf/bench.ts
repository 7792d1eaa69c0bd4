/**
 * What the web application firewall costs: the same service published by Poterne with it and without, loaded at the same time on one
 * processor (as `bench:proxy` measures): a plain GET, a form of 20 fields, and a path that is skipped. It observes, since high levels would refuse the form. Memory is of nginx's processes after the
 * load: what they share counted once.
 *
 *     npm run bench:waf -- --json [--paranoia 1] [--rounds 15] [--seconds 2] [--connections 8]
 */
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runningMaster } from '../../src/apply/engine-process.ts';
import { serverEngines } from '../../src/engines/index.ts';
import { childrenOf, megabytesOf } from '../../src/lib/testing-memory.ts';
import { listening, median, round, start } from '../measure.ts';
import { load, onOneProcessor, type Sample } from '../proxy/load.ts';
import { openSides, ports, serve } from '../proxy/sides.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    paranoia: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '15' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '8' },
  },
});

// Of its own: other benches may stand beside it.
const own = { upstream: ports.upstream + 40, waf: ports.poterne + 40, plain: ports.poterne + 60 };

const here = dirname(fileURLToPath(import.meta.url));
/** What browsers send at least: without, the rules find something in each request. */
const browser = ['User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0)', 'Accept: text/html,*/*;q=0.8'];

/** Megabytes of nginx's master and workers, below a state folder. */
async function memory(state: string): Promise<number> {
  let total = 0;
  for (const engine of serverEngines) {
    const master = await runningMaster(engine, join(state, engine.name));
    if (master) total += await megabytesOf([master.pid, ...(await childrenOf(master.pid))]);
  }
  return total;
}

await onOneProcessor();
const sides = await openSides();
const stops: (() => unknown)[] = [];
try {
  const upstream = await sides.fill('upstream.conf', 'upstream', { upstream: own.upstream });
  const side = await start(['nginx', '-p', dirname(upstream), '-c', upstream, '-g', 'daemon off;']);
  stops.push(() => side.stop());
  await listening(own.upstream, side);
  const folder = dirname(sides.certificate);
  const gateway = async (name: string, port: number, scenario: string) => {
    const [file, state] = [join(folder, `${name}.yaml`), join(folder, name)];
    await writeFile(
      file,
      `site: bench
gateway: { listen: [127.0.0.1], http-port: ${port + 100}, https-port: ${port} }
services:
  application: { url: "http://127.0.0.1:${own.upstream}", healthy: { path: / } }
publications:
  localhost:
    service: application
    tls: { certificate: ${sides.certificate}, key: ${sides.key} }
    audience: everyone
    ${scenario}
`,
    );
    const served = await serve(file, state);
    stops.push(served.stop);
    return { port, state };
  };
  const waf = await gateway(
    'waf',
    own.waf,
    `scenario: proxy+waf\n    waf: { mode: observe, paranoia: ${options.paranoia}, skip: [/static/] }`,
  );
  const plain = await gateway('plain', own.plain, 'scenario: proxy');

  const what = {
    get: { path: '/' },
    form: { path: '/form', script: join(here, 'form.lua') },
    skipped: { path: '/static/style.css' },
  } as const;
  const figures: Record<string, unknown> = {};
  const ratios: Record<string, number> = {};
  for (const [name, asked] of Object.entries(what)) {
    const loads = [waf, plain].map(
      ({ port }) =>
        () =>
          load(port, options, browser, asked),
    );
    for (const once of loads) await once();
    const pairs: [Sample, Sample][] = [];
    for (let n = 0; n < Number(options.rounds); n++) {
      const [one, two] = (await Promise.all(
        (n % 2 === 0 ? loads : [...loads].reverse()).map((once) => once()),
      )) as [Sample, Sample];
      pairs.push(n % 2 === 0 ? [one, two] : [two, one]);
      if (!options.json) console.log(`${name}:`, JSON.stringify(pairs.at(-1)));
    }
    const of = (side: 0 | 1, figure: keyof Sample) => median(pairs.map((pair) => pair[side][figure]));
    figures[name] = {
      // Each beside the other: half a processor.
      requestsPerSecond: [round(of(0, 'requestsPerSecond'), 1), round(of(1, 'requestsPerSecond'), 1)],
      p99Milliseconds: [round(of(0, 'p99Milliseconds'), 1), round(of(1, 'p99Milliseconds'), 1)],
      // Each has half of the processor.
      milliseconds: round(500 / of(0, 'requestsPerSecond') - 500 / of(1, 'requestsPerSecond'), 2),
    };
    const ending = name === 'get' ? '' : `${name[0]?.toUpperCase()}${name.slice(1)}`;
    ratios[`ratioWithoutWaf${ending}`] = round(
      median(pairs.map(([with_, without]) => with_.requestsPerSecond / without.requestsPerSecond)),
      4,
    );
    ratios[`ratioWithoutWafP99${ending}`] = round(
      median(pairs.map(([with_, without]) => without.p99Milliseconds / with_.p99Milliseconds)),
      4,
    );
  }
  const megabytes = [round(await memory(waf.state), 1), round(await memory(plain.state), 1)];
  const { rounds, seconds, connections, paranoia } = options;
  console.log(
    JSON.stringify({
      bench: 'waf',
      ...{ paranoia: Number(paranoia), rounds: Number(rounds) },
      ...{ seconds: Number(seconds), connections: Number(connections) },
      // With the firewall first, then without.
      ...{ figures, megabytes },
      ...ratios,
    }),
  );
} finally {
  for (const stop of stops.reverse()) await stop();
  await sides.remove();
}
