import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { labUser } from './base.ts';
import { down, type Lab, list, open, up } from './lab.ts';
import { hostNamespace } from './network.ts';
import { prepared } from './prepared.ts';
import { parseDeb822, parseOneLine } from './sources.ts';
import { cgroupRoot } from './state.ts';
import { exec, mounts, requireMachine, until } from './system.ts';
import { parseTopology, readTopology, type TopologyInput } from './topology.ts';

// Several copies of these tests may run on one machine.
const suffix = randomBytes(4).toString('hex');
const perimeter = join(import.meta.dirname, 'topologies', 'perimeter.yaml');

/** What a topology could leave behind, as this machine shows it. */
async function footprint(): Promise<Readonly<Record<string, readonly string[]>>> {
  const mine = (text: string) => text.includes(suffix);
  const links = (await exec(['ip', '-brief', 'link'])).stdout
    .split('\n')
    .map((line) => line.split(/\s/)[0] ?? '');
  const processes = readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      // A dead process stays in the list until the machine's init asks how it ended.
      if (/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return false;
      return (
        mine(readFileSync(`/proc/${pid}/cgroup`, 'utf8')) ||
        mine(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
      );
    } catch {
      return false;
    }
  });
  const namesIn = (folder: string) => {
    try {
      return readdirSync(folder).filter(mine);
    } catch {
      return [];
    }
  };
  return {
    mounts: (await mounts()).map(({ path }) => path).filter(mine),
    namespaces: namesIn('/run/netns'),
    // A guest's end of a cable, or a bridge, would appear here by any name.
    links: links.filter((name) => !/^veth/.test(name)).sort(),
    processes,
    cgroups: namesIn(await cgroupRoot()),
    folders: namesIn('/run/poterne-lab'),
  };
}

/** Two hosts on one wire: enough to see that something boots, and is gone. */
function pair(name: string, network = '192.0.2'): TopologyInput {
  const host = (last: number) => ({ interfaces: { lan: [`${network}.${last}`] } });
  return { name, zones: { lan: { networks: [`${network}.0/24`] } }, hosts: { one: host(1), two: host(2) } };
}

async function status(argv: readonly string[]): Promise<number> {
  const [program = '', ...rest] = argv;
  return new Promise((resolve) => {
    execFile(program, rest, { timeout: 20_000 }, (error) => resolve(error ? Number(error.code ?? 255) : 0));
  });
}

async function output(argv: readonly string[]): Promise<string> {
  return (await exec(argv, { timeout: 20_000 })).stdout.trim();
}

const running: ChildProcess[] = [];

/** Another controller: the command line, in a process of its own. */
function controller(...args: readonly string[]): ChildProcess {
  const root = join(import.meta.dirname, '..');
  const child = spawn(process.execPath, ['--import', 'tsx', 'lab/cli.ts', ...args], {
    cwd: root,
    stdio: 'ignore',
  });
  running.push(child);
  return child;
}

beforeAll(requireMachine);
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

describe('a topology', () => {
  test('is refused with everything that is wrong with it', () => {
    const broken = pair('broken');
    broken.hosts.one = { interfaces: { lan: ['10.0.0.1'], dmz: ['10.0.0.2'] }, boot: false, run: [['true']] };
    broken.hosts.two = { interfaces: { lan: ['192.0.2.2'] }, routes: [{ to: 'default', via: '10.9.9.9' }] };
    broken.controller = 'two';
    for (const complaint of [
      '10.0.0.1 is in no network',
      'no zone "dmz"',
      'hosts.one: without booting',
      '10.9.9.9 is not next',
      'controller: "two"',
    ])
      expect(() => parseTopology(broken)).toThrow(complaint);
    expect(() => parseTopology({ ...pair('words'), host: {} })).toThrow(/Unrecognized key: "host"/);
  });

  test('takes its packages from the mirrors of either style of sources', () => {
    const wanted = {
      uri: 'http://mirror.example/debian',
      suite: 'bookworm',
      components: ['main', 'contrib'],
    };
    expect(
      parseOneLine('# deb x y z\ndeb http://mirror.example/debian bookworm main contrib # ours\n'),
    ).toEqual([{ ...wanted, signedBy: undefined }]);
    const stanza =
      'Types: deb deb-src\nURIs: http://mirror.example/debian\nSuites: bookworm\nComponents: main contrib\n';
    expect(parseDeb822(`${stanza}Signed-By: /usr/share/keyrings/key.gpg\n\n${stanza}Enabled: no\n`)).toEqual([
      { ...wanted, signedBy: '/usr/share/keyrings/key.gpg' },
    ]);
  });
});

describe('the perimeter', () => {
  let lab: Lab;
  let before: Awaited<ReturnType<typeof footprint>>;

  beforeAll(async () => {
    before = await footprint();
    lab = await up({ ...(await readTopology(perimeter)), name: `perimeter-${suffix}` });
  });
  afterAll(async () => {
    await down(`perimeter-${suffix}`);
    expect(await footprint()).toEqual(before);
  });

  const reaches = async (from: string, to: string) =>
    (await lab.host(from).run(['ping', '-c', '1', '-W', '1', '-n', to])).code === 0;

  test('runs two releases under systemd, with nothing failed', async () => {
    for (const host of lab.hosts.values())
      expect((await host.run(['systemctl', 'is-system-running'])).stdout).toBe('running\n');
    const release = async (name: string) => (await lab.host(name).run(['cat', '/etc/debian_version'])).stdout;
    expect(await release('gateway')).toMatch(/^12\./);
    expect(await release('erp')).toMatch(/^13\./);
    expect((await lab.host('erp').run(['node', '--version'])).stdout).toMatch(/^v2\d/);
    expect((await lab.host('gateway').run(['systemctl', 'is-enabled', 'nginx'])).stdout).toBe('disabled\n');
  });

  test('carries what its routes say, and nothing else', async () => {
    const gateway = ['10.20.0.2', 'fd00:20::2'];
    const erp = ['10.10.0.15', 'fd00:10::15'];
    const outside = ['203.0.113.66', '2001:db8:113::66'];
    const expected: (readonly [from: string, to: readonly string[], reached: boolean])[] = [
      ['gateway', erp, true],
      ['erp', [...gateway, '203.0.113.1', '2001:db8:113::1'], true],
      ['router', outside, true],
      // What leaves is not translated here, so that nothing finds its way back.
      ['gateway', outside, false],
      ['outside', [...gateway, ...erp], false],
      // The management network is none between hosts.
      ...[...lab.hosts.keys()].map((from) => {
        const others = [...lab.hosts.values()].filter(({ name }) => name !== from);
        return [from, others.map(({ address }) => address), false] as const;
      }),
    ];
    const seen = expected.map(([from, to]) => Promise.all(to.map((address) => reaches(from, address))));
    expect(await Promise.all(seen)).toEqual(expected.map(([, to, reached]) => to.map(() => reached)));
    expect(
      (await lab.host('gateway').run(['curl', '-s', '-m', '5', 'http://erp.example.fr:8069/'])).stdout,
    ).toBe('erp\n');
  });

  test('gives no host a way to this machine', async () => {
    const server = createServer((socket) => socket.end('reached')).listen(0, '::');
    try {
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
      const addresses = own
        .filter(({ internal, scopeid }) => !internal && !scopeid)
        .map(({ address }) => address);
      expect(addresses.length).toBeGreaterThan(0);
      const connect = (address: string) => ['nc', '-w', '1', address, String(port)];
      for (const address of addresses) expect(await output(connect(address))).toBe('reached');
      const tried = [...lab.hosts.values()].flatMap((host) => addresses.map((to) => host.run(connect(to))));
      for (const { stdout } of await Promise.all(tried)) expect(stdout).toBe('');
    } finally {
      server.close();
    }
    // No cable of the lab ends in this machine's own network.
    expect(await output(['ip', '-o', 'link'])).not.toMatch(/: (br-|h\d+\.|mgmt)/);
  });

  test('lets this machine in by key, as root and as a user with sudo, host keys known', async () => {
    for (const name of ['gateway', 'erp']) {
      expect(await output([...lab.ssh(name), 'hostname'])).toBe(name);
      expect(await output([...lab.ssh(name, labUser), 'whoami'])).toBe(labUser);
      expect(await output([...lab.ssh(name, labUser), 'sudo', '-n', 'whoami'])).toBe('root');
    }
    // From inside the controller's network by address too, where the whole of a program may run.
    const direct = ['ssh', '-F', 'none', '-i', lab.sshKey, '-o', `UserKnownHostsFile=${lab.knownHosts}`];
    const strict = ['-o', 'StrictHostKeyChecking=yes', '-o', 'BatchMode=yes', '-l', 'root'];
    const inside = ['ip', 'netns', 'exec', lab.controller, ...direct, ...strict];
    expect(await output([...inside, lab.host('gateway').address, 'hostname'])).toBe('gateway');
    // One host's key is not another's.
    const wrong = ['ssh', '-F', lab.sshConfig, '-o', 'HostKeyAlias=erp', 'gateway', 'true'];
    expect(await status(wrong)).toBe(255);
  });

  test('gives each host an identity of its own, and its files their owners', async () => {
    const ids = await Promise.all(
      [...lab.hosts.values()].map((host) => host.run(['cat', '/etc/machine-id'])),
    );
    expect(new Set(ids.map(({ stdout }) => stdout)).size).toBe(lab.hosts.size);
    const modes = ['stat', '-c', '%a %U %n', '/', '/etc', '/root', '/root/.ssh', `/home/${labUser}/.ssh`];
    expect((await lab.host('gateway').run(modes)).stdout.trim().split('\n')).toEqual([
      '755 root /',
      '755 root /etc',
      '700 root /root',
      '700 root /root/.ssh',
      `700 ${labUser} /home/${labUser}/.ssh`,
    ]);
  });

  test('runs a program of this machine inside a host’s network', async () => {
    const script = `
      import { connect } from 'node:net';
      connect(8069, '10.10.0.15').on('connect', function () { console.log(this.localAddress); this.end(); });`;
    const argv = lab
      .host('gateway')
      .networkCommand([process.execPath, '--input-type=module', '--eval', script]);
    expect(await output(argv)).toBe('10.20.0.2');
  });

  test('keeps hosts apart: units of one are not seen or killed by another', async () => {
    await lab.host('gateway').run(['systemd-run', '--unit=only-here', 'sleep', '60']);
    const unit = async (name: string) =>
      (await lab.host(name).run(['systemctl', 'is-active', 'only-here'])).stdout;
    expect([await unit('gateway'), await unit('outside')]).toEqual(['active\n', 'inactive\n']);
    await lab.host('outside').run(['systemctl', 'kill', '--signal=KILL', 'only-here']);
    expect(await unit('gateway')).toBe('active\n');
  });

  test('reboots a guest: its disk stays, its firewall and addresses are those of a fresh boot', async () => {
    const gateway = lab.host('gateway');
    await gateway.run(['sh', '-c', 'echo kept >/var/lib/kept']);
    await gateway.run(['nft', 'add', 'table', 'inet', 'left']);
    await gateway.run(['ip', 'address', 'add', '10.20.0.99/24', 'dev', 'eth0']);
    const boots = async () =>
      (await gateway.run(['journalctl', '--list-boots', '--no-pager'])).stdout.trim().split('\n').length;
    const before = await boots();
    // As an operator would: the connection is cut, so that its status means nothing.
    const leader = await gateway.leader();
    await status([...lab.ssh('gateway', labUser), 'sudo', 'systemctl', 'reboot']);
    await until(
      async () => ((await gateway.leader().catch(() => leader)) === leader ? undefined : true),
      30_000,
      () => 'no reboot',
    );
    await until(
      async () => ((await status([...lab.ssh('gateway'), 'true'])) === 0 ? true : undefined),
      30_000,
      () => 'no ssh after the reboot',
    );
    expect(await boots()).toBe(before + 1);
    expect((await gateway.run(['cat', '/var/lib/kept'])).stdout).toBe('kept\n');
    expect((await gateway.run(['nft', 'list', 'ruleset'])).stdout).toBe('');
    expect((await gateway.run(['ip', '-brief', 'address', 'show', 'eth0'])).stdout).not.toContain(
      '10.20.0.99',
    );
    expect(await reaches('gateway', '10.10.0.15')).toBe(true);
    expect(await reaches('gateway', 'fd00:10::15')).toBe(true);
  });

  test('cuts the power of a host and gives it back', async () => {
    const outside = lab.host('outside');
    await outside.powerOff();
    await expect(outside.leader()).rejects.toThrow('is off');
    expect(
      (await list()).find(({ name }) => name === lab.name)?.hosts.find(({ name }) => name === 'outside')
        ?.leader,
    ).toBe(null);
    await outside.powerOn();
    expect(await reaches('outside', '203.0.113.1')).toBe(true);
  });

  test('is given back when it is brought up again, to this process or another, with what was off back on', async () => {
    const leader = await lab.host('erp').leader();
    await lab.host('outside').powerOff();
    const again = await up({ ...(await readTopology(perimeter)), name: lab.name });
    expect(await again.host('erp').leader()).toBe(leader);
    expect(await again.host('outside').leader()).toBeGreaterThan(1);
    expect(await (await open(lab.name)).host('erp').leader()).toBe(leader);
    await expect(up(pair(lab.name))).rejects.toThrow(/Another .* is up/);
  });
});

describe('taking down', () => {
  test.each(['..', '', 'a/b', '.inotify-instances'])('refuses what is no name: "%s"', async (name) => {
    await expect(down(name)).rejects.toThrow('no topology');
  });

  const first = `first-${suffix}`;
  const second = `second-${suffix}`;

  afterEach(async () => {
    await down(first);
    await down(second);
  });

  test('leaves another topology with the same zones and addresses alone', async () => {
    const before = await footprint();
    const [one, two] = await Promise.all([up(pair(first)), up(pair(second))]);
    for (const lab of [one, two])
      expect((await lab.host('one').run(['ping', '-c', '1', '-W', '1', '192.0.2.2'])).code).toBe(0);
    await down(first);
    expect((await two.host('one').run(['ping', '-c', '1', '-W', '1', '192.0.2.2'])).code).toBe(0);
    await down(second);
    await down(second);
    expect(await footprint()).toEqual(before);
  });

  test('takes servers that a test left in a host’s network', async () => {
    const before = await footprint();
    const lab = await up({
      name: first,
      zones: { lan: { networks: ['192.0.2.0/24'] } },
      controller: 'admin',
      hosts: {
        admin: { boot: false, interfaces: { lan: ['192.0.2.10'] } },
        one: { interfaces: { lan: ['192.0.2.1'] } },
      },
    });
    // No management network here: ssh leaves from a host of the topology.
    expect((await lab.host('one').run(['ip', '-o', 'link'])).stdout).not.toContain('mgmt0');
    expect(await output([...lab.ssh('one'), 'hostname'])).toBe('one');
    const [program = '', ...rest] = lab.host('admin').networkCommand(['sleep', '600']);
    const left = spawn(program, rest, { detached: true, stdio: 'ignore' });
    await until(
      async () => (namespaceOf(left.pid) !== namespaceOf(process.pid) ? true : undefined),
      5000,
      () => 'not in its namespace',
    );
    const ended = new Promise((resolve) => left.on('exit', (_, signal) => resolve(signal)));
    await down(first);
    expect(await ended).toBe('SIGKILL');
    expect(await footprint()).toEqual(before);
  });

  test.each([
    ['network namespaces', async () => (await namespaces(first)).length > 0],
    ['a host that boots', async () => readdirSync(await cgroupRoot()).includes(`poterne-lab.${first}`)],
  ])('finishes what a controller killed at %s began', async (_, reached) => {
    const before = await footprint();
    const folder = await mkdtemp(join(tmpdir(), `lab-${suffix}-`));
    try {
      const file = join(folder, 'topology.json');
      await writeFile(file, JSON.stringify(pair(first)));
      const child = controller('up', file);
      await until(
        async () => ((await reached()) ? true : undefined),
        30_000,
        () => 'the controller did not begin',
      );
      child.kill('SIGKILL');
      await new Promise((resolve) => child.on('exit', resolve));
      expect((await list()).find(({ name }) => name === first)?.whole).toBe(false);
      await down(first);
    } finally {
      await rm(folder, { recursive: true });
    }
    // A host that was being started when the controller died gives up by itself.
    await until(
      async () => ((await footprint()).processes?.length === before.processes?.length ? true : undefined),
      5000,
      () => 'processes are left',
    );
    expect(await footprint()).toEqual(before);
    // And nothing of it is in the way of the next.
    await up(pair(first));
  });

  test('installs packages that a topology asks for, at once or when a host does, offline', async () => {
    const one = { interfaces: { lan: ['192.0.2.1'] }, ...prepared };
    const lab = await up({ ...pair(first), hosts: { one } });
    const run = async (...argv: string[]) => (await lab.host('one').run(argv)).code;
    expect(await run('fping', '-c', '1', '192.0.2.1')).toBe(0);
    expect(await run('conntrack', '--version')).not.toBe(0);
    expect(await run('apt-get', 'install', '--yes', '--quiet', 'conntrack')).toBe(0);
    expect(await run('conntrack', '--version')).toBe(0);
  });

  test('cleans up by itself when a topology’s own command fails', async () => {
    const before = await footprint();
    const broken = pair(first);
    broken.hosts.two = { ...broken.hosts.two, run: [['false']] };
    await expect(up(broken)).rejects.toThrow('"two": false ended with 1');
    expect(await footprint()).toEqual(before);
  });
});

function namespaceOf(pid: number | undefined): string {
  return readlinkSync(`/proc/${pid}/ns/net`);
}

async function namespaces(topology: string): Promise<readonly string[]> {
  const stdout = await output(['ip', 'netns', 'list']);
  return stdout.split('\n').filter((line) => line.startsWith(hostNamespace(topology, '').slice(0, -1)));
}
