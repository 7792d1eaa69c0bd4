import { ruleWords } from '../lib/audience-words.ts';
import type { Flow, LocalLink } from '../model/flow.ts';
import {
  clientVerification,
  type Healthy,
  isVerified,
  type Owner,
  type Publication,
  type Role,
  type Site,
} from '../model/site.ts';
import type { ServerTls } from '../model/tls.ts';
import { ruleText } from '../plan/assertions.ts';
import { hostEndpoint } from '../plan/endpoints.ts';
import { addressText, flows, localLinks } from '../plan/flows.ts';

/** Where a documented perimeter comes from. `date` is printed as given: documents hold no clock of their own. */
export interface Origin {
  readonly source: string;
  readonly date?: string;
}

/** What the documents say of a site, as data: each reader's language only words it. */
export interface Perimeter extends Origin {
  readonly site: string;
  readonly gateway: Gateway;
  readonly zones: readonly {
    readonly name: string;
    readonly networks: readonly string[];
    readonly hosts: number;
  }[];
  readonly hosts: readonly DocumentedHost[];
  readonly services: readonly DocumentedService[];
  readonly publications: readonly DocumentedPublication[];
  readonly flows: readonly Flow[];
  readonly local: readonly LocalLink[];
  readonly assertions: readonly string[];
  readonly contacts: readonly Contact[];
  /** Services for which nobody answers. */
  readonly orphans: readonly string[];
}

export interface Gateway {
  readonly host: string;
  readonly listen: readonly string[];
  readonly ports: { readonly http: number; readonly https: number; readonly public: number };
}

export interface DocumentedHost {
  readonly name: string;
  readonly zone?: string;
  readonly addresses: readonly string[];
  readonly roles: readonly Role[];
  readonly groups: readonly string[];
  readonly services: readonly { readonly name: string; readonly ports: readonly number[] }[];
}

export interface DocumentedService {
  readonly name: string;
  readonly title?: string;
  readonly host?: string;
  readonly addresses: readonly string[];
  readonly owner?: Owner;
  readonly healthy?: Healthy;
  readonly publications: readonly string[];
}

export interface DocumentedPublication {
  readonly name: string;
  readonly scenario: Publication['scenario'];
  /** Who may reach it: `everyone`, zones and networks as the user named them, or rules in the description's words. */
  readonly audience: readonly string[];
  readonly tls: 'internal' | 'acme' | 'files' | 'service';
  readonly routes: readonly {
    readonly path: string;
    readonly service: string;
    /** The TLS configuration that asks for a client certificate there. */
    readonly certificate?: { readonly name: string; readonly client: ServerTls['client'] };
  }[];
  readonly owners: readonly Owner[];
  readonly healthy: readonly { readonly service: string; readonly check: Healthy }[];
}

/** Someone who answers for services, and for the publications that lead to them. */
export interface Contact {
  readonly owner: Owner;
  readonly services: readonly string[];
  readonly publications: readonly string[];
}

/** Everything that the documents of a site say. Pure: the same description gives the same, byte for byte. */
export function perimeterOf(site: Site, origin: Origin): Perimeter {
  const all = flows(site);
  const local = localLinks(site);
  const { gateway } = site;
  const services = site.services.map((service): DocumentedService => {
    const { name, title, owner, healthy } = service;
    const host = service.host ?? hostServing(site, name, all);
    return {
      name,
      ...(title === undefined ? {} : { title }),
      ...(host === undefined ? {} : { host }),
      addresses: service.upstreams.map(({ address }) => addressText(address)),
      ...(owner === undefined ? {} : { owner }),
      ...(healthy === undefined ? {} : { healthy }),
      publications: site.publications
        .filter((p) => p.routes.some((r) => r.service === name))
        .map((p) => p.name),
    };
  });
  return {
    site: site.name,
    ...origin,
    gateway: {
      host: gateway.host,
      listen: gateway.listen,
      ports: { http: gateway.httpPort, https: gateway.httpsPort, public: gateway.publicPort },
    },
    zones: site.zones.map(({ name, networks }) => ({
      name,
      networks,
      hosts: site.hosts.filter((host) => hostEndpoint(site, host).zone === name).length,
    })),
    hosts: site.hosts.map((host) => {
      const { name, addresses, zone } = hostEndpoint(site, host);
      return {
        name,
        ...(zone === undefined ? {} : { zone }),
        addresses,
        roles: host.roles,
        groups: host.groups,
        services: servicesOn(site, name, all, local),
      };
    }),
    services,
    publications: site.publications.map((publication) => publicationOf(site, publication)),
    flows: all,
    local,
    assertions: site.assertions.map(ruleText),
    contacts: contactsOf(services),
    orphans: services.filter(({ owner }) => !owner).map(({ name }) => name),
  };
}

/** The service that a reason of a flow to an upstream speaks of. */
function serviceIn(reason: Flow['reasons'][number]): string | undefined {
  return reason.say.code === 'flow.upstream' ? String(reason.say.params.service) : undefined;
}

function hostServing(site: Site, service: string, all: readonly Flow[]): string | undefined {
  const flow = all.find(
    ({ to, reasons }) => to.kind === 'host' && reasons.some((r) => serviceIn(r) === service),
  );
  if (flow) return flow.to.name;
  return localLinks(site).some((link) => link.service === service) ? site.gateway.host : undefined;
}

/** What a machine serves: what flows reach there, and what it is said to run. */
function servicesOn(
  site: Site,
  host: string,
  all: readonly Flow[],
  local: readonly LocalLink[],
): DocumentedHost['services'] {
  const ports = new Map<string, Set<number>>();
  const add = (service: string, port?: number) => {
    const known = ports.get(service) ?? new Set();
    ports.set(service, port === undefined ? known : known.add(port));
  };
  for (const { to, port, reasons } of all)
    if (to.kind === 'host' && to.name === host)
      for (const reason of reasons) {
        const service = serviceIn(reason);
        if (service !== undefined) add(service, port);
      }
  for (const link of local)
    if ((link.host ?? site.gateway.host) === host) {
      const port = /^unix:/.test(link.at) ? undefined : Number(link.at.split(':').at(-1));
      add(link.service, port);
    }
  for (const service of site.services) if (service.host === host) add(service.name);
  return [...ports].map(([name, held]) => ({ name, ports: [...held] }));
}

function publicationOf(site: Site, publication: Publication): DocumentedPublication {
  const { name, scenario, audience, routes } = publication;
  const verification = clientVerification(site, publication);
  const names = [...new Set(routes.map((route) => route.service))];
  const behind = names.flatMap((service) => site.services.find((s) => s.name === service) ?? []);
  const owners = new Map(behind.flatMap(({ owner }) => (owner ? [[ownerKey(owner), owner]] : [])));
  return {
    name,
    scenario,
    audience: audience.rules
      ? audience.rules.map((rule) => ruleWords(rule, site.timezone) || 'everyone')
      : audience.from,
    tls: publication.scenario !== 'direct' ? publication.tls.kind : 'service',
    routes: routes.map((route) => ({
      path: route.match === 'regex' ? `~ ${route.path}` : route.path,
      service: route.service,
      ...(verification && isVerified(verification, route)
        ? {
            certificate: {
              name: verification.configuration.name,
              client: verification.configuration.client,
            },
          }
        : {}),
    })),
    owners: [...owners.values()],
    healthy: behind.flatMap(({ name: service, healthy }) => (healthy ? [{ service, check: healthy }] : [])),
  };
}

function contactsOf(services: readonly DocumentedService[]): Contact[] {
  const found = new Map<string, { owner: Owner; services: string[]; publications: Set<string> }>();
  for (const { name, owner, publications } of services) {
    if (!owner) continue;
    const contact = found.get(ownerKey(owner)) ?? { owner, services: [], publications: new Set() };
    found.set(ownerKey(owner), contact);
    contact.services.push(name);
    for (const publication of publications) contact.publications.add(publication);
  }
  return [...found.values()].map((c) => ({ ...c, publications: [...c.publications] }));
}

function ownerKey({ name, email }: Owner): string {
  return JSON.stringify([name, email]);
}
