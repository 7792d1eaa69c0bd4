import type { AccessRule, Bastion, Person } from './access.ts';
import type { AcmeSite } from './acme-site.ts';
import type { AudienceRule } from './audience.ts';
import type { AuthoritySite } from './authority.ts';
import type { Bans } from './bans.ts';
import type { Job } from './job.ts';
import type { Keeping, Mail } from './mail.ts';
import type { Partner, PartnerDoor } from './partner.ts';
import type { Pointer } from './pointer.ts';
import type { Directory, SignIn } from './sign-in.ts';
import type { StorePlace } from './store.ts';
import type { ServerTls, TlsConfiguration } from './tls.ts';
import type { Waf, WafRules } from './waf.ts';

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
  /** What internal applications call outside, through the gateway; they call nothing else there. */
  readonly partners: readonly Partner[];
  readonly gateway: Gateway;
  readonly tlsConfigurations: readonly TlsConfiguration[];
  /** Who may administer machines, over SSH; absent when the description does not say. */
  readonly admin?: Admin;
  /** Flows that the description asks for in so many words, beside those that follow from the rest of it. */
  readonly grants: readonly Grant[];
  readonly assertions: readonly Assertion[];
  /** Groups of hosts on which nothing is run unless somebody confirms it. */
  readonly confirm: readonly string[];
  readonly people: readonly Person[];
  /** Who may enter which machines; nobody else may. */
  readonly access: readonly AccessRule[];
  /** Scripts that are run at their times. */
  readonly jobs: readonly Job[];
  /** Where jobs and facts are remembered; absent, in the state folder. */
  readonly store?: StorePlace;
  /** Absent when the description has none: then Poterne leaves SSH servers alone. */
  readonly bastion?: Bastion;
  /** Poterne's own authority; absent when the description leaves it at its defaults. */
  readonly authority?: AuthoritySite;
  /** Where certificates of `tls: acme` come from; absent when the description does not say. */
  readonly acme?: AcmeSite;
  /** How letters leave; absent when the description does not say. */
  readonly mail?: Mail;
  /** How people sign in; absent when nobody can. */
  readonly signIn?: SignIn;
  /** Sources of people beside `people`. */
  readonly directories?: readonly Directory[];
  /** MMDB file that tells addresses' countries (absolute path). */
  readonly countries?: string;
  /** The rules of the web application firewall, where the description speaks of them. */
  readonly waf?: WafRules;
  /** Who is banned for a time; absent: nobody. */
  readonly bans?: Bans;
  readonly keeping: Keeping;
}

/** From where the machines that Poterne acts on may be administered. */
export interface Admin {
  readonly from: readonly Party[];
  readonly pointer: Pointer;
}

/** Something that may be reached for a reason that the user gives. */
export interface Grant {
  readonly from: Party;
  readonly to: Party;
  readonly protocol: 'tcp' | 'udp';
  readonly ports: readonly number[];
  readonly why: string;
  readonly pointer: Pointer;
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
  /** What machines of the zone may connect to: only what flows ask for, or (as far as their own firewalls go) anything. */
  readonly outgoing: Outgoing;
  readonly pointer: Pointer;
}

/** `described`: nothing leaves that nothing asks for. */
export const outgoings = ['described', 'free'] as const;
export type Outgoing = (typeof outgoings)[number];

/**
 * What a machine does: the `gateway` publishes, a `router` joins zones and forwards between them, a `vantage` is only
 * looked from (nothing is ever changed on it).
 */
export const roles = ['gateway', 'router', 'vantage'] as const;
export type Role = (typeof roles)[number];

/** A machine. Poterne acts on those that it reaches over SSH, and on the one it runs on. */
export interface Host {
  readonly name: string;
  /** The first of its addresses, or its DNS name. */
  readonly address?: string;
  /** All that the description tells, IPv4 and IPv6; a DNS name stands alone. */
  readonly addresses: readonly string[];
  readonly zone?: string;
  readonly roles: readonly Role[];
  readonly groups: readonly string[];
  /** How it is reached over SSH; absent when it is not. */
  readonly ssh?: Ssh;
  readonly options: EngineOptions;
  readonly pointer: Pointer;
}

/** Whether Poterne changes anything on a machine: it reaches it over SSH, and not only to look from there. */
export function isManaged(host: Host): host is Host & { readonly ssh: Ssh } {
  return host.ssh !== undefined && !host.roles.includes('vantage');
}

/** How a machine is reached over SSH. */
export interface Ssh {
  readonly user?: string;
  readonly port: number;
  /** The host to go through, by name. */
  readonly via?: string;
  /** Its public host key, as `type base64`. */
  readonly hostKey?: string;
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
  /** Addresses at which the gateway is reached from outside, when a router has them and forwards to it. */
  readonly publicAddresses: readonly string[];
  /** CIDR blocks of load balancers whose word on the client's address is believed. */
  readonly trustedFronts: readonly string[];
  /** Every connection begins with a PROXY protocol header (haproxy's proxy-protocol.txt, versions 1 and 2). */
  readonly proxyProtocol: boolean;
  /** Where partners are called; absent when nobody calls any over the network. */
  readonly partners?: PartnerDoor;
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
  /** `tcp`: any protocol that Poterne does not look into. */
  readonly scheme: 'http' | 'https' | 'tcp';
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
  /** Other services that this one connects to, by name. */
  readonly needs: readonly string[];
  readonly options: EngineOptions;
  readonly pointer: Pointer;
}

/**
 * How visitors reach the service: through the gateway's proxy, with a web application firewall in it (`proxy+waf`) or without, or directly
 * (`direct`): TLS is passed through to it by the name that is asked for, or a port of its own is forwarded to it. Only those this version can apply are here.
 */
export const scenarios = ['proxy', 'proxy+waf', 'direct'] as const;

/**
 * Where the certificate comes from: Poterne's own CA, an ACME server (`certificate` is an id of `AcmeSite.certificates`, `names` what this
 * publication asks to have in it), or files that the user keeps (absolute paths).
 */
export type Tls =
  | { readonly kind: 'internal'; readonly names: readonly string[]; readonly pointer: Pointer }
  | {
      readonly kind: 'acme';
      readonly certificate: string;
      readonly names: readonly string[];
      readonly pointer: Pointer;
    }
  | { readonly kind: 'files'; readonly certificate: string; readonly key: string; readonly pointer: Pointer };

/** Who may reach a publication, and from where. */
export interface Audience {
  /** What the user named: zones, networks, or `everyone`. */
  readonly from: readonly string[];
  /** The CIDR blocks these stand for; `undefined` is everyone. Where there are rules: outside of these, none lets in. */
  readonly networks?: readonly string[];
  /** Who is let in, when it is not everybody from there: one `allow` must hold, and no `deny` may. */
  readonly rules?: readonly AudienceRule[];
  readonly pointer: Pointer;
}

/** Whether visitors share connections: behind a load balancer that speaks HTTP one has many. */
export const sharesConnections = ({ gateway }: Pick<Site, 'gateway'>): boolean =>
  gateway.trustedFronts.length > 0 && !gateway.proxyProtocol;

/** Whether the daemon decides about each visitor of a publication. */
export const isGuarded = ({ audience }: Pick<Publication, 'audience'>): boolean =>
  audience.rules !== undefined;

/** What publications of all scenarios have. */
interface PublicationGround {
  /** Unique, safe as a file name and as an identifier in any engine: `[a-z0-9_]+`. */
  readonly id: string;
  /** `erp.example.fr`, `*.example.fr` (both in lower case, without a final dot), or a regular expression after `~`. */
  readonly name: string;
  readonly match: 'exact' | 'wildcard' | 'regex';
  /** A concrete name that it answers to; the name itself when exact. */
  readonly example: string;
  /** What its name must resolve to, by the zone (or `internet`) where one asks. */
  readonly dns: readonly DnsAnswer[];
  readonly audience: Audience;
  /** The service is told in a signed token who signed in. */
  readonly signedIdentity?: boolean;
  readonly routes: readonly Route[];
  readonly options: EngineOptions;
  readonly pointer: Pointer;
}

/** A service that visitors reach through the gateway's proxy. */
export interface ProxiedPublication extends PublicationGround {
  readonly scenario: 'proxy' | 'proxy+waf';
  /** With `proxy+waf`, and only then. */
  readonly waf?: Waf;
  readonly tls: Tls;
  /** By name, the TLS configuration that says which client certificates are asked for on all its paths. */
  readonly tlsConfiguration?: string;
}

/** A service that visitors reach themselves, with its own certificate; it has one route, `/`. */
export interface DirectPublication extends PublicationGround {
  readonly scenario: 'direct';
  /** The port of its own that is forwarded; absent, TLS is told apart by name on the gateway's https port. */
  readonly port?: number;
}

/** A service made visible under a name. */
export type Publication = ProxiedPublication | DirectPublication;

/** The publications that the gateway's proxy serves. */
export function proxied({ publications }: Pick<Site, 'publications'>): readonly ProxiedPublication[] {
  return publications.filter((publication) => publication.scenario !== 'direct');
}

/** What is asked of client certificates under one name. */
export interface ClientVerification {
  readonly configuration: ServerTls;
  /** On all paths of the publication; else only on those routes that name it. */
  readonly everywhere: boolean;
  /** Some rule of the audience lets in who shows one: who does not may sign in, or be let in by another. */
  readonly byRule: boolean;
}

/** What a publication asks of client certificates; describe has made sure that it names one configuration at most. */
export function clientVerification(
  // A generation of before has none.
  { tlsConfigurations = [] }: Partial<Pick<Site, 'tlsConfigurations'>>,
  publication: Publication,
): ClientVerification | undefined {
  const own = publication.scenario !== 'direct' ? publication.tlsConfiguration : undefined;
  const byRule = publication.audience.rules?.find(({ subject }) => subject?.certificate)?.subject
    ?.certificate;
  const name = own ?? publication.routes.find((route) => route.tlsConfiguration)?.tlsConfiguration ?? byRule;
  if (name === undefined) return undefined;
  const configuration = tlsConfigurations.find((each) => each.kind === 'server' && each.name === name);
  if (configuration?.kind !== 'server')
    throw new Error(`${publication.name}: no TLS configuration "${name}"`);
  return { configuration, everywhere: own !== undefined, byRule: byRule === name };
}

/** Whether a certificate is asked for on a route, as far as its service is told of it. */
export const isVerified = ({ everywhere, byRule }: ClientVerification, route: Route): boolean =>
  everywhere || byRule || route.tlsConfiguration !== undefined;

/** Whether nobody gets through a route without a certificate. */
export const isRequired = ({ configuration, everywhere }: ClientVerification, route: Route): boolean =>
  configuration.client === 'required' && (everywhere || route.tlsConfiguration !== undefined);

/** The publications that visitors reach directly. */
export function direct({ publications }: Pick<Site, 'publications'>): readonly DirectPublication[] {
  return publications.filter((publication) => publication.scenario === 'direct');
}

/** The direct publications that are told apart by their TLS name, on the gateway's https port. */
export function passedThrough(site: Pick<Site, 'publications'>): readonly DirectPublication[] {
  return direct(site).filter(({ port }) => port === undefined);
}

/** The addresses to which a name leads, asked from one place. */
export interface DnsAnswer {
  readonly zone: string;
  readonly addresses: readonly string[];
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
  /** By name, the TLS configuration that says which client certificates are asked for on this path. */
  readonly tlsConfiguration?: string;
  readonly options: EngineOptions;
  readonly pointer: Pointer;
}
