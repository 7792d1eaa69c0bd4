import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';

/** Where names are looked up. */
export interface NameServers {
  /** Addresses of resolvers, with or without a port; without any, the system's. */
  readonly resolvers?: readonly string[];
  /** The port of the servers that hold zones. */
  readonly port?: number;
}

/** What the DNS holds, as one resolver tells it. What it does not have is an empty list; that it fails is thrown. */
export interface Lookup {
  addresses(name: string, family: 4 | 6): Promise<string[]>;
  alias(name: string): Promise<string | undefined>;
  texts(name: string): Promise<string[]>;
  servers(zone: string): Promise<string[]>;
  isZone(name: string): Promise<boolean>;
  caa(name: string): Promise<CaaRecord[]>;
}

/** One CAA record (RFC 8659 §4.1). */
export interface CaaRecord {
  readonly critical: boolean;
  readonly tag: string;
  readonly value: string;
}

export function lookupAt(servers?: readonly string[]): Lookup {
  const resolver = new Resolver({ timeout: 3000, tries: 2 });
  if (servers?.length) resolver.setServers(servers.map(withBrackets));
  return {
    addresses: (name, family) => orNone(family === 4 ? resolver.resolve4(name) : resolver.resolve6(name), []),
    alias: async (name) => (await orNone(resolver.resolveCname(name), []))[0],
    texts: async (name) => (await orNone(resolver.resolveTxt(name), [])).map((parts) => parts.join('')),
    servers: (zone) => orNone(resolver.resolveNs(zone), []),
    isZone: async (name) => (await orNone(resolver.resolveSoa(name), undefined)) !== undefined,
    caa: async (name) =>
      (await orNone(resolver.resolveCaa(name), [])).map(({ critical, ...property }) => {
        const [tag, value] = Object.entries(property)[0] as [string, string];
        return { critical: critical >= 128, tag: tag.toLowerCase(), value };
      }),
  };
}

/** An IPv6 address takes brackets only beside a port. */
function withBrackets(server: string): string {
  return isIP(server) === 6 ? `[${server}]` : server;
}

async function orNone<T>(answer: Promise<T>, none: T): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (['ENODATA', 'ENOTFOUND'].includes((error as NodeJS.ErrnoException).code ?? '')) return none;
    throw error;
  }
}

/** Where the record of a name's DNS-01 proof has to be written, and who shows it to the world. */
export interface RecordPlace {
  /** `_acme-challenge.NAME`, or what its CNAME leads to. */
  readonly record: string;
  readonly zone: string;
  /** The servers that the zone names, each with its addresses and their port. */
  readonly servers: readonly { readonly name: string; readonly addresses: readonly string[] }[];
}

/** Aliases of aliases that are followed. */
const hops = 8;

/** Finds it. Throws `acme.alias` and `acme.zone`. */
export async function placeOf(name: string, at: NameServers = {}): Promise<RecordPlace> {
  const lookup = lookupAt(at.resolvers);
  let record = `_acme-challenge.${name}`;
  const failed = (reason: string, cause?: unknown) => {
    const params = { name: record, reason };
    return new Fault('acme.zone', params, { cause, next: message('acme.zone.next', params) });
  };
  try {
    for (let left = hops; ; left--) {
      const target = await lookup.alias(record);
      if (target === undefined) break;
      if (left === 0) {
        const params = { name: `_acme-challenge.${name}` };
        throw new Fault('acme.alias', params, { next: message('acme.alias.next', params) });
      }
      record = target.toLowerCase().replace(/\.$/, '');
    }
    const labels = record.split('.');
    for (let n = 1; n < labels.length; n++) {
      const zone = labels.slice(n).join('.');
      if (!(await lookup.isZone(zone))) continue;
      const names = await lookup.servers(zone);
      const found = await Promise.all(
        names.sort().map(async (name) => {
          const families = await Promise.all(
            ([4, 6] as const).map((family) => lookup.addresses(name, family)),
          );
          const addresses = families.flat().map((address) => `${withPortBrackets(address)}:${at.port ?? 53}`);
          return { name, addresses };
        }),
      );
      const servers = found.filter(({ addresses }) => addresses.length > 0);
      if (servers.length === 0) throw failed(`${zone}: NS ${names.join(', ') || '-'}`);
      return { record, zone, servers };
    }
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw failed((error as NodeJS.ErrnoException).code ?? String(error), error);
  }
  throw failed('no SOA');
}

function withPortBrackets(address: string): string {
  return isIP(address) === 6 ? `[${address}]` : address;
}
