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

/** Where the engine tells, below its prefix, which connections have come to which publication. */
export const sightingsLog = 'log/sightings.log';

/**
 * What it tells, a line each time that a connection is seen on a publication, or with a session, for the first time. Words of nginx, with a
 * space between them; what is empty is `-`. The last one may hold spaces.
 */
export const sightingFields = [
  '$msec',
  // Unlike the port, no two have the same while the engine runs.
  '$connection',
  // Whom the kernel has it with; `unix:` behind the server that tells names apart, whose PROXY header has it then.
  '$realip_remote_addr',
  '$realip_remote_port',
  '$proxy_protocol_addr',
  '$proxy_protocol_port',
  // The visitor.
  '$remote_addr',
  // Set by each publication: its id, and the class of the path asked for.
  '$poterne_id',
  '$poterne_class',
  // Of the verdict; none where none was asked for.
  '$status',
  // Of the verdict; none where nobody had to sign in.
  '$poterne_seen_session',
  '$poterne_seen_user',
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
