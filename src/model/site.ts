import type { Pointer } from './pointer.ts';

/** The languages a person can read Poterne in. */
export const languages = ['en', 'fr'] as const;
export type Language = (typeof languages)[number];

/** What each engine read of its own part of the description, by engine name; only that engine knows its shape. */
export type EngineOptions = Readonly<Record<string, unknown>>;

/** The whole described perimeter, resolved: references hold, defaults are filled in, paths are absolute. */
export interface Site {
  readonly name: string;
  readonly language: Language;
  /** IANA name, e.g. `Europe/Paris`. */
  readonly timezone: string;
  readonly zones: readonly Zone[];
  readonly hosts: readonly Host[];
  readonly services: readonly Service[];
  readonly publications: readonly Publication[];
  readonly gateway: Gateway;
  readonly assertions: readonly Assertion[];
}

/** What the user says must hold of every flow, whatever else the description asks for. */
export interface Assertion {
  readonly verdict: 'allow' | 'deny';
  readonly from: Party;
  readonly to: Party;
  /** Absent: any port. */
  readonly port?: number;
  readonly pointer: Pointer;
}

/**
 * Who or what an assertion speaks of. `everyone` is every address, `internet` those outside the described zones and
 * the private ranges; a network is a canonical CIDR block; a publication can only be reached, never come from.
 */
export interface Party {
  readonly kind: 'everyone' | 'internet' | 'zone' | 'host' | 'network' | 'publication';
  readonly name: string;
}

/** A network area with a level of trust. */
export interface Zone {
  readonly name: string;
  /** CIDR blocks, canonical, IPv4 or IPv6. */
  readonly networks: readonly string[];
  readonly pointer: Pointer;
}

/** A machine, reached locally or (later) over SSH. */
export interface Host {
  readonly name: string;
  readonly address?: string;
  readonly zone?: string;
  readonly roles: readonly 'gateway'[];
  readonly groups: readonly string[];
  readonly pointer: Pointer;
}

/** The door itself: where the gateway listens, and who stands in front of it. */
export interface Gateway {
  /** The host that has the role, or `localhost` when the description names none. */
  readonly host: string;
  /** Addresses to listen on; empty means every address, IPv4 and IPv6. */
  readonly listen: readonly string[];
  readonly httpPort: number;
  readonly httpsPort: number;
  /** The port people type, when something in front forwards it to `httpsPort`; otherwise equal to it. */
  readonly publicPort: number;
  /** CIDR blocks of load balancers whose word on the client's address is believed. */
  readonly trustedFronts: readonly string[];
  /** Every connection begins with a PROXY protocol header (haproxy's proxy-protocol.txt, versions 1 and 2). */
  readonly proxyProtocol: boolean;
  readonly options: EngineOptions;
  readonly pointer: Pointer;
}

export interface Owner {
  readonly name: string;
  readonly email?: string;
}

/** How one knows that a service works: a request to the service itself and what must come back. */
export interface Healthy {
  /** Path on the service, as the service sees it. */
  readonly path: string;
  readonly status: number;
  readonly contains?: string;
}

/** A path on the service where a WebSocket opens; `send` is sent and a message holding `contains` must come back. */
export interface WebSocketCheck {
  readonly path: string;
  readonly send: string;
  readonly contains: string;
}

/** Where a service listens: a name or address with a port, or a unix socket. */
export type Address =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** One of the places that serve a service. */
export interface Upstream {
  readonly scheme: 'http' | 'https';
  readonly address: Address;
  readonly weight: number;
  /** Used only when every other one is out. */
  readonly backup: boolean;
  readonly pointer: Pointer;
}

/** Something internal that listens. All its upstreams share one scheme. */
export interface Service {
  readonly name: string;
  readonly title?: string;
  readonly host?: string;
  readonly owner?: Owner;
  readonly upstreams: readonly Upstream[];
  /** For https upstreams: PEM file of the CA that must have signed them (absolute path), and the name expected. */
  readonly trust?: { readonly ca: string; readonly name: string };
  readonly healthy?: Healthy;
  /** Path prefixes on the service where server-sent events flow; passed on unbuffered. */
  readonly events: readonly string[];
  readonly websocket?: WebSocketCheck;
  readonly options: EngineOptions;
  readonly pointer: Pointer;
}

/** How visitors reach the service. Only those this version can apply are here. */
export type Scenario = 'proxy';

/** Where the certificate comes from: Poterne's own CA, or files that the user keeps (absolute paths). */
export type Tls =
  | { readonly kind: 'internal'; readonly names: readonly string[]; readonly pointer: Pointer }
  | { readonly kind: 'files'; readonly certificate: string; readonly key: string; readonly pointer: Pointer };

/** From where a publication may be reached. */
export interface Audience {
  /** What the user named: zones, networks, or `everyone`. */
  readonly from: readonly string[];
  /** The CIDR blocks these stand for; `undefined` is everyone. */
  readonly networks?: readonly string[];
  readonly pointer: Pointer;
}

/** A service made visible under a name. */
export interface Publication {
  /** Unique, safe as a file name and as an identifier in any engine: `[a-z0-9_]+`. */
  readonly id: string;
  /** `erp.example.fr`, `*.example.fr` (both in lower case, without a final dot), or a regular expression after `~`. */
  readonly name: string;
  readonly match: 'exact' | 'wildcard' | 'regex';
  /** A concrete name that it answers to; the name itself when exact. */
  readonly example: string;
  readonly scenario: Scenario;
  readonly tls: Tls;
  readonly audience: Audience;
  readonly routes: readonly Route[];
  readonly options: EngineOptions;
  readonly pointer: Pointer;
}

/** A part of a publication's paths, and the service that answers there. */
export interface Route {
  /** `/constellation/`, or a regular expression (without the `~`) when `match` is `regex`. */
  readonly path: string;
  readonly match: 'prefix' | 'regex';
  readonly service: string;
  /** The service does not see the prefix. */
  readonly strip: boolean;
  readonly options: EngineOptions;
  readonly pointer: Pointer;
}
