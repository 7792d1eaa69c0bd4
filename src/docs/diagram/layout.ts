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

/** A line with right angles, and an arrow's head at its end. */
export interface Wire {
  readonly direction: Link['direction'];
  readonly points: readonly Point[];
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
/** How far below a box's top its wires arrive, and what the gateway asks for leaves; never at the same height. */
const wireAt = 19;
const asksAt = 44;

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
  const middle = columns.findIndex(({ side }) => side === 'middle');
  const linkOf = new Map(graph.links.map((link) => [link.node, link]));
  const { lefts, lanes, width } = guttersOf(columns, middle, linkOf);

  const isOverhead = room(columns.slice(middle + 2), linkOf, isOut) > 0;
  const ground = top + (isOverhead ? 26 : 0);
  const panels: PlacedPanel[] = [];
  const spots = new Map<Node, PlacedNode>();
  let bottom = ground;
  columns.forEach(({ side, panels: stacked }, i) => {
    let y = ground;
    for (const panel of stacked) {
      const placed = placePanel(panel, side, lefts[i] as number, y, words, spots);
      panels.push(placed);
      y += placed.height + gap;
    }
    bottom = Math.max(bottom, y - gap);
  });

  const ways: Ways = {
    gateway: spots.get(graph.gateway) as PlacedNode,
    middle,
    lanes,
    over: top + 4,
    under: bottom + 22,
  };
  const wires: Wire[] = [];
  const labels: Label[] = [];
  columns.forEach(({ panels: stacked }, column) => {
    for (const node of stacked.flatMap(({ nodes }) => nodes)) {
      const link = linkOf.get(node);
      const spot = spots.get(node);
      if (!link || !spot) continue;
      const reasons = [...new Set(link.reasons.map((reason) => say(language, reason)))];
      const points = link.direction === 'in' ? wayIn(ways, spot, column) : wayOut(ways, spot, column);
      wires.push({ direction: link.direction, points, reasons });
      const end = (link.direction === 'in' ? points[0] : points.at(-1)) as Point;
      labels.push(labelOf(link, spot, end));
    }
  });
  const isUnderfoot = room(columns.slice(middle + 2), linkOf, isIn) > 0;
  return { width, height: (isUnderfoot ? ways.under : bottom) + margin, panels, wires, labels };
}

const isIn = (link: Link) => link.direction === 'in';
const isOut = (link: Link) => link.direction !== 'in';

/** The width that the labels of some of the links of columns need; nothing when there are none. */
function room(
  columns: readonly Column[],
  linkOf: ReadonlyMap<Node, Link>,
  want: (l: Link) => boolean,
): number {
  const nodes = columns.flatMap(({ panels }) => panels).flatMap((panel) => panel.nodes);
  const links = nodes.flatMap((node) => linkOf.get(node) ?? []).filter(want);
  return Math.max(0, ...links.map((link) => labelWidth(link) + 4));
}

/** Where wires run up and down in the gutter at the left of a column. */
interface Lanes {
  readonly in: number;
  readonly out: number;
}

/**
 * The left edge of each column, and the lanes before it. From left to right, a gutter has room for the labels of the
 * column before, the lanes, and the labels of the column after.
 */
function guttersOf(
  columns: readonly Column[],
  middle: number,
  linkOf: ReadonlyMap<Node, Link>,
): { lefts: number[]; lanes: Lanes[]; width: number } {
  // When nothing comes from outside, the visitors of the gateway's own zone still need a way round.
  const entry = middle === 0 ? room(columns.slice(0, 1), linkOf, isIn) : 0;
  const lefts = [margin + (entry > 0 ? entry + gap : 0)];
  const lanes: Lanes[] = [{ in: margin, out: margin }];
  let x = (lefts[0] as number) + panelWidth;
  columns.slice(1).forEach((column, n) => {
    const i = n + 1;
    const isEntry = i <= middle;
    const before = i > middle + 1 ? 0 : room([columns[n] as Column], linkOf, isEntry ? isIn : isOut);
    const after = room([column], linkOf, isEntry ? isIn : () => true);
    const first = x + gap + before + gap;
    const lane = { in: first, out: isEntry ? first : first + gap };
    lanes.push(lane);
    lefts.push(lane.out + gap + after + gap);
    x = lane.out + gap + after + gap + panelWidth;
  });
  // Machines of the gateway's own zone are reached from its right, even when no zone follows.
  const own = middle === columns.length - 1 ? room(columns.slice(middle), linkOf, isOut) : 0;
  if (own > 0) {
    x += gap + own + gap;
    lanes.push({ in: x, out: x });
  }
  return { lefts, lanes, width: x + margin };
}

/** What every wire needs to find its way. */
interface Ways {
  readonly gateway: Box;
  readonly middle: number;
  readonly lanes: readonly Lanes[];
  readonly over: number;
  readonly under: number;
}

function wayIn({ gateway, middle, lanes, under }: Ways, spot: Box, column: number): Point[] {
  const y = spot.y + wireAt;
  const door = gateway.y + wireAt;
  if (column <= middle) {
    const edge = column < middle ? spot.x + spot.width : spot.x;
    const lane = (lanes[middle] as Lanes).in;
    return [
      [edge, y],
      [lane, y],
      [lane, door],
      [gateway.x, door],
    ];
  }
  const own = (lanes[column] as Lanes).in;
  const last = (lanes[middle + 1] as Lanes).in;
  const detour: Point[] =
    column > middle + 1
      ? [
          [own, under],
          [last, under],
        ]
      : [];
  return [[spot.x, y], [own, y], ...detour, [last, door], [gateway.x + gateway.width, door]];
}

function wayOut({ gateway, middle, lanes, over }: Ways, spot: Box, column: number): Point[] {
  const y = spot.y + wireAt;
  const door = gateway.y + asksAt;
  const first = (lanes[middle + 1] as Lanes).out;
  const start: Point[] = [
    [gateway.x + gateway.width, door],
    [first, door],
  ];
  if (column === middle) return [...start, [first, y], [spot.x + spot.width, y]];
  const own = (lanes[column] as Lanes).out;
  const detour: Point[] =
    column > middle + 1
      ? [
          [first, over],
          [own, over],
        ]
      : [];
  return [...start, ...detour, [own, y], [spot.x, y]];
}

/** The label stands over the end of the wire that is not the gateway's, outside of the panel. */
function labelOf(link: Link, spot: Box, [end, y]: Point): Label {
  const width = labelWidth(link);
  const x = end > spot.x ? end + inset + 6 : end - inset - 6 - width;
  const text: Text = {
    text: portText(link),
    x: x + 4,
    y: y - 6,
    size: portSize,
    font: 'mono',
    tone: 'plain',
  };
  return { x, y: y - 17, width, height: 14, direction: link.direction, text };
}

function labelWidth(link: Link): number {
  return textWidth(portText(link), portSize, 'mono') + 8;
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
  const height = Math.max(at - y + 13, node.kind === 'gateway' ? asksAt + 15 : 38);
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
