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
