import { isIP } from 'node:net';
import { isBelow } from '../../lib/authority.ts';
import { contains, parseNetwork } from '../../lib/ip.ts';
import type { AuthorityPolicy } from '../../model/authority.ts';

type Limits = Pick<AuthorityPolicy, 'names' | 'networks'>;

/** The first of these names (DNS names, also with `*.`, and addresses) that a policy does not let the authority sign. */
export function forbidden({ names, networks }: Limits, wanted: readonly string[]): string | undefined {
  return wanted.find((name) => {
    const address = isIP(name) ? parseNetwork(name) : undefined;
    if (address !== undefined) return !networks.some((network) => contains(network, address));
    return !names.some((suffix) => isBelow(name, suffix));
  });
}

const sequence = 0x30;
const permitted = 0xa0;
const excluded = 0xa1;
const dnsName = 0x82;
const ipAddress = 0x87;

/**
 * The value of the name constraints extension (RFC 5280 §4.2.1.10): names below these suffixes, addresses in these networks, and no
 * others. Kinds of names that nothing is said of would be free: where no name or network is permitted, all are excluded.
 */
export function nameConstraints({ names, networks }: Limits): Uint8Array {
  const allowed = [
    ...names.map((name) => subtree(dnsName, Buffer.from(name, 'ascii'))),
    ...networks.map((network) => subtree(ipAddress, bytesOf(network))),
  ];
  const denied = [
    ...(names.length === 0 ? [subtree(dnsName, Buffer.alloc(0))] : []),
    ...(networks.some((network) => !network.includes(':')) ? [] : [subtree(ipAddress, Buffer.alloc(8))]),
    ...(networks.some((network) => network.includes(':')) ? [] : [subtree(ipAddress, Buffer.alloc(32))]),
  ];
  return tlv(sequence, [
    ...(allowed.length > 0 ? [tlv(permitted, allowed)] : []),
    ...(denied.length > 0 ? [tlv(excluded, denied)] : []),
  ]);
}

const subtree = (tag: number, base: Uint8Array): Uint8Array => tlv(sequence, [tlv(tag, [base])]);

/** One DER element. */
function tlv(tag: number, parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  if (length > 0xffff) throw new Error('more names than a certificate holds');
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

/** A canonical CIDR block as address and mask. */
function bytesOf(network: string): Uint8Array {
  const [address = '', bits = ''] = network.split('/');
  const bytes = addressBytes(address);
  const mask = bytes.map((_, i) => (0xff00 >> Math.min(8, Math.max(0, Number(bits) - 8 * i))) & 0xff);
  return Buffer.from([...bytes, ...mask]);
}

function addressBytes(address: string): number[] {
  if (!address.includes(':')) return address.split('.').map(Number);
  const [head = '', tail] = address.split('::');
  const words = (text: string | undefined) =>
    text ? text.split(':').map((word) => Number.parseInt(word, 16)) : [];
  const [first, last] = [words(head), words(tail)];
  const all = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
  return all.flatMap((word) => [word >> 8, word & 0xff]);
}
