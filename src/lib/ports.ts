import type { PortRange } from '../model/expectation.ts';

/**
 * The TCP ports on which something is usually found when it was not meant to be: all below 1025, then what databases,
 * caches, queues, remote desktops, container and cluster managers, development servers and consoles listen on by default.
 */
export const commonPorts: readonly PortRange[] = [
  [1, 1024],
  ...[
    1080, 1194, 1433, 1521, 1723, 1883, 2049, 2181, 2222, 2376, 2379, 2380, 3000, 3001, 3128, 3268, 3269,
  ].map(one),
  ...[
    3306, 3389, 3690, 4200, 4369, 4443, 4444, 4505, 4506, 4848, 5000, 5001, 5060, 5061, 5173, 5222, 5269,
  ].map(one),
  ...[
    5353, 5432, 5555, 5601, 5671, 5672, 5984, 5985, 5986, 6000, 6379, 6443, 6667, 7000, 7001, 7077, 7474,
  ].map(one),
  ...[7687, 8000, 8001, 8006, 8008, 8069, 8072, 8123, 8140, 8200, 8291, 8300, 8428, 8443, 8500, 8554].map(
    one,
  ),
  ...[8600, 8787, 8834, 8983, 9000, 9001, 9042, 9090, 9091, 9092, 9093, 9100, 9160, 9200, 9300, 9418].map(
    one,
  ),
  ...[9443, 9999, 10000, 10050, 10051, 10250, 10255, 10443, 11211, 11434, 15672, 16509, 19999, 25565].map(
    one,
  ),
  ...[26257, 27017, 27018, 28017, 32400, 50000, 50070, 51413, 61616].map(one),
  [2375, 2375],
  [5900, 5910],
  [8080, 8090],
  [8880, 8889],
];

/** Every TCP port there is. */
export const allPorts: readonly PortRange[] = [[1, 65_535]];

/** One port as a range. */
function one(port: number): PortRange {
  return [port, port];
}

/** The ports of ranges, each once, in ascending order. */
export function portsOf(ranges: readonly PortRange[]): readonly number[] {
  const ports = new Set<number>();
  for (const [first, last] of ranges) for (let port = first; port <= last; port++) ports.add(port);
  return [...ports].sort((a, b) => a - b);
}

/** Ascending ports as the fewest ranges that hold them and no others. */
export function rangesOf(ports: readonly number[]): readonly PortRange[] {
  const ranges: [number, number][] = [];
  for (const port of ports) {
    const last = ranges.at(-1);
    if (last && port === last[1] + 1) last[1] = port;
    else ranges.push([port, port]);
  }
  return ranges;
}

/** Ascending ports as people write them, `1-1024, 3306`; after the `most`th range only how many there are in all. */
export function portsText(ports: readonly number[], most = Number.POSITIVE_INFINITY): string {
  const ranges = rangesOf(ports).map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
  if (ranges.length <= most) return ranges.join(', ');
  return `${ranges.slice(0, most).join(', ')}, … (${ports.length})`;
}
