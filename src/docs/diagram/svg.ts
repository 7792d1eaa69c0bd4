import { translate } from '../../i18n/index.ts';
import { clean, xml } from '../../lib/escape.ts';
import type { Language } from '../../model/site.ts';
import type { Perimeter } from '../perimeter.ts';
import { graphOf } from './graph.ts';
import {
  type Box,
  type Label,
  layoutOf,
  type PlacedNode,
  type PlacedPanel,
  type Text,
  type Wire,
} from './layout.ts';
import { textWidth } from './text.ts';

/** Colours by day and by night; whoever prints gets the day's. */
const palettes = {
  light: {
    page: '#ffffff',
    ink: '#17202c',
    muted: '#5b6876',
    box: '#ffffff',
    line: '#c3ccd6',
    outside: ['#fdf3f0', '#c2512e'],
    middle: ['#fdf8e7', '#b58900'],
    inside: ['#eff7f2', '#2f855a'],
    gateway: ['#1d3557', '#ffffff', '#c7d5e8'],
    in: '#2563c9',
    out: '#23774f',
    local: '#7a8794',
  },
  dark: {
    page: '#12171e',
    ink: '#e8edf3',
    muted: '#9fabb8',
    box: '#1c242e',
    line: '#3d4a58',
    outside: ['#26191a', '#e58a6b'],
    middle: ['#262213', '#dcb74a'],
    inside: ['#15241c', '#69bd8d'],
    gateway: ['#cfe0f7', '#12233c', '#3c516e'],
    in: '#7aa9f7',
    out: '#6cc497',
    local: '#8794a2',
  },
} as const;

/** The style of a diagram; every class begins with `pd-`, so that it can stand in a page. */
export function diagramStyle(): string {
  return [
    '.pd text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif}',
    '.pd .pd-mono{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace}',
    '.pd .pd-bold{font-weight:600}',
    '.pd .pd-caption{letter-spacing:.06em}',
    '.pd .pd-wire{fill:none;stroke-width:1.6;stroke-linejoin:round}',
    '.pd .pd-local.pd-wire{stroke-dasharray:5 4}',
    '.pd rect{print-color-adjust:exact;-webkit-print-color-adjust:exact}',
    colours('light'),
    `@media screen and (prefers-color-scheme:dark){${colours('dark')}}`,
  ].join('\n');
}

function colours(of: keyof typeof palettes): string {
  const p = palettes[of];
  const rules = [
    `.pd .pd-page{fill:${p.page}}`,
    `.pd text{fill:${p.ink}}`,
    `.pd .pd-muted{fill:${p.muted}}`,
    `.pd .pd-caption{fill:${p.muted}}`,
    `.pd .pd-box{fill:${p.box};stroke:${p.line}}`,
    `.pd .pd-address{stroke-dasharray:4 3}`,
    `.pd .pd-person{fill:none;stroke:${p.in};stroke-width:1.6}`,
    `.pd .pd-ground{fill:${p.page};opacity:.9}`,
    `.pd .pd-gateway{fill:${p.gateway[0]};stroke:${p.gateway[0]}}`,
    `.pd .pd-of-gateway text{fill:${p.gateway[1]}}`,
    `.pd .pd-of-gateway .pd-muted,.pd .pd-of-gateway .pd-caption{fill:${p.gateway[2]}}`,
  ];
  for (const side of ['outside', 'middle', 'inside'] as const)
    rules.push(
      `.pd .pd-${side}{fill:${p[side][0]};stroke:${p[side][1]};stroke-opacity:.35}`,
      `.pd .pd-bar-${side}{fill:${p[side][1]}}`,
    );
  for (const direction of ['in', 'out', 'local'] as const)
    rules.push(
      `.pd .pd-${direction}.pd-wire{stroke:${p[direction]}}`,
      `.pd .pd-${direction}.pd-head{fill:${p[direction]}}`,
      `.pd text.pd-port-${direction}{fill:${p[direction]}}`,
    );
  return rules.join('\n');
}

/**
 * The diagram of a perimeter as SVG. `standalone` is a file of its own, with its style and heading; otherwise it is a
 * part of a page that has both.
 */
export function diagramSvg(perimeter: Perimeter, language: Language, standalone: boolean): string {
  const t = (code: Parameters<typeof translate>[1], params = {}) => translate(language, code, params);
  const heading = t('docs.title', { site: perimeter.site });
  const { width, height, panels, wires, labels } = layoutOf(
    graphOf(perimeter),
    language,
    standalone ? 66 : 24,
  );
  const legend = legendOf(t, height, wires);
  const whole = Math.max(width, legend.width, standalone ? 48 + textWidth(clean(heading), 20, 'bold') : 0);
  const tall = height + legend.height;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="pd" width="${whole}" height="${tall}" viewBox="0 0 ${whole} ${tall}" role="img" aria-label="${xml(heading)}">`,
    ...(standalone ? [`<style>\n${diagramStyle()}\n</style>`] : []),
    `<rect class="pd-page" width="${whole}" height="${tall}"/>`,
    ...(standalone ? [`<text class="pd-bold" x="24" y="40" font-size="20">${xml(heading)}</text>`] : []),
    ...panels.map(panelSvg),
    ...drawOrder(wires).map(wireSvg),
    ...panels.flatMap(({ nodes }) => nodes.map(nodeSvg)),
    ...wires.map(headSvg),
    ...labels.map(labelSvg),
    ...legend.lines,
    '</svg>',
    '',
  ].join('\n');
}

function panelSvg({ side, implied, texts, ...box }: PlacedPanel): string {
  return [
    `<g>${rect(box, `pd-${side}`, 8, implied ? ' stroke-dasharray="6 4"' : '')}`,
    `<rect class="pd-bar-${side}" x="${box.x}" y="${box.y + 12}" width="3" height="18"/>`,
    ...texts.map((text) => textSvg(text)),
    '</g>',
  ].join('\n');
}

function nodeSvg({ kind, texts, ...box }: PlacedNode): string {
  const parts = [
    rect(box, kind === 'gateway' ? 'pd-gateway' : `pd-box${kind === 'address' ? ' pd-address' : ''}`, 6),
  ];
  if (kind === 'visitors') {
    const [x, y] = [box.x + 18, box.y + 14];
    parts.push(`<circle class="pd-person" cx="${x}" cy="${y}" r="4"/>`);
    parts.push(`<path class="pd-person" d="M${x - 7} ${y + 14}a7 7 0 0 1 14 0"/>`);
  }
  parts.push(...texts.map((text) => textSvg(text)));
  return `<g${kind === 'gateway' ? ' class="pd-of-gateway"' : ''}>${parts.join('\n')}</g>`;
}

/** What goes out is drawn over what comes in. */
function drawOrder(wires: readonly Wire[]): readonly Wire[] {
  const rank = { in: 0, local: 1, out: 2 };
  return [...wires].sort((a, b) => rank[a.direction] - rank[b.direction]);
}

function wireSvg({ points, direction, reasons }: Wire): string {
  const d = points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x} ${y}`).join('');
  const title = reasons.length > 0 ? `<title>${xml(reasons.join(' · '))}</title>` : '';
  return `<path class="pd-wire pd-${direction}" d="${d}">${title}</path>`;
}

function headSvg({ points, direction }: Wire): string {
  const [x, y] = points.at(-1) as readonly [number, number];
  const back = (points.at(-2)?.[0] ?? 0) < x ? -8 : 8;
  return `<path class="pd-head pd-${direction}" d="M${x} ${y}l${back} -4v8z"/>`;
}

function labelSvg({ text, direction, ...box }: Label): string {
  return `${rect(box, 'pd-ground', 3)}${textSvg(text, `pd-port-${direction}`)}`;
}

function legendOf(
  t: (code: Parameters<typeof translate>[1]) => string,
  y: number,
  wires: readonly Wire[],
): { lines: string[]; width: number; height: number } {
  const lines: string[] = [];
  let x = 24;
  for (const direction of ['in', 'out', 'local'] as const) {
    if (!wires.some((wire) => wire.direction === direction)) continue;
    const label = t(`docs.legend.${direction}`);
    lines.push(`<path class="pd-wire pd-${direction}" d="M${x} ${y + 4}h28"/>`);
    lines.push(`<path class="pd-head pd-${direction}" d="M${x + 34} ${y + 4}l-8 -4v8z"/>`);
    lines.push(`<text class="pd-muted" x="${x + 42}" y="${y + 8}" font-size="12">${xml(label)}</text>`);
    x += 42 + textWidth(label, 12, 'sans') + 24;
  }
  return { lines, width: x, height: lines.length > 0 ? 28 : 0 };
}

function rect({ x, y, width, height }: Box, name: string, radius: number, more = ''): string {
  return `<rect class="${name}" x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}"${more}/>`;
}

function textSvg({ text, whole, x, y, size, font, tone }: Text, extra = ''): string {
  const names = [
    font === 'sans' ? '' : `pd-${font}`,
    tone === 'muted' || tone === 'caption' ? `pd-${tone}` : '',
    extra,
  ];
  const name = names.filter((n) => n !== '').join(' ');
  const title = whole === undefined ? '' : `<title>${xml(whole)}</title>`;
  return `<text${name ? ` class="${name}"` : ''} x="${x}" y="${y}" font-size="${size}">${title}${xml(text)}</text>`;
}
