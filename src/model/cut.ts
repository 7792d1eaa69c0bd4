/** Where a state folder has what is cut off: the engine looks whether a file is there at each request, and reads none. */
export const cutPlaces = {
  /** Files called as the publications' ids. */
  publications: 'cut/publications',
  /** Files called as addresses, as the engine writes them (RFC 5952). */
  addresses: 'cut/addresses',
  /** Files called as networks (`src/lib/cut-networks.ts`). */
  networks: 'cut/networks',
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
  // Of the verdict; none where nobody had to sign in.
  '$upstream_http_x_poterne_session',
  '$upstream_http_x_poterne_user',
] as const;
