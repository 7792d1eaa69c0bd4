import { createHash } from 'node:crypto';
import { addressesOf, type HostSpec, networkOf, type Topology } from './topology.ts';

/** The network that ssh from this machine uses where the topology names no controller: set aside for test benches. */
const management = { prefix: '198.18', bits: 16 };

/** The device of a host on the management network. */
export const managementDevice = 'mgmt0';

/** What every name that the lab gives something on this machine begins with. */
export const labPrefix = 'poterne-lab.';

/** The network namespace that holds a topology's bridges. */
export function switchNamespace(topologyName: string): string {
  return `${labPrefix}${topologyName}`;
}

/** The network namespace of a host. */
export function hostNamespace(topologyName: string, hostName: string): string {
  return `${labPrefix}${topologyName}.${hostName}`;
}

/** The network namespace that ssh leaves from. */
export function controllerNamespace(topology: Topology): string {
  return hostNamespace(topology.name, topology.controller ?? 'controller');
}

/** The address at which the controller reaches a host. */
export function controlAddress(topology: Topology, hostName: string): string {
  if (topology.controller === undefined)
    return managementAddress(Object.keys(topology.hosts).indexOf(hostName) + 2);
  const addresses = addressesOf(topology.hosts[hostName] as HostSpec);
  return addresses.find((address) => !address.includes(':')) ?? (addresses[0] as string);
}

function managementAddress(index: number): string {
  return `${management.prefix}.${index >> 8}.${index & 255}`;
}

/** How a host is plugged in: arguments of `ip`, one command a line, and settings of the kernel. */
export interface Wiring {
  /** In the switch's namespace: takes away what the host had. */
  readonly unplug: readonly string[];
  /** In the switch's namespace: a cable for each device of the host, into the right bridge. */
  readonly plug: readonly string[];
  /** In the host's namespace: addresses and routes. */
  readonly network: readonly string[];
  /** In the host's namespace, before the cables come. */
  readonly sysctl: readonly string[];
}

/** The bridges of a topology, in its switch's namespace. */
export function switchCommands(topology: Topology): readonly string[] {
  const bridges = Object.keys(topology.zones).map(bridgeOf);
  if (topology.controller === undefined) bridges.push(managementDevice);
  return bridges.flatMap((bridge) => [
    `link add ${bridge} type bridge mcast_snooping 0`,
    // The switch has no address of its own: it carries frames and answers nothing.
    `link set ${bridge} addrgenmode none`,
    `link set ${bridge} up`,
  ]);
}

/** The wiring of one host. */
export function wiringOf(topology: Topology, hostName: string): Wiring {
  const spec = topology.hosts[hostName] as HostSpec;
  const index = Object.keys(topology.hosts).indexOf(hostName) + 1;
  const namespace = hostNamespace(topology.name, hostName);
  const devices = Object.keys(spec.interfaces).map((zone, order) => ({
    port: `h${index}.${order}`,
    device: `eth${order}`,
    bridge: bridgeOf(zone),
    address: macAddress(topology.name, hostName, zone),
  }));
  const plug = devices.flatMap((device) => plugIn(device, namespace));
  const network = ['link set lo up'];
  Object.entries(spec.interfaces).forEach(([zone, addresses], order) => {
    network.push(`link set eth${order} up`);
    for (const address of addresses) {
      const bits = networkOf(topology, zone, address)?.split('/')[1];
      network.push(`address add ${address}/${bits} dev eth${order}${address.includes(':') ? ' nodad' : ''}`);
    }
  });
  if (topology.controller === undefined && spec.boot) {
    const port = { port: `h${index}.m`, device: managementDevice, bridge: managementDevice };
    plug.push(...plugIn({ ...port, address: macAddress(topology.name, hostName, port.device) }, namespace));
    // Otherwise hosts would reach each other around the topology.
    plug.push(`link set ${port.port} type bridge_slave isolated on`);
    network.push(...managed(managementAddress(index + 1)));
  }
  for (const { to, via } of spec.routes) network.push(`route add ${to} via ${via}`);
  return {
    unplug: [...new Set(plug.map((line) => /\bh\d+\.\w+\b/.exec(line)?.[0] as string))].map(
      (port) => `link delete ${port}`,
    ),
    plug,
    network,
    sysctl: sysctlOf(spec),
  };
}

/** The wiring of the controller's own namespace, where the topology names no host for it. */
export function controllerWiring(topology: Topology): Wiring {
  const namespace = controllerNamespace(topology);
  const address = macAddress(topology.name, 'controller', managementDevice);
  return {
    unplug: ['link delete controller'],
    plug: plugIn(
      { port: 'controller', device: managementDevice, bridge: managementDevice, address },
      namespace,
    ),
    network: ['link set lo up', ...managed(managementAddress(1))],
    sysctl: [],
  };
}

/** The settings that make a host forward. */
export const forwarding: readonly string[] = ['net.ipv4.ip_forward = 1', 'net.ipv6.conf.all.forwarding = 1'];

function sysctlOf(spec: HostSpec): readonly string[] {
  // Nobody else is on these wires: an address may be used at once. And a route is what the topology says.
  const quiet = ['all', 'default'].flatMap((scope) => [
    `net.ipv6.conf.${scope}.accept_dad = 0`,
    `net.ipv6.conf.${scope}.accept_ra = 0`,
  ]);
  // A host that boots reads it from its own /etc/sysctl.d, as a real router does.
  return spec.forward && !spec.boot ? [...quiet, ...forwarding] : quiet;
}

function managed(address: string): readonly string[] {
  return [
    `link set ${managementDevice} addrgenmode none`,
    `link set ${managementDevice} up`,
    `address add ${address}/${management.bits} dev ${managementDevice}`,
  ];
}

interface Plug {
  readonly port: string;
  readonly device: string;
  readonly bridge: string;
  readonly address: string;
}

function plugIn({ port, device, bridge, address }: Plug, namespace: string): readonly string[] {
  return [
    `link add ${port} type veth peer name ${device} address ${address} netns ${namespace}`,
    `link set ${port} addrgenmode none`,
    `link set ${port} master ${bridge} up`,
  ];
}

function bridgeOf(zone: string): string {
  return `br-${zone}`;
}

/** The same at each boot, as a network card's is. */
function macAddress(...parts: readonly string[]): string {
  const digest = createHash('sha256').update(parts.join('\0')).digest();
  return ['02', ...[...digest.subarray(0, 5)].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
}
