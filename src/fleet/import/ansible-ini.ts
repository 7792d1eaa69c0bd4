import type { Finding } from '../../model/finding.ts';
import { expandRange, groupIn, hostIn, newInventory, resolveAnsible } from './ansible.ts';
import { type Imported, lineFinding } from './imported.ts';

type Section = { readonly group: string; readonly kind: 'hosts' | 'children' | 'vars' };

/** An inventory of Ansible's in its INI form. */
export function importAnsibleIni(text: string, file: string): Imported {
  const inventory = newInventory();
  const findings: Finding[] = [];
  let section: Section = { group: 'ungrouped', kind: 'hosts' };

  for (const [index, raw] of text
    .replace(/^\u{feff}/u, '')
    .split(/\r?\n/)
    .entries()) {
    const at = { file, line: index + 1 };
    const written = raw.trim();
    if (written === '' || /^[#;]/.test(written)) continue;
    const head = /^\[([^\]:]+)(?::(\w+))?\]\s*(?:#.*)?$/.exec(written);
    if (head) {
      const [, group = '', kind = 'hosts'] = head;
      if (kind !== 'hosts' && kind !== 'children' && kind !== 'vars')
        findings.push(lineFinding('error', 'import.section', { section: written }, at));
      else section = { group: group.trim(), kind };
      groupIn(inventory, group.trim());
      continue;
    }
    if (section.kind === 'vars') {
      const [, name, value] = /^([^=\s]+)\s*=\s*(.*)$/.exec(written) ?? [];
      if (name === undefined) findings.push(lineFinding('error', 'import.variable', {}, at));
      else groupIn(inventory, section.group).variables.set(name, unquote(value ?? ''));
      continue;
    }
    const words = wordsOf(written);
    if (!words) {
      findings.push(lineFinding('error', 'import.quote', {}, at));
      continue;
    }
    const [pattern = '', ...assignments] = words;
    if (section.kind === 'children') {
      groupIn(inventory, pattern);
      groupIn(inventory, section.group).children.add(pattern);
      continue;
    }
    const [, bare = pattern, port] = /^([^:[\]]*(?:\[[^\]]*\][^:[\]]*)*):(\d+)$/.exec(pattern) ?? [];
    const names = expandRange(bare);
    if (!names) findings.push(lineFinding('error', 'import.range', { value: bare }, at));
    for (const name of names ?? []) {
      const { variables } = hostIn(inventory, name, at.line);
      groupIn(inventory, section.group).hosts.add(name);
      if (port !== undefined) variables.set('ansible_port', port);
      for (const assignment of assignments) {
        const equals = assignment.indexOf('=');
        if (equals > 0) variables.set(assignment.slice(0, equals), assignment.slice(equals + 1));
      }
    }
    // The word may be a password: it is not repeated.
    if (assignments.some((word) => word.indexOf('=') < 1))
      findings.push(lineFinding('error', 'import.variable', {}, at));
  }
  return resolveAnsible(inventory, file, findings);
}

/** The words of a line as Python's shlex splits them, up to a comment; `undefined` when a quote is never closed. */
function wordsOf(line: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const sign = line[i] as string;
    if (quote) {
      if (sign === quote) quote = '';
      else if (sign === '\\' && quote === '"' && /["\\]/.test(line[i + 1] ?? '')) word += line[++i] as string;
      else word += sign;
    } else if (/\s/.test(sign)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (sign === '#' && word === undefined) break;
    else if (sign === '"' || sign === "'") {
      quote = sign;
      word ??= '';
    } else if (sign === '\\' && i + 1 < line.length) word = (word ?? '') + line[++i];
    else word = (word ?? '') + sign;
  }
  if (quote) return undefined;
  return word === undefined ? words : [...words, word];
}

function unquote(value: string): string {
  const found = /^(["'])(.*)\1\s*(?:#.*)?$/.exec(value);
  return found ? (found[2] as string) : value.replace(/\s+#.*$/, '').trim();
}
