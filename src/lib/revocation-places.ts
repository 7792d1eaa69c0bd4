import { type Element, elements, oid } from './der.ts';

/** Where a certificate says that one may ask whether it is revoked. */
export interface RevocationPlaces {
  /** URLs of lists (RFC 5280 §4.2.1.13). */
  readonly lists: readonly string[];
  /** URLs of OCSP responders (RFC 5280 §4.2.2.1). */
  readonly responders: readonly string[];
}

const crlDistributionPoints = '551d1f';
const authorityInfoAccess = '2b06010505070101';
const ocsp = '2b06010505073001';
/** A URL among other general names. */
const url = 0x86;

/** What a certificate in DER says; nothing of one that cannot be read. */
export function revocationPlaces(certificate: Buffer): RevocationPlaces {
  try {
    const signed = inside(inside(elements(certificate)[0])[0]);
    const extensions = inside(inside(signed.find(({ tag }) => tag === 0xa3))[0]).map(inside);
    const within = (id: string): Element[] => {
      const found = extensions.find(([name]) => name && oid(name) === id)?.at(-1);
      return inside(elements(found?.content ?? Buffer.alloc(0))[0]);
    };
    const accesses = within(authorityInfoAccess).map(inside);
    return {
      lists: within(crlDistributionPoints).flatMap(urls),
      responders: accesses.flatMap(([method, place]) =>
        method && place && oid(method) === ocsp ? urls(place) : [],
      ),
    };
  } catch {
    return { lists: [], responders: [] };
  }
}

const inside = (element: Element | undefined): Element[] => (element ? elements(element.content) : []);

/** The URLs in an element, however deep. */
function urls(element: Element): string[] {
  if (element.tag === url) return [element.content.toString('latin1')];
  return (element.tag & 0x20) === 0 ? [] : inside(element).flatMap(urls);
}
