/**
 * A script over many servers, as another account, its files brought back (SITUATIONS.md, VIP): `poterne run` against the
 * shell loop of today, the same under GNU parallel, pssh, clush and Ansible; and against one bare ssh a server under GNU
 * parallel, which brings nothing back. Turn after turn, every side on the same servers (lab/fleet). Needs root.
 *
 *     npm run bench:fleet -- --json [--servers 50] [--rounds 5] [--only poterne,ansible] [--parallel 32]
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { account, type Fleet, openFleet } from '../../lab/fleet/fleet.ts';
import { cgroupRoot } from '../../lab/state.ts';
import { type Cost, cpuSecondsOf, openGroup } from '../cost.ts';
import { median, round } from '../measure.ts';
import { poterneSide, type Side, sideOf, ways } from './sides.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    servers: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '5' },
    parallel: { type: 'string', default: '32' },
    only: { type: 'string', default: ['poterne', ...Object.keys(ways)].join(',') },
  },
});
const count = Number(options.servers);
const wanted = options.only.split(',');

/** What a run cost, with what the servers spent on it. */
interface Sample extends Cost {
  readonly serversCpuSeconds: number;
}

/** Throws unless a side has brought back exactly what the script left on every server. */
async function verify({ name, folderOf }: Side, { servers }: Fleet, word: string): Promise<void> {
  if (!folderOf) return;
  const numbers = Array.from({ length: 2000 }, (_, n) => `${n + 1}\n`).join('');
  for (const server of servers) {
    const folder = await folderOf(server);
    const files = (await readdir(folder)).sort();
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
    const expected = [
      ...['fichier_etat_log.txt', `${word} on ${server.name} as ${account}\n`],
      ...['fichier_liste_log.txt', numbers],
    ];
    const got = files.flatMap((file, n) => [file, texts[n]]);
    if (JSON.stringify(got) !== JSON.stringify(expected))
      throw new Error(`${name} brought from ${server.name}: ${files.join(', ')}: ${texts[0]}`);
  }
}

/** Medians of each side, and of each competitor's costs by Poterne's of the same turn: larger is better. */
function summary(samples: ReadonlyMap<string, Sample[]>, load: readonly number[]): object {
  const figures: Record<string, object> = {};
  const ratios: Record<string, number> = {};
  const ours = samples.get('poterne');
  for (const [name, all] of samples) {
    const of = (figure: keyof Sample) => round(median(all.map((sample) => sample[figure])), 2);
    figures[name] = {
      seconds: of('seconds'),
      cpuSeconds: of('cpuSeconds'),
      serversCpuSeconds: of('serversCpuSeconds'),
      megabytes: of('megabytes'),
      allMegabytes: of('allMegabytes'),
      firstMegabytes: of('firstMegabytes'),
    };
    if (name === 'poterne' || !ours) continue;
    const ratio = (figure: keyof Sample) =>
      round(median(all.map((other, n) => other[figure] / (ours[n] as Sample)[figure])), 2);
    ratios[`${name}Ratio`] = ratio('seconds');
    ratios[`${name}CpuRatio`] = ratio('cpuSeconds');
    ratios[`${name}MemoryRatio`] = ratio('megabytes');
  }
  const { rounds, parallel } = options;
  return {
    ...{ bench: 'fleet', servers: count, rounds: Number(rounds), parallel: Number(parallel) },
    ...{ load: round(median(load), 1), figures, ...ratios },
  };
}

const packages = ['openssh-client', 'parallel', 'pssh', 'clustershell', 'ansible-core'];
const installer = fileURLToPath(new URL('../../scripts/ensure-debian-packages.sh', import.meta.url));
for (const name of wanted.some((side) => side !== 'poterne') ? packages : packages.slice(0, 1))
  try {
    execFileSync(installer, [name], { stdio: ['ignore', 2, 2] });
  } catch {
    console.error(`${name} cannot be installed`);
  }

const folder = await mkdtemp(join(tmpdir(), 'poterne-bench-'));
const sides: Side[] = [];
const theirs = `poterne-bench.${process.pid}.servers`;
const group = await openGroup(theirs);
const fleet = await openFleet(count, join(folder, 'fleet'), {
  // What bench:converge boots from, which has Python for Ansible.
  ...{ packages: ['python3', 'python3-apt'], available: ['tree'] },
  procs: join(await cgroupRoot(), theirs, 'cgroup.procs'),
});
try {
  for (const name of wanted) {
    const given = { fleet, prefix: join(folder, name), parallel: Number(options.parallel) };
    const side = name === 'poterne' ? await poterneSide(given) : await sideOf(name, given);
    if (side) sides.push(side);
    else console.error(`${name}: ${ways[name]?.needs} is not installed: no ratio for it`);
  }
  const samples = new Map<string, Sample[]>(sides.map(({ name }) => [name, []]));
  const load = [loadavg()[0] ?? 0];
  for (let n = 0; n < Number(options.rounds); n++) {
    // Each begins as often as it ends.
    const turn = n % sides.length;
    for (const side of [...sides.slice(turn), ...sides.slice(0, turn)]) {
      const word = `${side.name}-${n}`;
      const before = await cpuSecondsOf(theirs);
      const cost = await side.run(word);
      // Servers may still be closing the last connections.
      await new Promise((resolve) => setTimeout(resolve, 300));
      const serversCpuSeconds = (await cpuSecondsOf(theirs)) - before;
      const sample = { ...cost, serversCpuSeconds };
      samples.get(side.name)?.push(sample);
      if (!options.json) console.log(side.name, JSON.stringify(sample), 'load', loadavg()[0]);
      await verify(side, fleet, word);
      await side.group.clear();
    }
    load.push(loadavg()[0] ?? 0);
  }
  console.log(JSON.stringify(summary(samples, load)));
} finally {
  for (const side of sides) await side.group.close();
  fleet.close();
  await group.close();
  await rm(folder, { recursive: true, force: true });
}
