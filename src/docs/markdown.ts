import { translate } from '../i18n/index.ts';
import { mailto, markdown } from '../lib/escape.ts';
import type { Language } from '../model/site.ts';
import type { Perimeter } from './perimeter.ts';
import { type Cell, type Inline, originText, sectionsOf, type Table } from './sections.ts';

/** The document as Markdown, for a wiki or a repository; `diagram` is the file name of the diagram beside it. */
export function perimeterMarkdown(perimeter: Perimeter, language: Language, diagram: string): string {
  const heading = translate(language, 'docs.title', { site: perimeter.site });
  const parts = [`# ${markdown(heading)}`, markdown(originText(perimeter, language))];
  parts.push(`![${markdown(translate(language, 'docs.diagram'))}](${encodeURIComponent(diagram)})`);
  for (const { title, intro, tables, notes } of sectionsOf(perimeter, language)) {
    parts.push(`## ${markdown(title)}`, markdown(intro));
    for (const table of tables) {
      if (table.title !== undefined) parts.push(`### ${markdown(table.title)}`);
      parts.push(tableText(table));
    }
    parts.push(...notes.map(markdown));
  }
  return `${parts.join('\n\n')}\n`;
}

function tableText({ head, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(head.map(markdown)),
    line(head.map(() => '---')),
    ...rows.map((row) => line(row.map(cellText))),
  ].join('\n');
}

/** A table's row is one line; `<br>` is the only tag that this writer knows. */
function cellText(cell: Cell): string {
  return cell.map((inlines) => inlines.map(inlineText).join('')).join('<br>');
}

function inlineText({ text, style, mail }: Inline): string {
  const safe = markdown(text);
  if (mail) return `[${safe}](${mailto(text).replace(/[()]/g, encodeParenthesis)})`;
  if (safe.trim() === '') return safe;
  if (style === 'strong') return `**${safe}**`;
  // Backticks would show the escapes, so code is only what needs none.
  return style === 'code' && safe === text ? `\`${safe}\`` : safe;
}

function encodeParenthesis(character: string): string {
  return character === '(' ? '%28' : '%29';
}
