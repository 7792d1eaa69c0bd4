import { Reader, type Response } from 'mmdb-lib';
import { isAddress } from './ip.ts';

/** What tells the country of an address, out of an MMDB file (MaxMind DB 2.0; the country databases of several makers). */
export interface Countries {
  /** What the file calls itself, such as `DBIP-Country-Lite`. */
  readonly kind: string;
  readonly made: Date;
  /** ISO 3166-1 alpha-2; `undefined` for an address that the file has not. */
  countryOf(address: string): string | undefined;
}

/** Reads a file of countries. Throws for what is none. */
export function readCountries(bytes: Uint8Array): Countries {
  const reader = new Reader<Response>(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const { databaseType, buildEpoch } = reader.metadata;
  return {
    kind: databaseType,
    made: buildEpoch,
    countryOf: (address) => (isAddress(address) ? countryIn(lookUp(reader, address)) : undefined),
  };
}

/** What a file does not hold, a file of IPv4 alone of an IPv6 address say, is unknown. */
function lookUp(reader: Reader<Response>, address: string): unknown {
  try {
    return reader.get(address);
  } catch {
    return undefined;
  }
}

/** `country: { iso_code }` (MaxMind, DB-IP), `country_code` or `country` (ipinfo, ipapi). */
function countryIn(found: unknown): string | undefined {
  const { country, country_code: flat } = (found ?? {}) as {
    readonly country?: { readonly iso_code?: unknown } | string;
    readonly country_code?: unknown;
  };
  const code = typeof country === 'object' && country !== null ? country.iso_code : (flat ?? country);
  return typeof code === 'string' && /^[A-Z]{2}$/.test(code) ? code : undefined;
}
