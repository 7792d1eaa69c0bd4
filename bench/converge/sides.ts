/** Both ways of doing the work over all hosts of a lab. */
import { access, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Lab } from '../../lab/lab.ts';
import { hostScript } from '../../src/apply/hosts/script.ts';
import { findProgram } from '../../src/hosts/local.ts';
import { type Cost, type Group, openGroup } from '../cost.ts';
import { fillFile } from '../measure.ts';
import type { Outcomes, Pass } from './poterne.ts';
import { forAnsible, obsolete } from './work.ts';

const here = dirname(fileURLToPath(import.meta.url));

export interface Side {
  readonly name: string;
  readonly group: Group;
  /** After the hosts were made as new: what yesterday's pass left there. Not measured. */
  yesterday(): Promise<void>;
  /** One pass in a process of its own. Throws unless every host was done, and told of changes or of none as `expected`. */
  pass(expected: 'changed' | 'unchanged'): Promise<Cost>;
}

interface SideOptions {
  readonly lab: Lab;
  /** For `ssh -F`. */
  readonly config: string;
  /** A folder for the side alone. */
  readonly prefix: string;
  readonly atOnce: number;
}

/** Poterne, bundled as its package is. */
export async function poterneSide({ lab, config, prefix, atOnce }: SideOptions): Promise<Side> {
  await mkdir(prefix, { recursive: true });
  const program = join(prefix, 'poterne.mjs');
  await build({
    entryPoints: [join(here, 'poterne.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    define: { POTERNE_HOST_SCRIPT: JSON.stringify(hostScript) },
    logLevel: 'error',
  });
  const group = await openGroup(`poterne-bench.${process.pid}.poterne`);
  const hosts = [...lab.hosts.values()].map(({ name, address }) => ({ name, address }));
  const run = async (when: Pass['when'], expected: string) => {
    const input = join(prefix, `${when}.json`);
    await writeFile(input, JSON.stringify({ hosts, config, atOnce, when } satisfies Pass));
    const { stdout, ...cost } = await group.run([process.execPath, program, input]);
    const outcomes: Outcomes = JSON.parse(stdout);
    if (outcomes[expected] !== hosts.length) throw new Error(`expected all ${expected}: ${stdout}`);
    return cost;
  };
  return {
    name: 'poterne',
    group,
    yesterday: async () => void (await run('yesterday', 'changed')),
    pass: (expected) => run('today', expected),
  };
}

export interface AnsibleOptions extends SideOptions {
  readonly name: string;
  readonly strategy: string;
  readonly transfer: string;
}

/** Where Debian's ansible-mitogen is. */
const mitogen = '/usr/lib/python3/dist-packages/ansible_mitogen';

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Ansible, when it is installed, and Mitogen too where the strategy is one of its. */
export async function ansibleSide(options: AnsibleOptions): Promise<Side | undefined> {
  const { lab, config, prefix, name, strategy, transfer, atOnce } = options;
  const program = await findProgram('ansible-playbook');
  if (program === undefined) return undefined;
  if (strategy.startsWith('mitogen') && !(await isThere(mitogen))) return undefined;
  for (const folder of ['files', 'templates', 'cp']) await mkdir(join(prefix, folder), { recursive: true });
  const { variables, sources } = forAnsible();
  for (const [source, text] of sources)
    await writeFile(join(prefix, text.includes('{{') ? 'templates' : 'files', source), text);
  await writeFile(join(prefix, 'variables.json'), JSON.stringify(variables));
  const hosts = [...lab.hosts.keys()];
  const inventory = hosts.map((host) => `${host} ansible_user=root\n`);
  await writeFile(join(prefix, 'inventory'), inventory.join(''));
  await copyFile(join(here, 'playbook.yaml'), join(prefix, 'playbook.yaml'));
  await fillFile(join(here, 'ansible.cfg'), join(prefix, 'ansible.cfg'), {
    ...{ prefix, strategy, transfer, ssh: config, forks: atOnce },
  });
  const group = await openGroup(`poterne-bench.${process.pid}.${name}`);
  const argv = [program, '-e', '@variables.json', 'playbook.yaml'];
  return {
    name,
    group,
    yesterday: async () => {
      for (const host of lab.hosts.values()) {
        const script = 'printf %s "$1" >"$2" && chmod 644 "$2"';
        await host.run(['sh', '-c', script, 'sh', obsolete.text, obsolete.path]);
      }
    },
    pass: async (expected) => {
      const { stdout, ...cost } = await group.run(argv, {
        environment: { ANSIBLE_CONFIG: join(prefix, 'ansible.cfg') },
        folder: prefix,
      });
      const recap = [...stdout.matchAll(/: ok=\d+ +changed=(\d+) +unreachable=0 +failed=0 /g)];
      const right = recap.filter(([, changed]) => (changed === '0') === (expected === 'unchanged'));
      if (right.length !== hosts.length) throw new Error(`expected all ${expected}:\n${stdout}`);
      return cost;
    },
  };
}
