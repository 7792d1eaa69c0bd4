/**
 * Converging hosts of a lab (lab/README.md): Poterne against Ansible from Debian, and against Ansible with Mitogen where that
 * is installed, doing the same work (work.ts). A first pass over hosts as new, and passes that find nothing to do, one
 * side after the other in turns. Needs root.
 *
 *     npm run bench:converge -- --json [--hosts 20] [--rounds 3] [--unchanged 3]
 *
 * `--unchanged`: passes a round. `--against ansible,mitogen`: with whom. `--at-once`: hosts at the same time for Poterne.
 * `--forks`, `--transfer sftp`: Ansible's. `--kex`: ssh's key exchanges, for all. `--lab NAME`: the lab is left up under that
 * name, and found again.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { down, type Lab, up } from '../../lab/lab.ts';
import { cgroupOf } from '../../lab/state.ts';
import { mapAtMost } from '../../src/lib/pool.ts';
import { type Cost, cpuSecondsOf } from '../cost.ts';
import { median, round } from '../measure.ts';
import { ansibleSide, poterneSide, type Side } from './sides.ts';
import { inspection, packageName, pristine } from './work.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    hosts: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    unchanged: { type: 'string', default: '3' },
    'at-once': { type: 'string', default: '32' },
    forks: { type: 'string' },
    transfer: { type: 'string', default: 'piped' },
    kex: { type: 'string' },
    against: { type: 'string', default: 'ansible,mitogen' },
    lab: { type: 'string' },
  },
});
const count = Number(options.hosts);

/** What a pass cost, with what the hosts spent on it. */
interface Sample extends Cost {
  readonly hostsCpuSeconds: number;
}

const lab = await up({
  name: options.lab ?? `bench-converge-${process.pid}`,
  zones: { lan: { networks: ['10.60.0.0/16'] } },
  hosts: Object.fromEntries(
    Array.from({ length: count }, (_, n) => [
      `host${n + 1}`,
      {
        interfaces: { lan: [`10.60.1.${n + 1}`] },
        // Ansible needs Python there; Poterne needs nothing.
        packages: ['python3', 'python3-apt'],
        available: [packageName],
      },
    ]),
  ),
});

const folder = await mkdtemp(join(tmpdir(), 'poterne-bench-'));
const sides: Side[] = [];
const samples = new Map<string, Record<'first' | 'unchanged', Sample[]>>();

/** Runs a script on every host, as root and without ssh. */
async function onHosts(script: string): Promise<readonly string[]> {
  return mapAtMost([...lab.hosts.values()], 8, async (host) => {
    const { code, stdout, stderr } = await host.run(['sh', '-c', script]);
    if (code !== 0) throw new Error(`${host.name}: ${stderr}`);
    return stdout;
  });
}

async function measure(side: Side, which: 'first' | 'unchanged'): Promise<void> {
  const before = await cpuSecondsOf(cgroupOf(lab.name));
  const cost = await side.pass(which === 'first' ? 'changed' : 'unchanged');
  const hostsCpuSeconds = (await cpuSecondsOf(cgroupOf(lab.name))) - before;
  const sample = { ...cost, hostsCpuSeconds };
  samples.get(side.name)?.[which].push(sample);
  if (!options.json) console.log(side.name, which, JSON.stringify(sample), 'load', loadavg()[0]);
}

/** The lab's ssh_config, with the key exchanges that were asked for. */
async function sshConfig({ sshConfig }: Lab): Promise<string> {
  const config = join(folder, 'ssh_config');
  const kex = options.kex === undefined ? '' : `  KexAlgorithms ${options.kex}\n`;
  // Its last section is the one for all hosts.
  await writeFile(config, `${await readFile(sshConfig, 'utf8')}${kex}`);
  return config;
}

/** Medians of each side, and of each competitor's costs by Poterne's of the same turn: larger is better. */
function summary(load: readonly number[]): object {
  const figures: Record<string, object> = {};
  const ratios: Record<string, number> = {};
  const ours = samples.get('poterne');
  for (const [name, passes] of samples) {
    const of = (which: 'first' | 'unchanged', figure: keyof Sample) =>
      round(median(passes[which].map((sample) => sample[figure])), 2);
    const all = (which: 'first' | 'unchanged') => ({
      seconds: of(which, 'seconds'),
      cpuSeconds: of(which, 'cpuSeconds'),
      hostsCpuSeconds: of(which, 'hostsCpuSeconds'),
      megabytes: of(which, 'megabytes'),
    });
    figures[name] = { first: all('first'), unchanged: all('unchanged') };
    if (name === 'poterne' || !ours) continue;
    const ratio = (which: 'first' | 'unchanged', figure: keyof Sample) =>
      round(median(passes[which].map((other, n) => other[figure] / (ours[which][n] as Sample)[figure])), 2);
    for (const which of ['unchanged', 'first'] as const) {
      const title = `${name}Ratio${which === 'first' ? 'First' : 'Unchanged'}`;
      ratios[title] = ratio(which, 'seconds');
      ratios[`${title}Cpu`] = ratio(which, 'cpuSeconds');
      ratios[`${title}Memory`] = ratio(which, 'megabytes');
    }
  }
  const { rounds, unchanged, kex } = options;
  return {
    bench: 'converge',
    hosts: count,
    rounds: Number(rounds),
    unchangedPasses: Number(rounds) * Number(unchanged),
    ...(kex === undefined ? {} : { kex }),
    load: round(median(load), 1),
    figures,
    ...ratios,
  };
}

try {
  const common = { lab, config: await sshConfig(lab) };
  const poterne = await poterneSide({
    ...common,
    prefix: join(folder, 'poterne'),
    atOnce: Number(options['at-once']),
  });
  sides.push(poterne);
  for (const [name, strategy] of Object.entries({ ansible: 'free', mitogen: 'mitogen_free' })) {
    if (!options.against.split(',').includes(name)) continue;
    const transfer = { transfer: options.transfer, atOnce: Number(options.forks ?? count) };
    const side = await ansibleSide({ ...common, ...transfer, name, strategy, prefix: join(folder, name) });
    if (side) sides.push(side);
    else console.error(`${name} is not installed: no ratio for it`);
  }
  for (const { name } of sides) samples.set(name, { first: [], unchanged: [] });

  let made: string | undefined;
  const load = [loadavg()[0] ?? 0];
  for (let n = 0; n < Number(options.rounds); n++) {
    for (const side of n % 2 === 0 ? sides : sides.toReversed()) {
      await side.group.clear();
      await onHosts(pristine);
      await side.yesterday();
      await measure(side, 'first');
      const states = (await onHosts(inspection)).join('\n');
      made ??= states;
      if (states !== made)
        throw new Error(`${side.name} made otherwise than the others:\n${states}\n${made}`);
    }
    // It has made the hosts anew since, or others have: from here on it knows what stands there.
    await poterne.pass('unchanged');
    for (let m = 0; m < Number(options.unchanged); m++)
      for (const side of m % 2 === 0 ? sides : sides.toReversed()) await measure(side, 'unchanged');
    load.push(loadavg()[0] ?? 0);
  }
  console.log(JSON.stringify(summary(load)));
} finally {
  for (const side of sides) await side.group.close();
  await rm(folder, { recursive: true, force: true });
  if (options.lab === undefined) await down(lab.name);
}
