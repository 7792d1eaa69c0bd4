import { inNetwork, isAddress } from '../lib/ip.ts';
import { type Certificate, called } from './certificate.ts';
import { type Element, elements } from './der.ts';
import { type Diagnosis, diagnosis } from './diagnosis.ts';

/** The names that an authority may issue for (RFC 5280 §4.2.1.10), as far as DNS names and addresses go. */
export interface NameConstraints {
  readonly permitted: readonly Subtree[];
  readonly excluded: readonly Subtree[];
}

/** A DNS name and all below it, or a CIDR block. */
export type Subtree = { readonly kind: 'dns' | 'network'; readonly base: string };

/** Reads the value of the extension; other kinds of names are left out. */
export function parseNameConstraints(value: Uint8Array): NameConstraints {
  const [whole] = elements(Buffer.from(value));
  const parts = whole ? elements(whole.content) : [];
  const of = (tag: number) =>
    parts
      .filter((part) => part.tag === tag)
      .flatMap(({ content }) => elements(content))
      .flatMap(({ content }) => elements(content).slice(0, 1))
      .flatMap(subtreeOf);
  return { permitted: of(0xa0), excluded: of(0xa1) };
}

function subtreeOf({ tag, content }: Element): readonly Subtree[] {
  if (tag === 0x82)
    return [{ kind: 'dns', base: content.toString('latin1').toLowerCase().replace(/^\./, '') }];
  if (tag === 0x87 && (content.length === 8 || content.length === 32))
    return [{ kind: 'network', base: network(content) }];
  return [];
}

/** Address and mask as a CIDR block. */
function network(bytes: Buffer): string {
  const half = bytes.length / 2;
  const bits = [...bytes.subarray(half)].reduce(
    (sum, byte) => sum + byte.toString(2).replaceAll('0', '').length,
    0,
  );
  if (half === 4) return `${[...bytes.subarray(0, 4)].join('.')}/${bits}`;
  const words = Array.from({ length: 8 }, (_, n) => bytes.readUInt16BE(2 * n).toString(16));
  return `${words.join(':')}/${bits}`;
}

/** The names of a certificate that an authority above it may not issue for. */
export function judgeConstraints(path: readonly Certificate[]): readonly Diagnosis[] {
  const [leaf, ...issuers] = path;
  if (!leaf) return [];
  return issuers.flatMap((issuer) => {
    const { nameConstraints: constraints } = issuer;
    const name = constraints && leaf.names.find((each) => !isAllowed(each, constraints));
    if (name === undefined) return [];
    const allowed = constraints?.permitted.map(({ base }) => base).join(', ') || '—';
    return [diagnosis('error', 'cert.issuer.names', { subject: called(issuer), name, allowed })];
  });
}

function isAllowed(name: string, { permitted, excluded }: NameConstraints): boolean {
  const kind = isAddress(name) ? 'network' : 'dns';
  // Of URIs and mail addresses, nothing is said here.
  if (kind === 'dns' && /[@:/]/.test(name)) return true;
  const ofKind = (some: readonly Subtree[]) => some.filter((each) => each.kind === kind);
  if (ofKind(excluded).some((each) => isWithin(name, each))) return false;
  const allowed = ofKind(permitted);
  return allowed.length === 0 || allowed.some((each) => isWithin(name, each));
}

function isWithin(name: string, { kind, base }: Subtree): boolean {
  if (kind === 'network') return inNetwork(name, base);
  const lower = name.toLowerCase();
  return base === '' || lower === base || lower.endsWith(`.${base}`);
}
