/** One element of DER (X.690 §8.1, §10.1). */
export interface Element {
  readonly tag: number;
  readonly content: Buffer;
  /** With its tag and length. */
  readonly whole: Buffer;
}

/** The elements that follow one another in DER. Throws when the text ends in the middle of one. */
export function elements(der: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < der.length; ) {
    const tag = der[at] as number;
    const first = der[at + 1];
    if (first === undefined) throw new Error('DER ends early');
    const size = first < 0x80 ? 0 : first & 0x7f;
    if (size > 4 || (first >= 0x80 && size === 0)) throw new Error('no DER length');
    const begin = at + 2 + size;
    const length = size === 0 ? first : der.subarray(at + 2, begin).reduce((sum, b) => sum * 256 + b, 0);
    if (begin + length > der.length) throw new Error('DER ends early');
    found.push({
      tag,
      content: der.subarray(begin, begin + length),
      whole: der.subarray(at, begin + length),
    });
    at = begin + length;
  }
  return found;
}

/** Object identifiers are told apart by their bytes, in hexadecimal. */
export const oid = ({ content }: Element): string => content.toString('hex');

/** A UTCTime or a GeneralizedTime as RFC 5280 §4.1.2.5 allows them. */
export function time({ tag, content }: Element): Date {
  const text = content.toString('latin1');
  const short = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  const full = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  const parts = (tag === 0x17 ? short : tag === 0x18 ? full : null)?.slice(1).map(Number);
  if (!parts) throw new Error('no time');
  const [year = 0, month = 1, ...rest] = parts;
  const whole = tag === 0x18 ? year : year < 50 ? 2000 + year : 1900 + year;
  return new Date(Date.UTC(whole, month - 1, ...rest));
}

/** The blocks of PEM with this label (RFC 7468), also as DER. Throws when one has no end. */
export function pemBlocks(text: string, label: string): { readonly der: Buffer; readonly pem: string }[] {
  const blocks = [...text.matchAll(new RegExp(`-----BEGIN ${label}-----([^-]*)-----END ${label}-----`, 'g'))];
  if (blocks.length < text.split(`-----BEGIN ${label}-----`).length - 1) throw new Error('PEM without END');
  return blocks.map(([pem, body = '']) => ({ pem, der: Buffer.from(body, 'base64') }));
}
