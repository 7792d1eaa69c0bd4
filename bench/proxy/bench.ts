/**
 * The published service against the same by hand: nginx configured by an expert, and Caddy from Debian. All of them
 * stand in front of one upstream on this machine, with one certificate. Poterne is measured at the same time as each of the
 * others, with as many connections, several times: on a shared machine, figures of one moment do not compare with another's.
 *
 *     npm run bench:proxy -- --json [--rounds 7] [--seconds 4] [--connections 32]
 */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { quitEngine } from '../../src/apply/engine-process.ts';
import { converge, intend, openGateway } from '../../src/daemon/gateway.ts';
import { describe } from '../../src/describe/index.ts';
import { serverEngines } from '../../src/engines/index.ts';
import { findProgram } from '../../src/hosts/local.ts';
import { openAuthority } from '../../src/pki/authority.ts';
import { fillFile, listening, median, type Running, round, start } from '../measure.ts';

const here = dirname(fileURLToPath(import.meta.url));
const ports = { upstream: 21080, poterneHttp: 21081, poterne: 21443, nginx: 22443, caddy: 23443 };
const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '32' },
  },
});

interface Sample {
  readonly requestsPerSecond: number;
  readonly p99Milliseconds: number;
}

/** One bounded load of wrk on a port of this machine. */
async function load(port: number): Promise<Sample> {
  const { stdout } = await promisify(execFile)('wrk', [
    '-t1',
    `-c${options.connections}`,
    `-d${options.seconds}s`,
    '--latency',
    `https://localhost:${port}/`,
  ]);
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout);
  const p99 = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout);
  const failed = /Non-2xx or 3xx responses: (\d+)|Socket errors: .*/.exec(stdout);
  if (!rate || !p99 || failed) throw new Error(`wrk did not measure port ${port}:\n${stdout}`);
  const unit = { us: 0.001, ms: 1, s: 1000 }[p99[2] as 'us' | 'ms' | 's'];
  return { requestsPerSecond: Number(rate[1]), p99Milliseconds: Number(p99[1]) * unit };
}

const folder = await mkdtemp(join(tmpdir(), 'poterne-bench-'));
await chmod(folder, 0o755);
const running: Running[] = [];

/** A file of this folder with its `{places}` filled in, written where its program runs. */
async function fill(
  name: string,
  side: string,
  values: Readonly<Record<string, string | number>>,
): Promise<string> {
  const prefix = join(folder, side);
  await mkdir(prefix, { recursive: true });
  const path = join(prefix, name);
  await fillFile(join(here, name), path, { prefix, ...values });
  return path;
}

async function nginx(config: string): Promise<Running> {
  const side = await start(['nginx', '-p', dirname(config), '-c', config, '-g', 'daemon off;']);
  running.push(side);
  return side;
}

async function poterne(certificate: string, key: string): Promise<() => Promise<void>> {
  const site = join(folder, 'site.yaml');
  await writeFile(
    site,
    `site: bench
gateway: { listen: [127.0.0.1], http-port: ${ports.poterneHttp}, https-port: ${ports.poterne} }
services:
  application: { url: "http://127.0.0.1:${ports.upstream}", healthy: { path: / } }
publications:
  localhost: { service: application, audience: everyone, tls: { certificate: ${certificate}, key: ${key} } }
`,
  );
  const described = await describe(site);
  if (!described.site) throw new Error(JSON.stringify(described.findings));
  const state = join(folder, 'state');
  const gateway = await openGateway(state);
  await converge(gateway, await intend(gateway, described.site), () => {});
  return async () => {
    await Promise.all(serverEngines.map((engine) => quitEngine(engine, join(state, engine.name))));
    await gateway.close();
  };
}

let stopPoterne = async () => {};
try {
  const authority = await openAuthority(join(folder, 'authority'), 'bench', new Date());
  const issued = await authority.issue(['localhost'], 7, new Date());
  const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(certificate, issued.certificate);
  await writeFile(key, issued.key, { mode: 0o600 });
  const tls = { certificate, key, upstream: ports.upstream };

  const body = 'x'.repeat(2048);
  await listening(ports.upstream, await nginx(await fill('upstream.conf', 'upstream', { ...tls, body })));
  await listening(
    ports.nginx,
    await nginx(await fill('by-hand.conf', 'by-hand', { ...tls, port: ports.nginx })),
  );
  stopPoterne = await poterne(certificate, key);
  const hasCaddy = (await findProgram('caddy')) !== undefined;
  if (hasCaddy) {
    const config = await fill('Caddyfile', 'caddy', { ...tls, port: ports.caddy });
    const home = { HOME: dirname(config), XDG_DATA_HOME: dirname(config), XDG_CONFIG_HOME: dirname(config) };
    const caddy = await start(['caddy', 'run', '--config', config, '--adapter', 'caddyfile'], home);
    running.push(caddy);
    await listening(ports.caddy, caddy);
  } else console.error('caddy is not installed: no ratio for it');

  const competitors = { nginx: ports.nginx, ...(hasCaddy ? { caddy: ports.caddy } : {}) };
  for (const port of [ports.poterne, ...Object.values(competitors)]) await load(port);
  const figures: Record<string, object> = {};
  const ratios: Record<string, number> = {};
  for (const [name, port] of Object.entries(competitors)) {
    const pairs: { readonly poterne: Sample; readonly other: Sample }[] = [];
    for (let n = 0; n < Number(options.rounds); n++) {
      // At once, and in turns who begins: whatever else the machine does meets both.
      const [first, second] = n % 2 === 0 ? [ports.poterne, port] : [port, ports.poterne];
      const [one, two] = await Promise.all([load(first), load(second)]);
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
  const { rounds, connections } = options;
  console.log(
    JSON.stringify({
      bench: 'proxy',
      rounds: Number(rounds),
      connections: Number(connections),
      // Of each pair, Poterne's figure first.
      figures,
      ...ratios,
    }),
  );
} finally {
  await stopPoterne();
  await Promise.all(running.map((side) => side.stop()));
  await rm(folder, { recursive: true, force: true });
}
