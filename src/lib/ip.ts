import ipaddr from 'ipaddr.js';

/** The canonical CIDR block of an address or block as people write it (`10.0.0.7` is `10.0.0.7/32`); `undefined` if it is none. */
export function parseNetwork(text: string): string | undefined {
  const [address, bits, ...rest] = text.trim().split('/');
  if (!address || rest.length > 0 || !isAddress(address)) return undefined;
  const parsed = ipaddr.parse(address);
  const width = parsed.kind() === 'ipv4' ? 32 : 128;
  const length = bits === undefined ? width : /^\d+$/.test(bits) ? Number(bits) : Number.NaN;
  if (!(length <= width)) return undefined;
  const network =
    parsed.kind() === 'ipv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(`${address}/${length}`)
      : ipaddr.IPv6.networkAddressFromCIDR(`${address}/${length}`);
  return `${network}/${length}`;
}

/** Whether this is an IPv4 (four dotted decimals) or IPv6 address. */
export function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || (ipaddr.IPv6.isValid(text) && !text.includes('%'));
}

/** Whether an address lies in a canonical CIDR block; an IPv4 address mapped into IPv6 counts as IPv4. */
export function inNetwork(address: string, network: string): boolean {
  const parsed = ipaddr.process(address);
  const [base, bits] = ipaddr.parseCIDR(network);
  return parsed.kind() === base.kind() && parsed.match([base, bits] as never);
}

/** Whether a canonical CIDR block lies wholly in another one. */
export function contains(outer: string, inner: string): boolean {
  const [base, bits] = ipaddr.parseCIDR(outer);
  const [address, length] = ipaddr.parseCIDR(inner);
  return address.kind() === base.kind() && length >= bits && address.match([base, bits] as never);
}

/** Whether two canonical CIDR blocks share an address: then one lies in the other. */
export function overlaps(a: string, b: string): boolean {
  return contains(a, b) || contains(b, a);
}

/** What is left of canonical CIDR blocks without others, as few blocks, in order. */
export function without(blocks: readonly string[], removed: readonly string[]): readonly string[] {
  return blocks.flatMap((block) => {
    if (removed.some((other) => contains(other, block))) return [];
    if (!removed.some((other) => contains(block, other))) return [block];
    return without(halves(block), removed);
  });
}

/** The two halves of a CIDR block that holds more than one address. */
function halves(block: string): readonly string[] {
  const [base, bits] = ipaddr.parseCIDR(block);
  const upper = base.toByteArray();
  const byte = Math.floor(bits / 8);
  upper[byte] = (upper[byte] ?? 0) | (0x80 >> (bits % 8));
  return [base, ipaddr.fromByteArray(upper)].map((half) => `${half}/${bits + 1}`);
}

/** Whether an address never leaves its machine (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3). */
export function isLoopback(address: string): boolean {
  return isAddress(address) && ipaddr.process(address).range() === 'loopback';
}

/** Blocks that are not routed on the internet (RFC 1122, 1918, 3927, 6598; RFC 4193, 4291). */
export const privateBlocks: readonly string[] = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
];

/** Whether no address of a canonical CIDR block is routed on the internet. */
export function isPrivate(network: string): boolean {
  return privateBlocks.some((block) => contains(block, network));
}

/** A canonical CIDR block as people write it: a single address without its `/32` or `/128`. */
export function networkText(network: string): string {
  return network.replace(/^([\d.]+)\/32$|^([\da-f:.]*:[\da-f:.]*)\/128$/, '$1$2');
}
