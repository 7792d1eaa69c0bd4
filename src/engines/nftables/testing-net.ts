import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What a machine of a test answered. */
export interface Answer {
  readonly seen?: string;
  readonly error?: string;
  readonly bytes?: number;
  readonly echo?: string;
  readonly milliseconds?: number;
}

/** A machine of a test: a network namespace, with a program in it that connects and listens. */
export interface Machine {
  readonly namespace: string;
  run(...argv: readonly string[]): string;
  /** Loads an nft script, as its unit does. */
  nft(script: string): void;
  /** What nft says against a script that it only checks. */
  complaint(script: string): string;
  ask(op: string, told: Readonly<Record<string, unknown>>): Promise<Answer>;
}

const agent = join(dirname(fileURLToPath(import.meta.url)), 'testing-agent.mjs');

/** A network of namespaces; `end` takes all of it down. */
export function network(prefix: string) {
  const namespaces: string[] = [];
  const agents: ChildProcess[] = [];
  let wires = 0;

  function machine(name: string): Machine {
    const namespace = `${prefix}-${name}`;
    execFileSync('ip', ['netns', 'add', namespace]);
    namespaces.push(namespace);
    const run = (...argv: readonly string[]) =>
      execFileSync('ip', ['netns', 'exec', namespace, ...argv], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    run('ip', 'link', 'set', 'lo', 'up');
    const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, agent], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    agents.push(child);
    const waiting = new Map<number, (answer: Answer) => void>();
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { id, ...answer } = JSON.parse(line) as Answer & { readonly id: number };
      waiting.get(id)?.(answer);
    });
    let asked = 0;
    return {
      namespace,
      run,
      nft: (script) =>
        execFileSync('ip', ['netns', 'exec', namespace, 'nft', '-f', '-'], {
          input: script,
          stdio: ['pipe', 'pipe', 'pipe'],
        }),
      complaint: (script) => {
        const file = join(tmpdir(), `${namespace}.nft`);
        writeFileSync(file, script);
        const { stderr } = spawnSync('ip', ['netns', 'exec', namespace, 'nft', '-c', '-f', file], {
          encoding: 'utf8',
        });
        rmSync(file);
        return stderr;
      },
      ask: (op, told) =>
        new Promise((resolve) => {
          asked += 1;
          waiting.set(asked, resolve);
          child.stdin.write(`${JSON.stringify({ id: asked, op, ...told })}\n`);
        }),
    };
  }

  /** A cable between two machines, each end with a name and addresses. */
  function wire(
    a: Machine,
    nameA: string,
    addressesA: readonly string[],
    b: Machine,
    nameB: string,
    addressesB: readonly string[],
  ): void {
    wires += 1;
    const [one, other] = [`t${process.pid}a${wires}`, `t${process.pid}b${wires}`];
    execFileSync('ip', ['link', 'add', one, 'type', 'veth', 'peer', 'name', other]);
    const plug = (end: string, machine: Machine, name: string, addresses: readonly string[]) => {
      execFileSync('ip', ['link', 'set', end, 'netns', machine.namespace, 'name', name]);
      for (const address of addresses)
        machine.run(
          'ip',
          'address',
          'add',
          address,
          'dev',
          name,
          ...(address.includes(':') ? ['nodad'] : []),
        );
      machine.run('ip', 'link', 'set', name, 'up');
    };
    plug(one, a, nameA, addressesA);
    plug(other, b, nameB, addressesB);
  }

  /** Machines on one link, by a switch of its own: a bridge on one of them would show it what is not for it. */
  function link(name: string, ends: readonly (readonly [Machine, string, readonly string[]])[]): void {
    const hub = machine(name);
    hub.run('ip', 'link', 'add', 'hub', 'type', 'bridge');
    hub.run('ip', 'link', 'set', 'hub', 'up');
    for (const [n, [one, device, addresses]] of ends.entries()) {
      wire(hub, `port${n}`, [], one, device, addresses);
      hub.run('ip', 'link', 'set', `port${n}`, 'master', 'hub');
    }
  }

  function end(): void {
    for (const child of agents) child.kill('SIGKILL');
    for (const namespace of namespaces) execFileSync('ip', ['netns', 'delete', namespace]);
  }

  return { machine, wire, link, end };
}
