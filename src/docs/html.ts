import { translate } from '../i18n/index.ts';
import { mailto, xml } from '../lib/escape.ts';
import { htmlPage, type Sibling } from '../lib/page.ts';
import type { Language } from '../model/site.ts';
import { diagramStyle, diagramSvg } from './diagram/svg.ts';
import type { Perimeter } from './perimeter.ts';
import { type Cell, type Inline, originText, type Section, sectionsOf, type Table } from './sections.ts';

/** The document as one page that needs nothing else: no script, no other file, readable on paper and at night. */
export function perimeterHtml(
  perimeter: Perimeter,
  language: Language,
  siblings: readonly Sibling[],
): string {
  const heading = translate(language, 'docs.title', { site: perimeter.site });
  const diagram = translate(language, 'docs.diagram');
  const sections = sectionsOf(perimeter, language);
  const entries = [{ id: 'diagram', title: diagram }, ...sections];
  const style = diagramStyle();
  const origin = originText(perimeter, language);
  return htmlPage(
    { language, title: heading, origin, style, entries, siblings },
    `<section id="diagram">
<h2>${xml(diagram)}</h2>
<p>${xml(translate(language, 'docs.diagram.intro'))}</p>
<figure>
${diagramSvg(perimeter, language, false)}</figure>
</section>
${sections.map(sectionHtml).join('\n')}`,
  );
}

function sectionHtml({ id, title, intro, tables, notes }: Section): string {
  return [
    `<section id="${id}">`,
    `<h2>${xml(title)}</h2>`,
    `<p>${xml(intro)}</p>`,
    ...tables.flatMap((table) => [
      ...(table.title === undefined ? [] : [`<h3>${xml(table.title)}</h3>`]),
      tableHtml(table),
    ]),
    ...notes.map((note) => `<p class="note">${xml(note)}</p>`),
    '</section>',
  ].join('\n');
}

function tableHtml({ head, rows }: Table): string {
  return [
    '<div class="table"><table>',
    `<thead><tr>${head.map((text) => `<th scope="col">${xml(text)}</th>`).join('')}</tr></thead>`,
    '<tbody>',
    ...rows.map((row) => `<tr>${row.map((cell) => `<td>${cellHtml(cell)}</td>`).join('')}</tr>`),
    '</tbody>',
    '</table></div>',
  ].join('\n');
}

function cellHtml(cell: Cell): string {
  return cell.map((inlines) => `<div>${inlines.map(inlineHtml).join('')}</div>`).join('');
}

function inlineHtml({ text, style, mail }: Inline): string {
  const safe = xml(text);
  if (mail) return `<a href="${xml(mailto(text))}">${safe}</a>`;
  if (style === 'strong') return `<strong>${safe}</strong>`;
  if (style === 'code') return `<code>${safe}</code>`;
  return style === 'muted' ? `<small>${safe}</small>` : safe;
}
