import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { down, type Lab, up } from '../../lab/lab.ts';
import { readTopology } from '../../lab/topology.ts';
import { allPorts, commonPorts, portsOf } from '../lib/ports.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Expectation, Probe } from '../model/expectation.ts';
import { message } from '../model/message.ts';
import { openVantage, type RemoteNetwork, verify } from './index.ts';

// A perimeter as it should be: the router lets https in to the gateway, the gateway may ask the lan for one port, and
// everything else is dropped. Each hole is then made by hand, and must be found from where it matters.

const file = fileURLToPath(new URL('../../lab/topologies/perimeter.yaml', import.meta.url));
const name = 'openprod.example.fr';
const ruleset = `
table inet perimeter {
  chain prerouting {
    type nat hook prerouting priority dstnat;
    ip daddr 203.0.113.1 tcp dport 443 dnat ip to 10.20.0.2
    ip6 daddr 2001:db8:113::1 tcp dport 443 dnat ip6 to fd00:20::2
  }
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    iifname { lo, mgmt0 } accept
    meta l4proto { icmp, ipv6-icmp } accept
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname eth0 oifname eth1 tcp dport 443 accept
    iifname eth1 oifname eth2 tcp dport 8069 accept
    iifname eth1 oifname eth2 tcp dport 2000-2009 reject with icmpx admin-prohibited
    iifname eth1 oifname eth2 tcp dport 3000-65535 reject with tcp reset
    jump holes
  }
  chain holes { }
}
`;

let lab: Lab;
let authority: string;
const vantages = new Map<string, RemoteNetwork>();
const children: ChildProcess[] = [];

/** Starts an argument vector that runs until the test ends. */
function keep(argv: readonly string[]): ChildProcess {
  const [program = '', ...rest] = argv;
  const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

/** Loads rules into the router's packet filter. */
async function filter(rules: string): Promise<void> {
  const host = lab.host('router');
  const [program = '', ...rest] = await host.command(['nft', '-f', '-']);
  const child = spawn(program, rest, { stdio: ['pipe', 'inherit', 'inherit'] });
  child.stdin.end(rules);
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
}

/** Has a host listen on a port of an address with netcat. */
async function listener(host: string, address: string, port: number): Promise<ChildProcess> {
  const argv = await lab.host(host).command(['nc', '-l', '-k', '-n', address, String(port)]);
  const child = keep(argv);
  const shown = async () => (await lab.host(host).run(['ss', '-Hltn', 'sport', `= :${port}`])).stdout;
  await expect.poll(shown, { timeout: 5000 }).toContain(String(port));
  return child;
}

function expectation(probe: Probe, more: Partial<Expectation> = {}): Expectation {
  return { id: probe.kind, about: name, promise: message('seen.stopped'), because: '/', probe, ...more };
}

/** Tries promises from a host of the lab. */
async function from(host: string, ...probes: Probe[]): Promise<readonly Evidence[]> {
  const network = vantages.get(host);
  if (!network) throw new Error(`no vantage ${host}`);
  return verify(
    probes.map((probe) => expectation(probe)),
    { vantage: { name: host, host }, network, authorities: [authority] },
  );
}

beforeAll(async () => {
  const topology = await readTopology(file);
  const gateway = topology.hosts.gateway;
  if (!gateway) throw new Error('the topology has no gateway');
  // Inside, the name leads straight to the gateway.
  gateway.names = { ...gateway.names, [name]: ['10.20.0.2', 'fd00:20::2'] };
  lab = await up({ ...topology, name: `vantage-${process.pid}` });
  await filter(ruleset);
  const server = fileURLToPath(new URL('testing/lab-server.ts', import.meta.url));
  const child = keep(lab.host('gateway').networkCommand([process.execPath, '--import', 'tsx', server, name]));
  authority = await new Promise<string>((resolve) => {
    let text = '';
    child.stdout?.on('data', (chunk) => {
      text += chunk;
      if (text.includes('-----END CERTIFICATE-----')) resolve(text);
    });
  });
  await Promise.all(
    ['outside', 'gateway', 'erp'].map(async (host) => {
      // Neither root nor sudo is needed.
      const ssh = lab.ssh(host, 'debian');
      vantages.set(host, await openVantage(host, (argv) => spawn(ssh[0] ?? '', [...ssh.slice(1), ...argv])));
    }),
  );
});

afterAll(async () => {
  await Promise.all([...vantages.values()].map((network) => network.close()));
  for (const child of children) child.kill();
  if (lab) await down(lab.name);
});

const door = { name, port: 443, proxyProtocol: false };

describe('from another host, over ssh', () => {
  test('every kind of promise about a publication', async () => {
    const probes: Probe[] = [
      { kind: 'resolves', name, addresses: ['203.0.113.1'], port: 443 },
      { kind: 'listens', door },
      { kind: 'certificate', door, minDays: 30 },
      { kind: 'tls-versions', door, refused: ['TLSv1', 'TLSv1.1'], accepted: ['TLSv1.2', 'TLSv1.3'] },
      // The gateway sees the address of the vantage: it is that machine that asks.
      { kind: 'answers', door, path: '/', status: 200, contains: '203.0.113.66' },
      { kind: 'streams', door, path: '/events' },
      { kind: 'echoes', door, path: '/ws', send: 'ping', contains: 'ping pong' },
    ];
    const evidence = await from('outside', ...probes);
    expect(evidence.filter((e) => !e.held)).toEqual([]);
    expect(evidence.map((e) => e.vantage)).toEqual(probes.map(() => 'outside'));
  });

  test('a name leads elsewhere inside than outside', async () => {
    const inside: Probe = { kind: 'resolves', name, addresses: ['10.20.0.2', 'fd00:20::2'], port: 443 };
    expect(await from('gateway', inside)).toMatchObject([{ held: true }]);
    expect(await from('outside', inside)).toMatchObject([
      { held: false, seen: { code: 'seen.resolves.elsewhere', params: { addresses: '203.0.113.1' } } },
    ]);
    // Known to the gateway only, by its /etc/hosts; outside there is no name server to ask.
    const erp: Probe = { kind: 'resolves', name: 'erp.example.fr', addresses: ['10.10.0.15'] };
    expect(await from('gateway', erp)).toMatchObject([{ held: true }]);
    expect(await from('outside', erp)).toMatchObject([{ held: false, seen: { code: 'seen.name.resolver' } }]);
  });

  test('promises made to other machines are left out', async () => {
    const network = vantages.get('outside') as RemoteNetwork;
    const probe: Probe = { kind: 'connects', addresses: ['203.0.113.1'], port: 443 };
    const found = await verify(
      [
        expectation(probe, { id: 'all' }),
        expectation(probe, { id: 'outside', vantages: ['outside'] }),
        expectation(probe, { id: 'gateway', vantages: ['gateway'] }),
      ],
      { vantage: { name: 'outside', host: 'outside' }, network },
    );
    expect(found.map((e) => [e.expectation, e.held])).toEqual([
      ['all', true],
      ['outside', true],
    ]);
  });
});

describe('what must be shut', () => {
  const publicAddresses = ['203.0.113.1', '2001:db8:113::1'];
  const scan: Probe = { kind: 'scan', addresses: publicAddresses, open: [443], tried: commonPorts };

  test('from the internet only the published port is open, over IPv4 and IPv6', async () => {
    const [evidence] = await from('outside', scan);
    expect(evidence).toMatchObject({ held: true, seen: { code: 'seen.scan.held', params: { open: '443' } } });
    expect(evidence?.excerpt).toMatch(/^tried: 1-1024, 1080, /);
    expect(evidence?.excerpt).toContain('\n203.0.113.1: open 443; silent 1-442, 444-1024');
    expect(evidence?.excerpt).toContain('\n2001:db8:113::1: open 443; silent 1-442, 444-1024');
    console.log(
      `${portsOf(commonPorts).length} ports, all but one silent, two addresses: ${evidence?.milliseconds} ms`,
    );
  });

  test('a port opened by hand is found, over IPv4 and over IPv6', async () => {
    await listener('router', '203.0.113.1', 8081);
    await listener('router', '2001:db8:113::1', 9000);
    const fewer: Probe = {
      ...scan,
      tried: [
        [440, 450],
        [8000, 8100],
        [9000, 9100],
      ],
    };
    expect(await from('outside', fewer)).toMatchObject([{ held: true }]);
    await filter('insert rule inet perimeter input tcp dport 8081 accept');
    expect(await from('outside', fewer)).toMatchObject([
      { held: false, seen: { code: 'seen.scan.open', params: { places: '203.0.113.1:8081' } } },
    ]);
    await filter('insert rule inet perimeter input tcp dport 9000 accept');
    expect(await from('outside', fewer)).toMatchObject([
      { held: false, seen: { params: { places: '203.0.113.1:8081, [2001:db8:113::1]:9000' } } },
    ]);
  });

  test('inner networks are out of reach from outside, and that is said', async () => {
    const addresses = ['10.10.0.15', 'fd00:10::15'];
    expect(
      await from(
        'outside',
        { kind: 'refuses-connection', addresses, port: 8069 },
        { kind: 'scan', addresses, open: [], tried: [[8000, 8100]] },
      ),
    ).toMatchObject([
      { held: true, seen: { code: 'seen.port.unreachable', params: { error: 'ENETUNREACH' } } },
      { held: true, seen: { code: 'seen.scan.unreachable', params: { error: 'ENETUNREACH' } } },
    ]);
  });

  test('the dmz reaches the lan as described, and not otherwise', async () => {
    const addresses = ['10.10.0.15', 'fd00:10::15'];
    const connects: Probe = { kind: 'connects', addresses, port: 8069 };
    const ssh: Probe = { kind: 'refuses-connection', addresses, port: 22 };
    expect(await from('gateway', connects, ssh)).toMatchObject([
      { held: true, seen: { code: 'seen.port.accepted' } },
      { held: true, seen: { code: 'seen.port.silent' } },
    ]);
    await filter('add rule inet perimeter holes ip6 daddr fd00:10::15 tcp dport 22 accept');
    expect(await from('gateway', connects, ssh)).toMatchObject([
      { held: true },
      { held: false, seen: { code: 'seen.port.open', params: { places: '[fd00:10::15]:22' } } },
    ]);
    await filter('flush chain inet perimeter holes');
    await lab.host('erp').run(['systemctl', 'stop', 'nginx']);
    expect(await from('gateway', connects, ssh)).toMatchObject([
      { held: false, seen: { code: 'seen.port.refused' } },
      { held: true },
    ]);
    await lab.host('erp').run(['systemctl', 'start', 'nginx']);
  });

  test('from the lan the dmz is silent', async () => {
    const addresses = ['10.20.0.2', 'fd00:20::2'];
    expect(await from('erp', { kind: 'scan', addresses, open: [], tried: [[440, 450]] })).toMatchObject([
      { held: true, seen: { code: 'seen.scan.none' } },
    ]);
  });

  test('65,535 ports: refused, forbidden, silent and open ones are told apart', async () => {
    const [evidence] = await from('gateway', {
      kind: 'scan',
      addresses: ['10.10.0.15'],
      open: [8069],
      tried: allPorts,
    });
    expect(evidence).toMatchObject({
      held: true,
      seen: { code: 'seen.scan.held', params: { open: '8069' } },
    });
    // ICMP errors are limited by the router's kernel (net.ipv4.icmp_ratelimit): most of what it forbids is silent.
    const [, line = ''] = evidence?.excerpt?.split('\n') ?? [];
    expect(line).toMatch(/^10\.10\.0\.15: open 8069; closed 3000-8068, 8070-65535; silent 1-1999/);
    expect(line).toMatch(/EHOSTUNREACH 20\d\d/);
    console.log(`65,535 ports, 62,535 of them refused: ${evidence?.milliseconds} ms`);
    expect(evidence?.milliseconds).toBeLessThan(60_000);
  }, 300_000);
});
