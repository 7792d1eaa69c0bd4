import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { inNetwork, isAddress, parseNetwork } from '../src/lib/ip.ts';
import { LabError } from './error.ts';
import { releases } from './sources.ts';

const name = z
  .string()
  .regex(/^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$/, 'a short name: letters, digits and hyphens');
const address = z.string().refine(isAddress, 'an IPv4 or IPv6 address');
const network = z
  .string()
  .refine((text) => text.includes('/') && parseNetwork(text) === text, 'a network, as 10.20.0.0/24');
const absolute = z.string().regex(/^\/[^\0]+$/, 'an absolute path');
const packageName = z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/, "a Debian package's name");

const file = z
  .strictObject({
    content: z.string().optional(),
    /** A file of this machine, relative to the topology's. */
    source: z.string().optional(),
    mode: z
      .string()
      .regex(/^0[0-7]{3,4}$/, 'an octal mode, as "0644"')
      .default('0644'),
  })
  .refine(
    (value) => (value.content === undefined) !== (value.source === undefined),
    'either content or source',
  );

const host = z.strictObject({
  /** Debian's release; `bookworm` unless said. */
  release: z.enum(releases).default('bookworm'),
  /** `false`: a network namespace alone, to look at the others from. */
  boot: z.boolean().default(true),
  /** Packages beyond those that every host has, installed in a base of their own with their services disabled. */
  packages: z.array(packageName).default([]),
  /** Packages that apt in the host can install although it has no way to a mirror. */
  available: z.array(packageName).default([]),
  /** By zone, in the order of devices: the first is eth0. */
  interfaces: z.record(name, z.array(address).min(1)).default({}),
  routes: z.array(z.strictObject({ to: z.union([z.literal('default'), network]), via: address })).default([]),
  /** Whether it forwards packets between its interfaces. */
  forward: z.boolean().default(false),
  /** Resolvers of /etc/resolv.conf. */
  resolvers: z.array(address).default([]),
  /** Lines of /etc/hosts, beyond localhost and its own name. */
  names: z.record(z.string().regex(/^\S+$/), z.array(address).min(1)).default({}),
  files: z.record(absolute, file).default({}),
  /** Commands (argument vectors) run in order once it has booted. */
  run: z.array(z.array(z.string()).min(1)).default([]),
});

const topology = z.strictObject({
  name,
  /** Each is an Ethernet bridge. */
  // Eleven characters: a bridge's name holds fifteen.
  zones: z.record(name.max(11), z.strictObject({ networks: z.array(network).min(1) })),
  hosts: z.record(name, host),
  /**
   * The host that this machine's ssh leaves from, one with `boot: false`. Without it, hosts get a further device
   * `mgmt0` on a management network that reaches the controller and nothing else.
   */
  controller: name.optional(),
});

/** A topology as people write it: what has a default may be left out. */
export type TopologyInput = z.input<typeof topology>;
/** A topology with every default filled in, checked. */
export type Topology = z.output<typeof topology>;
/** One host of a topology. */
export type HostSpec = Topology['hosts'][string];

/** Names of what the lab itself makes beside the hosts. */
const reserved = ['controller', 'localhost'];

/** Checks a topology and fills in its defaults. Throws everything that is wrong with it, not the first. */
export function parseTopology(input: unknown): Topology {
  const parsed = topology.safeParse(input);
  const problems = parsed.success
    ? problemsOf(parsed.data)
    : parsed.error.issues.map((issue) => `${issue.path.join('.') || 'topology'}: ${issue.message}`);
  if (!parsed.success || problems.length > 0)
    throw new LabError(`This topology cannot be built:\n${problems.map((text) => `  ${text}`).join('\n')}`);
  return parsed.data;
}

/** Throws unless this could be a topology's name: it becomes part of paths that are removed. */
export function requireName(text: string): void {
  if (!name.safeParse(text).success) throw new LabError(`"${text}" is no topology's name.`);
}

/** Reads a topology from a YAML or JSON file; the files it takes its content from are read too. */
export async function readTopology(path: string): Promise<Topology> {
  const document = parseDocument(await readText(path));
  const [error] = document.errors;
  if (error) throw new LabError(`${path}: ${error.message}`);
  const parsed = parseTopology(document.toJS());
  for (const spec of Object.values(parsed.hosts))
    for (const entry of Object.values(spec.files))
      if (entry.source !== undefined) {
        entry.content = await readText(resolve(dirname(path), entry.source));
        delete entry.source;
      }
  return parsed;
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: Error) => {
    throw new LabError(`${path} cannot be read: ${cause.message}`, { cause });
  });
}

/** The network of a zone that an address is in, or `undefined`. */
export function networkOf(topology: Topology, zone: string, address: string): string | undefined {
  return topology.zones[zone]?.networks.find((network) => inNetwork(address, network));
}

/** The addresses of a host, in the order they are written. */
export function addressesOf(spec: HostSpec): readonly string[] {
  return Object.values(spec.interfaces).flat();
}

function problemsOf(topology: Topology): readonly string[] {
  const problems: string[] = [];
  const owners = new Map<string, string>();
  for (const [hostName, spec] of Object.entries(topology.hosts)) {
    const at = `hosts.${hostName}`;
    if (reserved.includes(hostName)) problems.push(`${at}: this name is the lab's own`);
    for (const [zone, addresses] of Object.entries(spec.interfaces)) {
      if (!(zone in topology.zones)) problems.push(`${at}.interfaces: there is no zone "${zone}"`);
      for (const item of addresses) {
        if (zone in topology.zones && networkOf(topology, zone, item) === undefined)
          problems.push(`${at}.interfaces.${zone}: ${item} is in no network of that zone`);
        const owner = owners.get(`${zone} ${item}`);
        if (owner !== undefined) problems.push(`${at}.interfaces.${zone}: ${item} is already ${owner}'s`);
        owners.set(`${zone} ${item}`, hostName);
      }
    }
    for (const { via } of spec.routes)
      if (!Object.keys(spec.interfaces).some((zone) => networkOf(topology, zone, via) !== undefined))
        problems.push(`${at}.routes: ${via} is not next to this host`);
    if (
      !spec.boot &&
      (spec.run.length > 0 ||
        spec.packages.length > 0 ||
        spec.available.length > 0 ||
        Object.keys(spec.files).length > 0)
    )
      problems.push(`${at}: without booting it has no files, packages or commands`);
  }
  const { controller } = topology;
  if (controller !== undefined && topology.hosts[controller]?.boot !== false)
    problems.push(`controller: "${controller}" is no host with "boot: false"`);
  return problems;
}
