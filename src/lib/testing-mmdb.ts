import ipaddr from 'ipaddr.js';
import { parseNetwork } from './ip.ts';

type Value = string | number | Date | { readonly [key: string]: Value } | readonly Value[];

/** An MMDB file (MaxMind DB 2.0) of IPv6 with 24-bit records: what it says of each network. */
export function mmdb(entries: Readonly<Record<string, Value>>, made: Date, kind = 'Test-Country'): Buffer {
  const root: Tree = [undefined, undefined];
  const data: Buffer[] = [];
  let length = 0;
  for (const [network, value] of Object.entries(entries)) {
    const bits = bitsOf(parseNetwork(network) as string);
    const bytes = encoded(value);
    let node = root;
    for (const bit of bits.slice(0, -1)) {
      const next = node[bit];
      const child: Tree = Array.isArray(next) ? next : [undefined, undefined];
      node[bit] = child;
      node = child;
    }
    node[bits.at(-1) as number] = length;
    data.push(bytes);
    length += bytes.length;
  }
  const nodes: Tree[] = [];
  const number = (tree: Tree): void => {
    nodes.push(tree);
    for (const side of tree) if (Array.isArray(side)) number(side);
  };
  number(root);
  const record = (side: Tree[number]) =>
    side === undefined ? nodes.length : Array.isArray(side) ? nodes.indexOf(side) : nodes.length + 16 + side;
  const tree = Buffer.alloc(nodes.length * 6);
  for (const [i, node] of nodes.entries())
    for (const [n, side] of node.entries()) tree.writeUIntBE(record(side), i * 6 + n * 3, 3);
  const metadata = encoded({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: made,
    database_type: kind,
    description: { en: 'made by a test' },
    ip_version: 6,
    languages: ['en'],
    node_count: nodes.length,
    record_size: 24,
  });
  return Buffer.concat([
    tree,
    Buffer.alloc(16),
    ...data,
    Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'),
    metadata,
  ]);
}

type Tree = [Tree | number | undefined, Tree | number | undefined];

/** IPv4 stands in the lowest 32 bits. */
function bitsOf(network: string): (0 | 1)[] {
  const [base, length] = ipaddr.parseCIDR(network);
  const bytes = base.kind() === 'ipv4' ? [...Array(12).fill(0), ...base.toByteArray()] : base.toByteArray();
  const bits = bytes.flatMap((byte: number) =>
    [7, 6, 5, 4, 3, 2, 1, 0].map((n) => ((byte >> n) & 1) as 0 | 1),
  );
  return bits.slice(0, base.kind() === 'ipv4' ? 96 + length : length);
}

function encoded(value: Value): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([head(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') return Buffer.concat([head(6, 4), uint(value, 4)]);
  if (value instanceof Date) return Buffer.concat([head(9, 6), uint(Math.floor(value.getTime() / 1000), 6)]);
  if (Array.isArray(value)) return Buffer.concat([head(11, value.length), ...value.map(encoded)]);
  const entries = Object.entries(value as { readonly [key: string]: Value });
  return Buffer.concat([head(7, entries.length), ...entries.flatMap((pair) => pair.map(encoded))]);
}

function uint(value: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
}

/** Types from 8 on have their number in a byte of their own. */
const head = (type: number, size: number): Buffer =>
  Buffer.from(type > 7 ? [size, type - 7] : [(type << 5) | size]);
