import { isMap, isScalar, isSeq, LineCounter, type Pair, parseDocument, visit, type YAMLMap } from 'yaml';
import type { Finding } from '../../model/finding.ts';
import {
  type AnsibleInventory,
  expandRange,
  groupIn,
  hostIn,
  newInventory,
  resolveAnsible,
} from './ansible.ts';
import { type Column, columnOf, hostOfCells } from './columns.ts';
import { type Imported, type ImportedHost, lineFinding } from './imported.ts';

/** A document while it is read. */
interface Reading {
  readonly file: string;
  readonly findings: Finding[];
  line(node: unknown): number;
}

/** An inventory of Ansible's in its YAML form. */
export function importAnsibleYaml(text: string, file: string): Imported {
  return read(text, file, (reading, contents) => {
    const inventory = newInventory();
    if (!isMap(contents)) return misshapen(reading, contents);
    for (const pair of (contents as YAMLMap).items) readGroup(reading, inventory, pair);
    return resolveAnsible(inventory, file, reading.findings);
  });
}

/** What `ansible-inventory --list` prints (and every dynamic inventory of Ansible's), or a plain list of objects. */
export function importJson(text: string, file: string): Imported {
  return read(text, file, (reading, contents) => {
    if (isSeq(contents)) return readList(reading, contents.items);
    if (!isMap(contents)) return misshapen(reading, contents);
    const inventory = newInventory();
    for (const pair of (contents as YAMLMap).items) readListed(reading, inventory, pair);
    return resolveAnsible(inventory, file, reading.findings);
  });
}

function read(text: string, file: string, work: (reading: Reading, contents: unknown) => Imported): Imported {
  const lineCounter = new LineCounter();
  // JSON is YAML; read as such, every value has its line. Only that JSON may be indented by tabs.
  const untabbed = text.replace(/^\u{feff}/u, '').replace(/^\t+/gm, (tabs) => ' '.repeat(tabs.length));
  const document = parseDocument(untabbed, { lineCounter, prettyErrors: false });
  const [error] = document.errors;
  if (error) {
    const { line } = lineCounter.linePos(error.pos[0]);
    const at = { file, line: Math.max(1, line) };
    const [reason = ''] = error.message.split('\n');
    return { hosts: [], findings: [lineFinding('error', 'import.syntax', { reason }, at)] };
  }
  const line = (node: unknown) => {
    const start = (node as { range?: readonly number[] } | null | undefined)?.range?.[0];
    return start === undefined ? 1 : Math.max(1, lineCounter.linePos(start).line);
  };
  const findings: Finding[] = [];
  visit(document, {
    Alias(_, node) {
      findings.push(lineFinding('error', 'import.alias', { name: node.source }, { file, line: line(node) }));
    },
  });
  return work({ file, findings, line }, document.contents);
}

function misshapen({ file, findings, line }: Reading, node: unknown): Imported {
  findings.push(lineFinding('error', 'import.shape', {}, { file, line: line(node) }));
  return { hosts: [], findings };
}

const keyOf = (pair: Pair) => text(pair.key) ?? '';
const pairs = (node: unknown): readonly Pair[] => (isMap(node) ? (node as YAMLMap).items : []);

/** The value of a scalar as text; `undefined` for what is none, or nothing. */
function text(node: unknown): string | undefined {
  if (!isScalar(node) || node.value === null) return undefined;
  // As written: 1.10 is not 1.1.
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
}

function setVariables(variables: Map<string, string>, node: unknown): void {
  // What is no plain value is none of those that are carried over.
  for (const pair of pairs(node)) variables.set(keyOf(pair), text(pair.value) ?? '');
}

function readGroup(reading: Reading, inventory: AnsibleInventory, { key, value }: Pair): void {
  const name = text(key) ?? '';
  const group = groupIn(inventory, name);
  for (const part of pairs(value)) {
    const kind = keyOf(part);
    if (kind === 'vars') setVariables(group.variables, part.value);
    else if (kind === 'hosts')
      for (const host of pairs(part.value))
        for (const each of namesOf(reading, host.key)) {
          group.hosts.add(each);
          setVariables(hostIn(inventory, each, reading.line(host.key)).variables, host.value);
        }
    else if (kind === 'children')
      for (const child of pairs(part.value)) {
        group.children.add(keyOf(child));
        readGroup(reading, inventory, child);
      }
    else
      reading.findings.push(
        lineFinding(
          'error',
          'import.group.key',
          { key: kind, group: name },
          { file: reading.file, line: reading.line(part.key) },
        ),
      );
  }
}

function namesOf({ file, findings, line }: Reading, key: unknown): readonly string[] {
  const value = text(key) ?? '';
  const names = expandRange(value);
  if (!names) findings.push(lineFinding('error', 'import.range', { value }, { file, line: line(key) }));
  return names ?? [];
}

function readListed(reading: Reading, inventory: AnsibleInventory, { key, value }: Pair): void {
  const name = text(key) ?? '';
  if (name === '_meta') {
    for (const meta of pairs(value))
      if (keyOf(meta) === 'hostvars')
        for (const host of pairs(meta.value))
          setVariables(hostIn(inventory, keyOf(host), reading.line(host.key)).variables, host.value);
    return;
  }
  const group = groupIn(inventory, name);
  const add = (items: readonly unknown[]) => {
    for (const item of items) {
      const host = text(item) ?? '';
      hostIn(inventory, host, reading.line(item));
      group.hosts.add(host);
    }
  };
  // The oldest form: a group is the list of its hosts.
  if (isSeq(value)) add(value.items);
  for (const part of pairs(value)) {
    const kind = keyOf(part);
    const items = isSeq(part.value) ? part.value.items : [];
    if (kind === 'vars') setVariables(group.variables, part.value);
    else if (kind === 'hosts') add(items);
    else if (kind === 'children') for (const child of items) group.children.add(text(child) ?? '');
  }
}

function readList(reading: Reading, items: readonly unknown[]): Imported {
  const { file, findings, line } = reading;
  const hosts: ImportedHost[] = [];
  const ignored = new Map<string, number>();
  for (const item of items) {
    if (!isMap(item)) {
      misshapen(reading, item);
      continue;
    }
    const cells: Partial<Record<Column, string>> = {};
    for (const pair of pairs(item)) {
      const column = columnOf(keyOf(pair));
      const value = isSeq(pair.value)
        ? pair.value.items.map((each) => text(each) ?? '').join(' ')
        : text(pair.value);
      if (column === undefined) ignored.set(keyOf(pair), ignored.get(keyOf(pair)) ?? line(pair.key));
      else if (value) cells[column] = value;
    }
    hosts.push(hostOfCells(cells, line(item)));
  }
  for (const [heading, at] of ignored)
    findings.push(lineFinding('note', 'import.column.ignored', { heading }, { file, line: at }));
  return { hosts, findings };
}
