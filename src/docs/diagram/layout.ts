import { say } from '../../i18n/index.ts';
import type { Language } from '../../model/site.ts';
import type { Graph, Line, Link, Node, Panel } from './graph.ts';
import { type Font, fitText, textWidth } from './text.ts';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A text where it stands: `x` and the baseline `y`. */
export interface Text {
  readonly text: string;
  /** The whole of it, when it had to be shortened. */
  readonly whole?: string;
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly font: Font;
  readonly tone: 'title' | 'plain' | 'muted' | 'caption';
}

export interface PlacedNode extends Box {
  readonly kind: Node['kind'];
  readonly texts: readonly Text[];
}

export interface PlacedPanel extends Box {
  readonly side: 'outside' | 'middle' | 'inside';
  readonly implied: boolean;
  readonly texts: readonly Text[];
  readonly nodes: readonly PlacedNode[];
}

type Point = readonly [x: number, y: number];

/** A line with right angles. `arrow`: it ends in a head. */
export interface Wire {
  readonly direction: Link['direction'];
  readonly points: readonly Point[];
  readonly arrow: boolean;
  readonly reasons: readonly string[];
}

/** The ports of a wire, on a ground that hides what is below. */
export interface Label extends Box {
  readonly text: Text;
  readonly direction: Link['direction'];
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly panels: readonly PlacedPanel[];
  readonly wires: readonly Wire[];
  readonly labels: readonly Label[];
}

const nodeWidth = 236;
const inset = 14;
const panelWidth = nodeWidth + 2 * inset;
const gap = 14;
const margin = 24;
const portSize = 11;
/** Behind the gateway, zones stand below each other until a column is about this long, side by side in so many columns. */
const columnHeight = 900;
const mostColumns = 3;
/** Words that head a part of the gateway's box. */
const captions: readonly string[] = ['docs.diagram.publishes', 'docs.diagram.local'];
/** How far below a box's top its wires arrive; what the gateway answers for arrives below what it asks for. */
const wireAt = 19;
const answersAt = 37;

interface Column {
  readonly side: PlacedPanel['side'];
  readonly panels: readonly Panel[];
}

/**
 * Where everything stands. Every flow has the gateway at one end, so the wires are two trees: what comes in gathers on
 * the gateway's left (from behind it, below everything), what goes out leaves on its right (to further columns, above
 * everything). Each kind of wire and each label has a lane of its own, so that no label can meet another.
 */
export function layoutOf(graph: Graph, language: Language, top: number): Layout {
  const words = (line: Line) =>
    typeof line === 'string' ? line : 'address' in line ? line.address : say(language, line);
  const columns = columnsOf(graph, words);
  const linkOf = new Map(graph.links.map((link) => [link.node, link]));
  const room = (panels: readonly Panel[], want: (link: Link) => boolean) => {
    const shown = panels.flatMap(({ nodes }) => nodes.flatMap((node) => linkOf.get(node) ?? [])).filter(want);
    return Math.max(0, ...shown.map((link) => textWidth(portText(link), portSize, 'mono') + 12));
  };
  const middle = columns.findIndex(({ side }) => side === 'middle');
  const has = (direction: (l: Link) => boolean, panels: readonly Panel[]) => room(panels, direction) > 0;
  const isIn = (l: Link) => l.direction === 'in';
  const isOut = (l: Link) => l.direction !== 'in';
  const overhead = has(
    isOut,
    columns.slice(middle + 2).flatMap(({ panels }) => panels),
  )
    ? 26
    : 0;

  // Left to right: each gutter has room for the labels at its left, the two lanes, and the labels at its right.
  const lefts: number[] = [];
  const lanes: { in: number; out: number }[] = [];
  let x = margin;
  columns.forEach(({ panels }, i) => {
    const previous = columns[i - 1]?.panels ?? [];
    if (i > 0) {
      const entering = i <= middle;
      const before = entering ? room(previous, isIn) : i === middle + 1 ? room(previous, isOut) : 0;
      const after = entering ? room(panels, isIn) : room(panels, () => true);
      const start = x + gap + before;
      lanes[i] = { in: start + gap, out: start + (entering ? gap : 2 * gap) };
      x = (lanes[i] as { out: number }).out + gap + after + gap;
    }
    lefts[i] = x;
    x += panelWidth;
  });
  // Machines of the gateway's own zone are reached from its right, even when no zone follows.
  const lastLanes = { in: x + gap + room(graph.middle ? [graph.middle] : [], isOut) + gap, out: 0 };
  lastLanes.out = lastLanes.in;
  const own = middle === columns.length - 1 && has(isOut, [graph.middle]);
  const width = (own ? lastLanes.out : x) + margin;

  const panels: PlacedPanel[] = [];
  const spots = new Map<Node, PlacedNode>();
  let bottom = top + overhead;
  columns.forEach(({ side, panels: stacked }, i) => {
    let y = top + overhead;
    for (const panel of stacked) {
      const placed = placePanel(panel, side, lefts[i] as number, y, words, spots);
      panels.push(placed);
      y += placed.height + gap;
    }
    bottom = Math.max(bottom, y - gap);
  });

  const gateway = spots.get(graph.gateway) as PlacedNode;
  const wires: Wire[] = [];
  const labels: Label[] = [];
  const right = lanes[middle + 1] ?? lastLanes;
  const left = lanes[middle] ?? { in: (lefts[middle] as number) - gap, out: 0 };
  const underfoot = bottom + 22;
  let lowest = bottom;
  columns.forEach(({ panels: stacked }, i) => {
    for (const node of stacked.flatMap(({ nodes }) => nodes)) {
      const link = linkOf.get(node);
      const spot = spots.get(node);
      if (!link || !spot) continue;
      const y = spot.y + wireAt;
      const isFar = i > middle + 1;
      const lane = lanes[i] ?? { in: 0, out: 0 };
      let points: Point[];
      let labelX: number;
      const wide = textWidth(portText(link), portSize, 'mono') + 8;
      if (link.direction === 'in') {
        const goal: Point = [gateway.x, gateway.y + wireAt];
        const answer: Point = [gateway.x + gateway.width, gateway.y + answersAt];
        if (i <= middle) {
          const edge: Point = i < middle ? [spot.x + spot.width, y] : [spot.x, y];
          points = [edge, [left.in, y], [left.in, goal[1]], goal];
          labelX = i < middle ? spot.x + spot.width + inset + 6 : spot.x - inset - 6 - wide;
        } else {
          const way: Point[] = isFar
            ? [
                [lane.in, underfoot],
                [right.in, underfoot],
              ]
            : [];
          if (isFar) lowest = underfoot;
          points = [[spot.x, y], [lane.in, y], ...way, [right.in, answer[1]], answer];
          labelX = spot.x - inset - 6 - wide;
        }
      } else {
        const start: Point = [gateway.x + gateway.width, gateway.y + wireAt];
        if (i === middle) {
          points = [start, [right.out, start[1]], [right.out, y], [spot.x + spot.width, y]];
          labelX = spot.x + spot.width + inset + 6;
        } else {
          const over = top + 4;
          const way: Point[] = isFar
            ? [
                [right.out, over],
                [lane.out, over],
              ]
            : [];
          points = [start, [right.out, start[1]], ...way, [lane.out, y], [spot.x, y]];
          labelX = spot.x - inset - 6 - wide;
        }
      }
      wires.push({
        direction: link.direction,
        points,
        arrow: true,
        reasons: distinct(link.reasons.map((r) => say(language, r))),
      });
      labels.push({
        x: labelX,
        y: y - 17,
        width: wide,
        height: 14,
        direction: link.direction,
        text: { text: portText(link), x: labelX + 4, y: y - 6, size: portSize, font: 'mono', tone: 'plain' },
      });
    }
  });
  return { width, height: lowest + margin, panels, wires, labels };
}

/** Ports as the diagram shows them; the table of flows has them all. */
export function portText({ ports }: Link): string {
  return ports.length > 4 ? `${ports.slice(0, 3).join(' ')} …` : ports.join(' ');
}

/** From the internet to the inside. */
function columnsOf(graph: Graph, words: (line: Line) => string): Column[] {
  const columns: Column[] = [];
  if (graph.outside.length > 0) columns.push({ side: 'outside', panels: graph.outside });
  columns.push({ side: 'middle', panels: [graph.middle] });
  const heights = graph.inside.map((p) => placePanel(p, 'inside', 0, 0, words, new Map()).height + gap);
  const whole = heights.reduce((sum, height) => sum + height, 0);
  const share = whole / Math.min(mostColumns, graph.inside.length, Math.ceil(whole / columnHeight));
  let before = 0;
  const inside: Panel[][] = [];
  graph.inside.forEach((panel, i) => {
    const height = heights[i] as number;
    // By its middle, so that the order of the description is kept and the columns end at about the same height.
    const column = Math.floor((before + height / 2) / share);
    inside[column] = [...(inside[column] ?? []), panel];
    before += height;
  });
  const filled = inside.filter((panels) => panels !== undefined);
  return [...columns, ...filled.map((panels) => ({ side: 'inside' as const, panels }))];
}

function placePanel(
  panel: Panel,
  side: PlacedPanel['side'],
  x: number,
  y: number,
  words: (line: Line) => string,
  spots: Map<Node, PlacedNode>,
): PlacedPanel {
  const texts: Text[] = [];
  let at = y + 25;
  texts.push(text(words(panel.title), x + inset, at, 13, 'bold', 'title'));
  const shown = panel.networks.length > 3 ? [...panel.networks.slice(0, 2), '…'] : panel.networks;
  for (const network of shown) {
    at += 15;
    texts.push(text(network, x + inset, at, 11, 'mono', 'muted'));
  }
  at += 12;
  const nodes = panel.nodes.map((node) => {
    const placed = placeNode(node, x + inset, at, words);
    spots.set(node, placed);
    at += placed.height + gap;
    return placed;
  });
  const height = nodes.length > 0 ? at - y : at - y + 4;
  return { side, implied: panel.implied, x, y, width: panelWidth, height, texts, nodes };
}

function placeNode(node: Node, x: number, y: number, words: (line: Line) => string): PlacedNode {
  const texts: Text[] = [];
  const indent = node.kind === 'visitors' ? 34 : 12;
  let at = y + 23;
  const isAddress = typeof node.title === 'string' && /[:/]|^[\d.]+$/.test(node.title);
  texts.push(text(words(node.title), x + indent, at, 13, isAddress ? 'mono' : 'bold', 'title', indent));
  if (node.address !== undefined && node.address !== node.title) {
    at += 16;
    texts.push(text(node.address, x + indent, at, 11, 'mono', 'muted', indent));
  }
  for (const line of node.lines) {
    const isAddressLine = typeof line !== 'string' && 'address' in line;
    const isWord = typeof line !== 'string' && 'code' in line;
    const isCaption = isWord && captions.includes(line.code);
    at += isCaption ? 22 : isAddressLine ? 15 : 17;
    const size = isCaption ? 10 : isAddressLine ? 11 : 12;
    const tone = isCaption ? 'caption' : isWord || isAddressLine ? 'muted' : 'plain';
    texts.push(text(words(line), x + indent, at, size, isAddressLine ? 'mono' : 'sans', tone, indent));
  }
  // A gateway has two wires on its right.
  const height = Math.max(at - y + 13, node.kind === 'gateway' ? answersAt + 15 : 38);
  return { kind: node.kind, x, y, width: nodeWidth, height, texts };
}

function text(
  whole: string,
  x: number,
  y: number,
  size: number,
  font: Font,
  tone: Text['tone'],
  indent = 0,
): Text {
  const shown = fitText(whole, nodeWidth - indent - (indent > 0 ? 10 : 0), size, font);
  return { text: shown, ...(shown === whole ? {} : { whole }), x, y, size, font, tone };
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
