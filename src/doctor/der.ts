/** One element of DER (X.690). */
export interface Element {
  readonly tag: number;
  readonly content: Buffer;
  /** With tag and length. */
  readonly whole: Buffer;
}

/** The elements that stand one after the other; what is cut short ends early. */
export function elements(bytes: Buffer): readonly Element[] {
  const found: Element[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const first = bytes[at + 1] as number;
    const more = first & 0x80 ? first & 0x7f : 0;
    if (more > 4 || at + 2 + more > bytes.length) break;
    const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
    const start = at + 2 + more;
    const end = Math.min(bytes.length, start + length);
    found.push({
      tag: bytes[at] as number,
      content: bytes.subarray(start, end),
      whole: bytes.subarray(at, end),
    });
    at = start + length;
  }
  return found;
}

/** An extension of a certificate, in DER. */
export interface RawExtension {
  readonly oid: string;
  readonly critical: boolean;
  readonly whole: Buffer;
  readonly value: Buffer;
}

const oidTag = 0x06;
const booleanTag = 0x01;
const octetsTag = 0x04;
const extensionsTag = 0xa3;

/** The extensions of a certificate (RFC 5280 §4.1): each by itself, so that one that is odd does not hide the others. */
export function extensionsOf(certificate: Buffer): readonly RawExtension[] {
  const [outer] = elements(certificate);
  const [toBeSigned] = outer ? elements(outer.content) : [];
  const tagged = toBeSigned && elements(toBeSigned.content).find(({ tag }) => tag === extensionsTag);
  const [list] = tagged ? elements(tagged.content) : [];
  return (list ? elements(list.content) : []).map(({ content, whole }) => {
    const parts = elements(content);
    const of = (wanted: number) => parts.find(({ tag }) => tag === wanted)?.content ?? Buffer.alloc(0);
    return {
      ...{ oid: dotted(of(oidTag)), critical: (of(booleanTag)[0] ?? 0) !== 0 },
      ...{ whole, value: of(octetsTag) },
    };
  });
}

/** An object identifier as people write it (X.690 §8.19). */
function dotted(bytes: Buffer): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of bytes) {
    number = number * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    numbers.push(number);
    number = 0;
  }
  const [first = 0, ...rest] = numbers;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - 40 * root, ...rest].join('.');
}
