import type { Finding } from '../../model/finding.ts';
import { importAnsibleIni } from './ansible-ini.ts';
import { importCsv } from './csv.ts';
import { type Imported, type Importer, lineFinding } from './imported.ts';
import { importAnsibleYaml, importJson } from './structured.ts';

export { descriptionOf, type Imported, type ImportedHost } from './imported.ts';

/** What people have their machines in. */
export const inventoryFormats = ['csv', 'ansible', 'json'] as const;
export type InventoryFormat = (typeof inventoryFormats)[number];

const extensions: readonly (readonly [RegExp, InventoryFormat])[] = [
  [/\.(csv|tsv)$/i, 'csv'],
  [/\.(ini|cfg|ya?ml)$/i, 'ansible'],
  [/\.json$/i, 'json'],
];

/** The format of an inventory, by its file's name or what is certain of its text; `undefined` when nobody can tell. */
export function formatOf(file: string, text: string): InventoryFormat | undefined {
  const byName = extensions.find(([pattern]) => pattern.test(file))?.[1];
  if (byName) return byName;
  if (isJson(text)) return 'json';
  return /^\s*\[[\w.-]+(:\w+)?\]\s*$/m.test(text) ? 'ansible' : undefined;
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

/** Reads an inventory of a format. A host that is there twice, or has no name, is a finding. */
export function importInventory(text: string, file: string, format: InventoryFormat): Imported {
  const imported = importerOf(text, file, format)(text, file);
  const findings: Finding[] = [...imported.findings];
  const first = new Map<string, number>();
  for (const { name, line } of imported.hosts) {
    const before = first.get(name);
    const at = { file, line };
    if (name === '') findings.push(lineFinding('error', 'import.name.missing', {}, at));
    else if (before !== undefined)
      findings.push(lineFinding('error', 'import.twice', { name, line: before }, at));
    else first.set(name, line);
  }
  const isWrong = findings.some(({ severity }) => severity === 'error');
  if (imported.hosts.length === 0 && !isWrong)
    findings.push(lineFinding('error', 'import.nothing', {}, { file, line: 1 }));
  return { hosts: imported.hosts, findings };
}

function importerOf(text: string, file: string, format: InventoryFormat): Importer {
  if (format === 'csv') return importCsv;
  if (format === 'json') return importJson;
  if (/\.ya?ml$/i.test(file)) return importAnsibleYaml;
  if (isJson(text)) return importJson;
  // A line of the INI form never ends in a colon, and the YAML form begins with a group, which does.
  return /^(---|[^\s#;[][^=]*:)\s*(#.*)?$/m.test(text) ? importAnsibleYaml : importAnsibleIni;
}
