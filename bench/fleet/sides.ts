/** Every way of doing the work: carry the script to each server, run it as another account, bring its files back. */
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { account, type Fleet, login } from '../../lab/fleet/fleet.ts';
import { findProgram } from '../../src/hosts/local.ts';
import { type Cost, type Group, openGroup } from '../cost.ts';
import { fillFile } from '../measure.ts';

export interface Side {
  readonly name: string;
  readonly group: Group;
  /** Runs it everywhere, with `word` as the script's argument, in processes of its own. Throws when one of them failed. */
  run(word: string): Promise<Cost>;
  /** Where a server's files are, after a run; `undefined` of a side that brings none back. */
  folderOf?(server: Fleet['servers'][number]): Promise<string>;
}

interface Options {
  readonly fleet: Fleet;
  /** A folder for the side alone. */
  readonly prefix: string;
  readonly parallel: number;
}

interface Asked {
  readonly fleet: Fleet;
  readonly prefix: string;
  readonly parallel: number;
  readonly word: string;
  /** Where the files go, a folder a server. */
  readonly folder: string;
}

const here = (name: string) => fileURLToPath(new URL(`./${name}`, import.meta.url));
const script = here('Fichier_fourni.sh');

/** Commands one after the other; and what a competitor needs to be there. */
interface Way {
  readonly needs: string;
  readonly commands: (asked: Asked) => readonly (readonly string[])[];
  readonly environment?: (prefix: string) => Readonly<Record<string, string>>;
  readonly prepare?: (asked: Omit<Asked, 'word' | 'folder'>) => Promise<void>;
  /** It only runs the script. */
  readonly bringsNothing?: true;
}

const list = (prefix: string) => join(prefix, 'hosts');
const remote = ({ word }: Asked) => {
  const name = 'Fichier_fourni.sh';
  return `cp /tmp/${name} /script/ && chmod 775 /script/${name} && sudo -n su - ${account} -c "/script/${name} ${word}"`;
};
const loop = ({ fleet, word, folder }: Asked) => [
  ...['sh', here('loop.sh'), fleet.sshConfig, script, word, account, folder],
];
/** One connection a server under GNU parallel, the script on its standard input. */
const bare = ({ fleet, prefix, parallel }: Asked, ...remote: readonly string[]) => [
  ...['parallel', '--will-cite', '--halt', 'now,fail=1', `-j${parallel}`, '-a', list(prefix)],
  ...['ssh', '-F', fleet.sshConfig, '{}', ...remote, '<', script],
];

/** What Poterne is compared with. */
export const ways: Readonly<Record<string, Way>> = {
  serial: {
    needs: 'ssh',
    commands: (asked) => [[...loop(asked), ...asked.fleet.servers.map(({ address }) => address)]],
  },
  parallel: {
    needs: 'parallel',
    commands: (asked) => [
      [
        ...[
          'parallel',
          '--will-cite',
          '--halt',
          'now,fail=1',
          `-j${asked.parallel}`,
          '-a',
          list(asked.prefix),
        ],
        ...loop(asked),
      ],
    ],
  },
  /** The least that runs it as the account: no check, no limit, nothing brought back. */
  floor: {
    needs: 'parallel',
    commands: (asked) => [bare(asked, 'sudo', '-n', '-u', account, 'sh', '-s', '--', asked.word)],
    bringsNothing: true,
  },
  /** Not even as the account. */
  bare: {
    needs: 'parallel',
    commands: (asked) => [bare(asked, 'sh', '-s', '--', asked.word, `/home/${login}`)],
    bringsNothing: true,
  },
  pssh: {
    needs: 'parallel-ssh',
    commands: (asked) => {
      const { fleet, prefix, parallel, folder } = asked;
      const common = ['-h', list(prefix), '-p', String(parallel), '-t', '0', '-x', `-F ${fleet.sshConfig}`];
      return [
        ['parallel-scp', ...common, script, '/tmp/'],
        ['parallel-ssh', ...common, '-o', `${folder}.out`, remote(asked)],
        ['parallel-slurp', ...common, '-L', folder, '/tmp/fichier_*log.txt', '.'],
      ];
    },
  },
  clush: {
    needs: 'clush',
    commands: (asked) => {
      const { fleet, prefix, parallel, folder } = asked;
      const common = ['clush', '-q', '-S', '-f', String(parallel), '-o', `-F ${fleet.sshConfig}`];
      const all = [...common, '--hostfile', list(prefix)];
      // It brings back one file or folder by its name, and calls it after the server.
      const packed = 'tar -C /tmp -cf /tmp/fichiers.tar $(cd /tmp && ls fichier_*log.txt)';
      return [
        [...all, '--copy', script, '--dest', '/tmp/'],
        [...all, `${remote(asked)} && ${packed}`],
        [...all, '--rcopy', '/tmp/fichiers.tar', '--dest', folder],
        ['sh', here('unpack.sh'), folder],
      ];
    },
  },
  ansible: {
    needs: 'ansible-playbook',
    environment: (prefix) => ({ ANSIBLE_CONFIG: join(prefix, 'ansible.cfg') }),
    async prepare({ fleet, prefix, parallel }) {
      await mkdir(join(prefix, 'cp'));
      await copyFile(list(prefix), join(prefix, 'inventory'));
      await copyFile(here('playbook.yaml'), join(prefix, 'playbook.yaml'));
      await fillFile(here('ansible.cfg'), join(prefix, 'ansible.cfg'), {
        ...{ prefix, ssh: fleet.sshConfig, forks: parallel },
      });
    },
    commands: ({ prefix, word, folder }) => {
      const variables = { script, account, word, folder };
      return [['ansible-playbook', '-e', JSON.stringify(variables), join(prefix, 'playbook.yaml')]];
    },
  },
};

/** A side of that name; `undefined` when what it needs is not installed. */
export async function sideOf(name: string, options: Options): Promise<Side | undefined> {
  const way = ways[name] as Way;
  const { fleet, prefix } = options;
  if ((await findProgram(way.needs)) === undefined) return undefined;
  await mkdir(prefix, { recursive: true });
  await writeFile(list(prefix), fleet.servers.map(({ address }) => `${address}\n`).join(''));
  await way.prepare?.(options);
  const group = await openGroup(`poterne-bench.${process.pid}.${name}`);
  const folder = join(prefix, 'files');
  return {
    name,
    group,
    async run(word) {
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder);
      let all: Cost = { seconds: 0, cpuSeconds: 0, megabytes: 0, allMegabytes: 0, firstMegabytes: 0 };
      for (const argv of way.commands({ ...options, word, folder })) {
        const cost = await group.run(argv, { environment: way.environment?.(prefix) ?? {}, folder: prefix });
        all = {
          seconds: all.seconds + cost.seconds,
          cpuSeconds: all.cpuSeconds + cost.cpuSeconds,
          megabytes: Math.max(all.megabytes, cost.megabytes),
          allMegabytes: Math.max(all.allMegabytes, cost.allMegabytes),
          firstMegabytes: Math.max(all.firstMegabytes, cost.firstMegabytes),
        };
      }
      return all;
    },
    ...(way.bringsNothing
      ? {}
      : {
          async folderOf({ address }) {
            // pssh says `ADDRESS:None`: it was told no port.
            const named = (await readdir(folder)).find((name) => name.split(':')[0] === address);
            return join(folder, named ?? address);
          },
        }),
  };
}

/** Poterne as its launcher runs it: the bundle, started anew each time. */
export async function poterneSide({ fleet, prefix, parallel }: Options): Promise<Side> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  await mkdir(prefix, { recursive: true });
  const program = join(root, 'dist', 'poterne.cjs');
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs')]);
  const hosts = fleet.servers.map(
    ({ name, address }) =>
      `  ${name}: { address: ${address}, groups: [production], ssh: { user: ${login}, port: ${fleet.port} } }`,
  );
  const site = ['site: bench', 'admin: { from: [192.0.2.0/24] }', 'hosts:', ...hosts, ''];
  await writeFile(join(prefix, 'site.yaml'), site.join('\n'));
  const state = join(prefix, 'state');
  const runs = join(state, 'runs');
  const group = await openGroup(`poterne-bench.${process.pid}.poterne`);
  const argv = [
    ...[process.execPath, program, 'run', script, '--on', 'group:production'],
    ...['--as', account, '--collect', '/tmp/fichier_*log.txt', '--yes', '--quiet'],
    ...['--ssh-config', fleet.sshConfig, '--state', state, '--parallel', String(parallel)],
  ];
  return {
    name: 'poterne',
    group,
    async run(word) {
      await rm(runs, { recursive: true, force: true });
      const { stdout: _, ...cost } = await group.run([...argv, '--arg', word], { folder: prefix });
      return cost;
    },
    async folderOf({ name }) {
      const [run = ''] = await readdir(runs);
      return join(runs, run, 'hosts', name, 'files', 'tmp');
    },
  };
}
