import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { ensureBase } from './base.ts';
import { LabError } from './error.ts';
import { down, type Lab, list, open, up } from './lab.ts';
import { releases } from './sources.ts';
import { topologyNames } from './state.ts';
import { environment, requireMachine } from './system.ts';
import { readTopology } from './topology.ts';

const usage = `usage: npm run lab -- COMMAND [--json]

  up FILE             build what is missing, boot the topology of a YAML or JSON file, wait until it answers
  down [NAME]         take a topology down, or all of them; nothing is left
  list                the topologies that are up, whole or not
  exec HOST -- CMD…   run a command as root inside a host   (HOST or TOPOLOGY/HOST)
  net HOST -- CMD…    run a program of this machine inside a host's network
  ssh HOST [-- CMD…]  ssh to a host, as root or --user NAME
  build [PACKAGE…]    build the bases of every release, with packages beyond the usual
`;

const { values, positionals } = parse();

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        user: { type: 'string', default: 'root' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

function misuse(): number {
  console.error(usage);
  return 2;
}

const say = (message: string) => console.error(message);

/** What a command found, for a program or for a person. */
function tell(value: unknown, lines: readonly string[]): void {
  if (values.json) console.log(JSON.stringify(value));
  else for (const line of lines) console.log(line);
}

/** A host by its name, or by TOPOLOGY/HOST where several are up. */
async function find(text: string): Promise<{ lab: Lab; name: string }> {
  const [first = '', second] = text.split('/');
  if (second !== undefined) return { lab: await open(first), name: second };
  const candidates: Lab[] = [];
  for (const listed of await list())
    if (listed.whole && listed.hosts.some((host) => host.name === first))
      candidates.push(await open(listed.name));
  const [lab, ...others] = candidates;
  if (!lab) throw new LabError(`No topology that is up has a host "${first}".`);
  if (others.length > 0)
    throw new LabError(
      `Several have a host "${first}": say ${candidates.map((c) => `${c.name}/${first}`).join(' or ')}.`,
    );
  return { lab, name: first };
}

/** Runs a command on this terminal and leaves with its status. */
async function become(argv: readonly string[]): Promise<number> {
  const [program = '', ...rest] = argv;
  return new Promise((resolve, reject) => {
    const env = { ...environment, TERM: process.env.TERM ?? 'dumb' };
    const child = spawn(program, rest, { stdio: 'inherit', env });
    child.on('error', reject).on('close', (code) => resolve(code ?? 1));
  });
}

const commands: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  async up([file]) {
    if (file === undefined) return misuse();
    const begin = Date.now();
    const lab = await up(await readTopology(file), { say });
    const seconds = (Date.now() - begin) / 1000;
    const hosts = [...lab.hosts.values()].map(({ name, address, networkNamespace, boots }) => ({
      name,
      address,
      networkNamespace,
      boots,
    }));
    tell({ name: lab.name, seconds, sshConfig: lab.sshConfig, controller: lab.controller, hosts }, [
      `${lab.name} is up in ${seconds.toFixed(1)} s: ${hosts.map((host) => host.name).join(', ')}`,
      `ssh -F ${lab.sshConfig} ${hosts.find((host) => host.boots)?.name ?? ''}`,
    ]);
    return 0;
  },
  async down([name]) {
    const names = name === undefined ? await topologyNames() : [name];
    for (const each of names) await down(each);
    tell({ down: names }, [names.length === 0 ? 'nothing was up' : `${names.join(', ')}: down`]);
    return 0;
  },
  async list() {
    const found = await list();
    tell(
      found,
      found.flatMap(({ name, whole, hosts }) => [
        `${name}${whole ? '' : '  (left half-built: take it down)'}`,
        ...hosts.map(
          (host) => `  ${host.name}  ${host.address}  ${host.leader === null ? '-' : `pid ${host.leader}`}`,
        ),
      ]),
    );
    return 0;
  },
  async exec([target, ...argv]) {
    if (target === undefined) return misuse();
    const { lab, name } = await find(target);
    return become(await lab.host(name).command(argv.length > 0 ? argv : ['bash', '-l']));
  },
  async net([target, ...argv]) {
    if (target === undefined) return misuse();
    const { lab, name } = await find(target);
    return become(lab.host(name).networkCommand(argv.length > 0 ? argv : ['sh']));
  },
  async ssh([target, ...argv]) {
    if (target === undefined) return misuse();
    const { lab, name } = await find(target);
    return become([...lab.ssh(name, values.user), ...argv]);
  },
  async build(packages) {
    await requireMachine();
    const bases: Record<string, string> = {};
    // One after the other: each keeps a processor and the network busy.
    for (const release of releases)
      bases[release] = await ensureBase({ release, packages, available: [] }, say);
    tell(bases, Object.values(bases));
    return 0;
  },
};

const [word = '', ...args] = positionals;
try {
  if (values.help) console.log(usage);
  else process.exitCode = await (commands[word] ?? misuse)(args);
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
