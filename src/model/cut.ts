/** Where a state folder has what is cut off: the engine looks whether a file is there at each request, and reads none. */
export const cutPlaces = {
  /** Files called as the publications' ids. */
  publications: 'cut/publications',
  /** Files called as addresses, as the engine writes them (RFC 5952). */
  addresses: 'cut/addresses',
  /** Files called as networks (`src/lib/cut-networks.ts`). */
  networks: 'cut/networks',
  /** What visitors of a publication are told, as HTML, called as its id; only where they are to be told. */
  said: 'cut/said',
} as const;

/**
 * Where it is told, below the engine's prefix, which connections have come to which publication: by the engine, each once; and by the daemon,
 * before it lets somebody in. A line is
 *
 *   NOW-AGE CONNECTION PEER PORT OWN PORT PEER PORT OWN PORT ADDRESS PUBLICATION CLASS STATUS CERTIFICATE SESSION USER
 *
 * with a space between its words, of which the last may hold some; what is empty is `-`. The first ten are `connectionFields`, then comes the visitor.
 * The status is 200 in the daemon's lines, and nothing in the engine's, which knows neither session nor user. Whoever came with a certificate that
 * was accepted has `1` there. The publication is told by its
 * id, or, behind `namedPlace`, by the name that was asked for.
 */
export const sightingsLog = 'log/sightings.log';

/** Before a name in the place of an id. */
export const namedPlace = '=';

/** How nginx tells a connection. */
export const connectionFields = [
  // The time, and for how long there has been the connection, in seconds: which of two on one port was the later one.
  '$msec-$connection_time',
  // Unlike the port, no two have the same while the engine runs.
  '$connection',
  // Whom the kernel has it with, and where: one port may have come to two addresses of ours. `unix:` behind the server that tells names apart,
  // whose PROXY header has it then.
  '$realip_remote_addr',
  '$realip_remote_port',
  '$server_addr',
  '$server_port',
  '$proxy_protocol_addr',
  '$proxy_protocol_port',
  '$proxy_protocol_server_addr',
  '$proxy_protocol_server_port',
] as const;

/** What can be cut off, and restored. */
export type CutTarget =
  /** By the publication's name; its id is what the engine has it by. */
  | { readonly kind: 'publication'; readonly name: string; readonly id: string }
  /** By the user's id: `alice`, `carol@ad`. */
  | { readonly kind: 'user'; readonly name: string }
  /** A canonical CIDR block. */
  | { readonly kind: 'address'; readonly name: string }
  /** Whatever is published. */
  | { readonly kind: 'all'; readonly name: 'all' };

/** Something that is cut off. Times are ISO 8601, UTC. */
export interface Cut {
  readonly target: CutTarget;
  readonly at: string;
  /** Who cut it off. */
  readonly by: string;
  readonly reason: string;
  /** Whether visitors are told the reason. */
  readonly say: boolean;
  /** When it ends by itself. */
  readonly until?: string;
}

/** How often something has, by name. */
export type Tally = Readonly<Record<string, number>>;

/** Which live connections were ended. One that is known to nobody by name counts only in the first. */
export interface EndedConnections {
  readonly connections: number;
  readonly publications: Tally;
  readonly people: Tally;
  readonly addresses: Tally;
}

/** What a cut did, and how fast: milliseconds from when it was asked for. */
export interface CutReceipt {
  readonly cut: Cut;
  /** Whether it was cut off before: then only its reason and its end are new. */
  readonly again: boolean;
  /** Since then no new request is let in. */
  readonly refused: number;
  /** By then the live connections had been ended, and their number. */
  readonly finished: number;
  readonly ended: EndedConnections;
  readonly sessions: number;
  /** Ports that the firewall led elsewhere and refuses now: whoever is connected hears of it with the next packet. */
  readonly ports: readonly number[];
  /** What did not work: code and params of faults. New requests are refused all the same. */
  readonly troubles: readonly {
    readonly code: string;
    readonly params: Readonly<Record<string, string | number>>;
  }[];
}

/** A target as one asks for it. */
export function cutTargetText({ kind, name }: CutTarget): string {
  return kind === 'user' || kind === 'address' ? `${kind}:${name}` : name;
}
