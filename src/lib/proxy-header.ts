import { isAddress } from './ip.ts';

/** The two ends of a TCP connection, as Node's sockets tell them. */
export interface Ends {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/** The PROXY protocol version 1 header (haproxy's proxy-protocol.txt, §2.1) with the connection's true addresses. */
export function proxyHeader({ localAddress = '', localPort, remoteAddress = '', remotePort }: Ends): string {
  const from = unmapped(localAddress);
  const to = unmapped(remoteAddress);
  if (![from, to].every(isAddress) || from.includes(':') !== to.includes(':')) return 'PROXY UNKNOWN\r\n';
  const family = from.includes(':') ? 'TCP6' : 'TCP4';
  return `PROXY ${family} ${from} ${to} ${localPort} ${remotePort}\r\n`;
}

/** An IPv4 address mapped into IPv6 is the IPv4 one, and a scope (fe80::1%eth0) is this machine's own affair. */
export function unmapped(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
}
