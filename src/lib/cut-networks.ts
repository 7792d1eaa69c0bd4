import ipaddr from 'ipaddr.js';

/**
 * How a network can be looked up as a file by its address alone: an IPv4 address names its /24 and an IPv6 one its /64, and what is wider or
 * narrower stands there as many of these, or of addresses.
 */

/** More files than this are not made of one network. */
const most = 4096;
const units = { ipv4: 24, ipv6: 64 } as const;

/** The file names of a network: of addresses, or of units; `undefined` when there would be too many. */
export interface NetworkFiles {
  readonly kind: 'addresses' | 'networks';
  readonly names: readonly string[];
}

/** The files that stand for a canonical CIDR block. */
export function networkFiles(network: string): NetworkFiles | undefined {
  const [base, length] = ipaddr.parseCIDR(network);
  const kind = base.kind();
  const width = kind === 'ipv4' ? 32 : 128;
  const unit = units[kind];
  const isNarrow = length > unit;
  const step = isNarrow ? width : unit;
  if (step - length > Math.log2(most)) return undefined;
  const count = 2 ** (step - length);
  const first = numberOf(base.toByteArray());
  const names = Array.from({ length: count }, (_, n) => first + (BigInt(n) << BigInt(width - step))).map(
    (value) => ipaddr.fromByteArray(bytesOf(value, width / 8)),
  );
  if (isNarrow) return { kind: 'addresses', names: names.map(String) };
  return { kind: 'networks', names: names.flatMap((each) => unitNames(each)) };
}

/** The texts that begin the addresses of a unit, as `unitPatterns` take them out. */
function unitNames(address: ipaddr.IPv4 | ipaddr.IPv6): readonly string[] {
  if (address instanceof ipaddr.IPv4) return [address.octets.slice(0, 3).join('.')];
  const groups = address.parts.slice(0, 4);
  const words = groups.map((group) => group.toString(16));
  const lastSet = groups.findLastIndex((group) => group !== 0);
  const [a = 0, b, c, d] = groups;
  return [
    `${words.join(':')}:`,
    // Zeros that go on behind them are left out together.
    ...(lastSet < 3 ? [lastSet < 0 ? '::' : `${words.slice(0, lastSet + 1).join(':')}::`] : []),
    ...(a !== 0 && b === 0 && c === 0 && d !== 0 ? [`${words[0]}::${words[3]}`] : []),
  ];
}

/** Regular expressions (PCRE) whose first group is the unit of an address, in the order in which they are tried. */
export const unitPatterns: readonly string[] = [
  '^(\\d+\\.\\d+\\.\\d+)\\.',
  '^((?:[0-9a-f]+:){4})',
  '^((?:[0-9a-f]+:){1,3}:|::)(?:[0-9a-f]+(?::[0-9a-f]+){0,3})?$',
  '^([0-9a-f]+::[0-9a-f]+)(?::[0-9a-f]+){4}$',
];

/** The unit that an address names, written as the engine has it. */
export function unitOf(address: string): string | undefined {
  for (const pattern of unitExpressions) {
    const [, unit] = pattern.exec(address) ?? [];
    if (unit !== undefined) return unit;
  }
  return undefined;
}

const unitExpressions = unitPatterns.map((pattern) => new RegExp(pattern));

function numberOf(bytes: readonly number[]): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function bytesOf(value: bigint, count: number): number[] {
  return Array.from({ length: count }, (_, n) => Number((value >> BigInt(8 * (count - 1 - n))) & 255n));
}
