import type { Finding } from '../../model/finding.ts';
import { type Imported, type ImportedHost, type ImportedSsh, lineFinding, portOf } from './imported.ts';

/** Variables as text, which is all that matters of those that are carried over. */
export type Variables = ReadonlyMap<string, string>;

interface AnsibleHost {
  readonly line: number;
  readonly variables: Map<string, string>;
}

interface AnsibleGroup {
  readonly hosts: Set<string>;
  readonly children: Set<string>;
  readonly variables: Map<string, string>;
}

/** An inventory of Ansible's while it is read: hosts and groups by name, in the order of their first mention. */
export interface AnsibleInventory {
  readonly hosts: Map<string, AnsibleHost>;
  readonly groups: Map<string, AnsibleGroup>;
}

export function newInventory(): AnsibleInventory {
  return { hosts: new Map(), groups: new Map() };
}

/** The host of this name, made at its first mention. */
export function hostIn({ hosts }: AnsibleInventory, name: string, line: number): AnsibleHost {
  const known = hosts.get(name) ?? { line, variables: new Map() };
  hosts.set(name, known);
  return known;
}

/** The group of this name, made at its first mention. */
export function groupIn({ groups }: AnsibleInventory, name: string): AnsibleGroup {
  const known = groups.get(name) ?? { hosts: new Set(), children: new Set(), variables: new Map() };
  groups.set(name, known);
  return known;
}

/** The most hosts that one pattern may stand for. */
const most = 10_000;

/**
 * The names that a pattern stands for: `web[01:20].example.fr`, `db[a:c]`, with a step `[1:9:2]`, several in one. `undefined`
 * when a range is none.
 */
export function expandRange(pattern: string): readonly string[] | undefined {
  const found = /^([^[\]]*)\[([^[\]]*)\](.*)$/.exec(pattern);
  if (!found) return /[[\]]/.test(pattern) ? undefined : [pattern];
  const [, before = '', range = '', after = ''] = found;
  const values = valuesOf(range);
  const rest = expandRange(after);
  if (!values || !rest || values.length * rest.length > most) return undefined;
  return values.flatMap((value) => rest.map((end) => `${before}${value}${end}`));
}

function valuesOf(range: string): readonly string[] | undefined {
  const [from = '', to = '', by = '1', ...more] = range.split(':');
  const step = Number(by);
  if (more.length > 0 || !/^\d{1,5}$/.test(by) || step < 1) return undefined;
  const isNumber = /^\d{0,9}$/.test(from) && /^\d{1,9}$/.test(to);
  if (
    !isNumber &&
    !(/^[a-z]$/.test(from) && /^[a-z]$/.test(to)) &&
    !(/^[A-Z]$/.test(from) && /^[A-Z]$/.test(to))
  )
    return undefined;
  // A first number with leading zeros gives the width of all.
  const width = /^0/.test(from) ? from.length : 0;
  const [first, last] = isNumber ? [Number(from), Number(to)] : [from.charCodeAt(0), to.charCodeAt(0)];
  if (last < first || (last - first) / step > most) return undefined;
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => {
    const value = first + i * step;
    return isNumber ? String(value).padStart(width, '0') : String.fromCharCode(value);
  });
}

const carried = new Set(
  ['host', 'user', 'port'].flatMap((what) => [`ansible_${what}`, `ansible_ssh_${what}`]),
);
const understood = new Set([...carried, 'ansible_connection']);
/** Groups that every inventory has, which tell nothing. */
const always = ['all', 'ungrouped'];

/** The hosts of an inventory with all the groups that they are in, and what Ansible would connect with. */
export function resolveAnsible(inventory: AnsibleInventory, file: string, findings: Finding[]): Imported {
  const parents = new Map<string, string[]>();
  for (const [name, { children }] of inventory.groups)
    for (const child of children) parents.set(child, [...(parents.get(child) ?? []), name]);
  const depths = new Map<string, number>();
  for (const name of inventory.groups.keys())
    if (depthOf(name, parents, depths, []) === undefined) {
      findings.push(lineFinding('error', 'import.group.cycle', { name }, { file, line: 1 }));
      return { hosts: [], findings };
    }

  const direct = new Map<string, string[]>();
  for (const [group, { hosts }] of inventory.groups)
    for (const host of hosts) direct.set(host, [...(direct.get(host) ?? []), group]);

  const hosts = [...inventory.hosts].map(([name, { line, variables }]) => {
    const groups = ancestors(direct.get(name) ?? [], parents);
    const inOrder = [...inventory.groups.keys()].filter((group) => groups.has(group));
    // As Ansible has it: the farther from the host the weaker, "all" weakest; of equals the last by name wins.
    const strength = (group: string) => (group === 'all' ? -1 : (depths.get(group) ?? 0));
    const byStrength = [...new Set(['all', ...inOrder])].sort(
      (a, b) => strength(a) - strength(b) || (a < b ? -1 : 1),
    );
    const merged = new Map([
      ...byStrength.flatMap((group) => [...(inventory.groups.get(group)?.variables ?? [])]),
      ...variables,
    ]);
    return hostOf(name, line, inOrder, merged);
  });
  const left = new Set(
    [...inventory.hosts.values(), ...inventory.groups.values()].flatMap((each) => [...each.variables.keys()]),
  );
  const names = [...left].filter((name) => !understood.has(name)).sort();
  if (names.length > 0)
    findings.push(lineFinding('note', 'import.variables', { names: names.join(', ') }, { file, line: 1 }));
  return { hosts, findings };
}

/** How many groups stand above a group, by the longest way; `undefined` for a group that is above itself. */
function depthOf(
  name: string,
  parents: ReadonlyMap<string, readonly string[]>,
  depths: Map<string, number>,
  below: readonly string[],
): number | undefined {
  if (below.includes(name)) return undefined;
  const known = depths.get(name);
  if (known !== undefined) return known;
  let depth = 0;
  for (const parent of parents.get(name) ?? []) {
    const above = depthOf(parent, parents, depths, [...below, name]);
    if (above === undefined) return undefined;
    depth = Math.max(depth, above + 1);
  }
  depths.set(name, depth);
  return depth;
}

function ancestors(
  groups: readonly string[],
  parents: ReadonlyMap<string, readonly string[]>,
): ReadonlySet<string> {
  const all = new Set(groups);
  for (const group of all) for (const parent of parents.get(group) ?? []) all.add(parent);
  return all;
}

function hostOf(name: string, line: number, groups: readonly string[], variables: Variables): ImportedHost {
  const get = (what: string) => variables.get(`ansible_${what}`) ?? variables.get(`ansible_ssh_${what}`);
  const [address, user, port] = [get('host'), get('user'), get('port')];
  const ssh: ImportedSsh = {
    ...(user ? { user } : {}),
    ...(port && port !== '22' ? { port: portOf(port) } : {}),
  };
  const isSsh = ['ssh', 'smart', 'paramiko', 'paramiko_ssh'].includes(
    (variables.get('ansible_connection') ?? 'ssh').replace(/^ansible\.(builtin|netcommon)\./, ''),
  );
  return {
    name,
    line,
    addresses: address ? [address] : [],
    roles: [],
    groups: groups.filter((group) => !always.includes(group)),
    ...(isSsh ? { ssh } : {}),
  };
}
