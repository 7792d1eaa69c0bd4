import type { Finding } from '../../model/finding.ts';
import { type Column, columnOf, hostOfCells } from './columns.ts';
import { type Imported, type ImportedHost, lineFinding } from './imported.ts';

/** One record: its cells, and the line on which it begins. */
export interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

/**
 * The records of a CSV text (RFC 4180), lines ended either way, empty ones left out. A quote that is never closed is told by
 * its line.
 */
export function csvRows(text: string, separator: string): { rows: readonly Row[]; unclosed?: number } {
  const rows: Row[] = [];
  let cells: string[] = [];
  let line = 1;
  let begun = 1;
  let at = 0;
  while (at < text.length) {
    let cell = '';
    if (text[at] === '"') {
      const opened = line;
      for (at++; at < text.length && !(text[at] === '"' && text[at + 1] !== '"'); at++) {
        if (text[at] === '"') at++;
        if (text[at] === '\n') line++;
        cell += text[at];
      }
      if (at >= text.length) return { rows, unclosed: opened };
      at++;
    }
    while (at < text.length && text[at] !== separator && text[at] !== '\n') cell += text[at++];
    cells.push(cell.trim());
    const more = text[at++] === separator;
    if (more && at < text.length) continue;
    if (more) cells.push('');
    if (cells.some((each) => each !== '')) rows.push({ cells, line: begun });
    cells = [];
    line++;
    begun = line;
  }
  return { rows };
}

/** The separator of the first line: the most frequent of those that spreadsheets write. */
function separatorOf(text: string): string {
  const [first = ''] = text.split('\n', 1);
  const count = (sign: string) => first.split(sign).length;
  return [',', ';', '\t'].sort((a, b) => count(b) - count(a))[0] as string;
}

/** A list of machines with headings in its first line, as spreadsheets save it. */
export function importCsv(written: string, file: string): Imported {
  const text = written.replace(/^\u{feff}/u, '');
  const { rows, unclosed } = csvRows(text, separatorOf(text));
  const findings: Finding[] = [];
  if (unclosed !== undefined)
    findings.push(lineFinding('error', 'import.quote', {}, { file, line: unclosed }));
  const [head, ...body] = rows;
  if (!head) return { hosts: [], findings };

  const columns = head.cells.map(columnOf);
  for (const [i, heading] of head.cells.entries()) {
    const column = columns[i];
    const at = { file, line: head.line };
    if (column === undefined && heading !== '')
      findings.push(lineFinding('note', 'import.column.ignored', { heading }, at));
    else if (column !== undefined && columns.indexOf(column) < i)
      findings.push(lineFinding('error', 'import.column.twice', { heading, column }, at));
  }
  if (!columns.includes('name')) {
    const params = { headings: head.cells.join(', ') };
    findings.push(lineFinding('error', 'import.column.missing', params, { file, line: head.line }));
    return { hosts: [], findings };
  }

  const hosts: ImportedHost[] = [];
  for (const { cells, line } of body) {
    if (cells.length > columns.length)
      findings.push(
        lineFinding('error', 'import.row', { count: cells.length, columns: columns.length }, { file, line }),
      );
    const named: Partial<Record<Column, string>> = {};
    for (const [i, column] of columns.entries()) if (column && cells[i]) named[column] = cells[i];
    hosts.push(hostOfCells(named, line));
  }
  return { hosts, findings };
}
