import { type ZodRawShape, z } from 'zod';
import type { Engine, EngineSchema } from '../engines/engine.ts';
import { engines as everyEngine } from '../engines/index.ts';
import { isAddress } from '../lib/ip.ts';
import { network, word } from '../lib/words.ts';
import { languages, outgoings, roles, scenarios } from '../model/site.ts';
import { isHost, isPrefix, isRequestPath, parseUrl } from './names.ts';
import { bastion, person, rule } from './schema/access.ts';
import { acme } from './schema/acme.ts';
import { audience } from './schema/audience.ts';
import { authority } from './schema/authority.ts';
import { bans } from './schema/bans.ts';
import { type DirectoryEntry, directory } from './schema/directories.ts';
import { calendar, job, store } from './schema/jobs.ts';
import { archives, mail, runs } from './schema/mail.ts';
import { type PartnerEntry, partner, partnerDoor } from './schema/partners.ts';
import { publishedTls } from './schema/published-tls.ts';
import { signIn } from './schema/sign-in.ts';
import { timezone } from './schema/timezone.ts';
import { type TlsConfigurationEntry, tlsConfiguration } from './schema/tls.ts';
import { waf, wafRules } from './schema/waf.ts';
import { filename, text } from './schema/words.ts';

const requestPath = () => z.string().refine(isRequestPath, { params: { code: 'value.path' } });
const prefix = () => z.string().refine(isPrefix, { params: { code: 'value.path.prefix' } });
const email = () =>
  z.string().refine((t) => /^[^\s\p{Cc}@<>]+@[^\s\p{Cc}@<>]+$/u.test(t), { params: { code: 'value.email' } });
const address = () => word('value.address', (t) => (isAddress(t) ? t : undefined));
const host = () => word('value.host', (t) => (isHost(t) ? t : undefined));
const port = () => z.number().int().min(1).max(65_535);
const url = () =>
  z.string().transform((written, context) => {
    const parsed = parseUrl(written);
    if ('scheme' in parsed) return parsed;
    context.addIssue({
      code: 'custom',
      params: { code: 'value.url', hint: parsed.hint.code },
      input: written,
    });
    return z.NEVER;
  });

const flow = z.strictObject({
  from: text().describe(
    'Who connects: everyone, internet (outside every zone), or a zone, a host, an address or a CIDR block.',
  ),
  to: text().describe('What is reached: the same, or a publication.'),
  port: port().optional().describe('Only this port; left out, any.'),
});

const admin = z.strictObject({
  from: z
    .array(text())
    .min(1)
    .describe('Zones, hosts, addresses and CIDR blocks from which machines are administered, over SSH.'),
});

const grant = z.strictObject({
  from: text().describe('Who connects: everyone, internet, or a zone, a host, an address or a CIDR block.'),
  to: text().describe('What is reached: the same.'),
  ports: z.array(port()).min(1).describe('The ports that are reached.'),
  protocol: z.enum(['tcp', 'udp']).default('tcp').describe('tcp, the default, or udp.'),
  why: text().describe(
    'The reason, in a few words: it stands beside the rule in the firewall and in the documents.',
  ),
});

const assertion = z.strictObject({
  deny: flow.optional().describe('A flow that the rest of the description must never open.'),
  allow: flow.optional().describe('A flow that the rest of the description must open.'),
});

const site = {
  site: text().describe('Name of the site.'),
  language: z.enum(languages).default('en').describe('Language of the pages visitors see and of documents.'),
  timezone: timezone().default('UTC').describe('Time zone by its IANA name, such as Europe/Paris.'),
  admin: admin
    .optional()
    .describe(
      'Who may administer the machines that Poterne acts on. Their firewalls let nobody else in by SSH.',
    ),
  flows: z
    .array(grant)
    .default([])
    .describe('What machines need to reach beside what they publish: name servers, updates, mail.'),
  expect: z
    .array(assertion)
    .default([])
    .describe('Your own assertions: what must stay closed, or open, whatever else is described.'),
  confirm: z
    .array(text())
    .default([])
    .describe('Groups of hosts, such as production, on which nothing is run unless somebody confirms it.'),
  access: z
    .array(rule)
    .default([])
    .describe('Who may enter which machines over SSH, through the bastion; nobody else may.'),
  store: store
    .optional()
    .describe('Where jobs and facts are remembered; left out, in the state folder of each machine.'),
  bastion: bastion.optional().describe('The machine that people go through to reach the others over SSH.'),
  acme: acme
    .optional()
    .describe('The server that certificates of tls: acme come from, by the ACME protocol.'),
  authority: authority
    .optional()
    .describe('Poterne’s own certification authority: what it may sign, and how; the defaults need no word.'),
  mail: mail.optional().describe('How letters leave: through which server, and from whom.'),
  archives: archives
    .optional()
    .describe('Where archives are put for those who get a link, when they are too large for a letter.'),
  runs: runs.optional().describe('What is kept of runs.'),
  'sign-in': signIn.optional().describe('How people sign in: the portal, and what it asks for.'),
  countries: filename()
    .optional()
    .describe('MMDB file that tells the countries of addresses; you get it where you trust it.'),
  waf: wafRules.optional().describe('The rules of the web application firewall, for the whole gateway.'),
  bans: bans
    .optional()
    .describe(
      'Who is banned for a time, and who never is; left out, nobody. {} bans by the usual thresholds.',
    ),
};

const zone = {
  networks: z
    .array(network())
    .min(1)
    .describe('Addresses and CIDR blocks of the zone, IPv4 or IPv6, such as 10.0.0.0/24.'),
  outgoing: z
    .enum(outgoings)
    .optional()
    .describe(
      'What the firewalls of its machines let out: described, only what is asked for (the default where the gateway stands), or free.',
    ),
};

const hostEntry = {
  address: z
    .union([host(), z.array(address()).min(1)])
    .optional()
    .describe('Address or DNS name of the machine; a list of all its addresses when it has several.'),
  zone: text().optional().describe('The zone it stands in, by name.'),
  roles: z
    .array(z.enum(roles))
    .default([])
    .describe(
      'What it does: the gateway publishes, a router joins zones and forwards between them, a vantage is only looked from.',
    ),
  ssh: z
    .strictObject({
      user: text().optional().describe('The account to log in with; anybody but root works through sudo.'),
      port: port().default(22).describe('Port of its SSH server.'),
      via: text().optional().describe('The host to go through (ProxyJump), by name.'),
      'host-key': z
        .string()
        .refine((t) => /^(?:ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/]+={0,2}$/.test(t), {
          params: { code: 'value.host-key' },
        })
        .optional()
        .describe(
          'Its public host key, as ssh-keyscan prints it: type and base64. Else known_hosts must have it.',
        ),
    })
    .optional()
    .describe('How Poterne reaches it. A host without this is described only: nothing is changed on it.'),
  groups: z.array(text()).default([]).describe('Groups of your own, to name several hosts at once.'),
};

const gateway = {
  listen: z.array(address()).default([]).describe('Addresses to listen on; left out, every address.'),
  'http-port': port().default(80).describe('Port of plain http, which only redirects.'),
  'https-port': port().default(443).describe('Port of https.'),
  'public-port': port()
    .optional()
    .describe(
      'Port that people reach, when something in front forwards it to https-port; default: https-port.',
    ),
  public: z
    .array(address())
    .default([])
    .describe('Addresses at which the gateway is reached from outside, when a router has them and forwards.'),
  'trusted-fronts': z
    .array(network())
    .default([])
    .describe('Load balancers whose word on the client’s address is believed.'),
  'proxy-protocol': z
    .boolean()
    .default(false)
    .describe('Every connection begins with a PROXY protocol header (versions 1 and 2).'),
  partners: partnerDoor,
};

const service = {
  title: text().optional().describe('How people call it; default: its name.'),
  host: text().optional().describe('The host it runs on, by name.'),
  owner: z
    .strictObject({
      name: text().describe('Person or team that answers for the service.'),
      email: email().optional().describe('Where to write to them.'),
    })
    .optional()
    .describe('Who answers for it.'),
  url: url()
    .optional()
    .describe(
      'Where it listens: http://…, https://…, tcp://address:port or unix:/path/to.sock, without a path of requests.',
    ),
  upstreams: z
    .array(
      z.strictObject({
        url: url().describe('Where it listens: http://…, https://… or unix:/path/to.sock.'),
        weight: z
          .number()
          .int()
          .min(1)
          .max(1000)
          .default(1)
          .describe('Its share of the requests, against the others’.'),
        backup: z.boolean().default(false).describe('Used only when every other one is out.'),
      }),
    )
    .min(1)
    .optional()
    .describe('Where it listens, when in several places; instead of url.'),
  trust: z
    .strictObject({
      ca: filename().describe('PEM file of the CA that signs the service’s certificate.'),
      name: host().describe('The name that certificate must hold.'),
    })
    .optional()
    .describe('For https upstreams: which certificate to accept.'),
  healthy: z
    .strictObject({
      path: requestPath().describe('Path to ask the service for, as the service sees it.'),
      status: z.number().int().min(200).max(599).default(200).describe('Status that must come back.'),
      contains: z.string().min(1).optional().describe('Text that must be in the answer.'),
    })
    .optional()
    .describe('How one knows that it works.'),
  events: z
    .array(prefix())
    .default([])
    .describe('Path prefixes where server-sent events flow: never buffered, and proved.'),
  websocket: z
    .strictObject({
      path: requestPath().describe('Path where a WebSocket opens, as the service sees it.'),
      send: z.string().min(1).describe('Message to send.'),
      contains: z.string().min(1).describe('Text that must be in a message that comes back.'),
    })
    .optional()
    .describe('A WebSocket to prove; they pass everywhere.'),
  needs: z.array(text()).default([]).describe('Other services that it connects to, by name.'),
};

const route = {
  service: text().describe('The service that answers there, by name.'),
  'keep-path': z.boolean().optional().describe('The service sees the whole path (the default).'),
  'strip-path': z.boolean().optional().describe('The service sees the path without the prefix.'),
  'tls-configuration': text()
    .optional()
    .describe('The TLS configuration that says which client certificates are asked for here.'),
};

const publication = {
  service: text().optional().describe('The service that answers under this name; or use routes.'),
  scenario: z
    .enum(scenarios)
    .default('proxy')
    .describe(
      'How visitors reach the service: proxy (the default), proxy+waf: with a web application firewall, or direct: TLS is passed through to it, or a port forwarded.',
    ),
  port: port()
    .optional()
    .describe(
      'For scenario direct: a port of its own that is forwarded to the service. Left out, TLS told apart by name.',
    ),
  dns: z
    .record(z.string(), z.array(address()).min(1))
    .optional()
    .describe('What the name must resolve to, by the zone (or internet) where one asks.'),
  tls: publishedTls,
  'tls-configuration': text()
    .optional()
    .describe('The TLS configuration that says which client certificates are asked for under this name.'),
  waf: waf.optional().describe('For scenario proxy+waf: how its web application firewall treats requests.'),
  audience,
  'signed-identity': z
    .boolean()
    .optional()
    .describe('The service is also told who signed in as a signed token (JWT), which it can check.'),
  example: text()
    .optional()
    .describe('For a wildcard or a regular expression: a name it matches, for proofs.'),
};

type Output<S extends ZodRawShape> = z.output<z.ZodObject<S>>;
/** What engines read stands beside Poterne's own keys, under theirs. */
type WithOptions<T> = T & Readonly<Record<string, unknown>>;

export type SiteEntry = Output<typeof site>;
export type AssertionEntry = SiteEntry['expect'][number];
export type GrantEntry = SiteEntry['flows'][number];
export type RuleEntry = SiteEntry['access'][number];
export type BastionEntry = NonNullable<SiteEntry['bastion']>;
export type SignInEntry = NonNullable<SiteEntry['sign-in']>;
export type PersonEntry = Output<typeof person>;
export type CalendarEntry = Output<typeof calendar>;
export type JobEntry = Output<typeof job>;
export type ZoneEntry = Output<typeof zone>;
export type HostEntry = WithOptions<Output<typeof hostEntry>>;
export type GatewayEntry = WithOptions<Output<typeof gateway>>;
export type ServiceEntry = WithOptions<Output<typeof service>>;
export type RouteEntry = WithOptions<Output<typeof route>>;
export type PublicationEntry = WithOptions<
  Output<typeof publication> & { readonly routes?: Readonly<Record<string, RouteEntry>> | undefined }
>;

/** The grammar, by the thing described. */
export interface Schemas {
  readonly site: z.ZodType<SiteEntry>;
  readonly zone: z.ZodType<ZoneEntry>;
  readonly host: z.ZodType<HostEntry>;
  readonly gateway: z.ZodType<GatewayEntry>;
  readonly service: z.ZodType<ServiceEntry>;
  readonly route: z.ZodType<RouteEntry>;
  readonly publication: z.ZodType<PublicationEntry>;
  readonly person: z.ZodType<PersonEntry>;
  readonly calendar: z.ZodType<CalendarEntry>;
  readonly job: z.ZodType<JobEntry>;
  readonly tlsConfiguration: z.ZodType<TlsConfigurationEntry>;
  readonly partner: z.ZodType<PartnerEntry>;
  readonly directory: z.ZodType<DirectoryEntry>;
}

const built = new WeakMap<readonly Engine[], Schemas>();

/** The grammar with these engines' words in it. */
export function schemas(engines: readonly Engine[] = everyEngine): Schemas {
  const known = built.get(engines);
  if (known) return known;
  const words = (part: keyof EngineSchema): ZodRawShape =>
    Object.assign({}, ...engines.map((e) => e.schema[part]));
  const routeEntry = z.strictObject({ ...words('route'), ...route });
  const routes = z
    .record(z.string(), routeEntry)
    .optional()
    .describe('Path prefixes, or "~ " and a regular expression, and the service that answers there.');
  // zod cannot type a shape that is only known when the engines are; the parts above keep it honest.
  const schemas = {
    site: z.strictObject(site),
    zone: z.strictObject(zone),
    host: z.strictObject({ ...words('host'), ...hostEntry }),
    gateway: z.strictObject({ ...words('gateway'), ...gateway }),
    service: z.strictObject({ ...words('service'), ...service }),
    route: routeEntry,
    publication: z.strictObject({ ...words('publication'), ...publication, routes }),
    person: z.strictObject(person),
    calendar: z.strictObject(calendar),
    job: z.strictObject(job),
    tlsConfiguration,
    partner,
    directory,
  } as unknown as Schemas;
  built.set(engines, schemas);
  return schemas;
}

/**
 * The JSON Schema (draft 2020-12) of a whole description file, for editors. Files that are included leave `site` out,
 * so nothing is required there.
 */
export function jsonSchema(engines: readonly Engine[] = everyEngine): Readonly<Record<string, unknown>> {
  const s = schemas(engines);
  const all = z.strictObject({
    ...site,
    site: site.site.optional().describe('Name of the site; required once.'),
    calendars: z.record(z.string(), s.calendar).optional().describe('Days on which one works, by name.'),
    jobs: z.record(z.string(), s.job).optional().describe('Scripts that are run at their times, by name.'),
    people: z.record(z.string(), s.person).optional().describe('People who reach machines, by name.'),
    directories: z
      .record(z.string(), s.directory)
      .optional()
      .describe('Sources of people beside the section people, by name.'),
    include: z
      .array(z.string().min(1))
      .optional()
      .describe('More files, by name or pattern (*, ?), relative to this one.'),
    zones: z.record(z.string(), s.zone).optional().describe('Network areas, by name.'),
    hosts: z.record(z.string(), s.host).optional().describe('Machines, by name.'),
    gateway: s.gateway.optional().describe('Where the gateway listens, and who stands in front of it.'),
    partners: z
      .record(z.string(), s.partner)
      .optional()
      .describe('What internal applications call outside, through the gateway, by name.'),
    'tls-configurations': z
      .record(z.string(), s.tlsConfiguration)
      .optional()
      .describe('Named TLS configurations: certificates asked of clients, or shown to partners.'),
    services: z.record(z.string(), s.service).optional().describe('What listens inside, by name.'),
    publications: z
      .record(z.string(), s.publication)
      .optional()
      .describe(
        'What becomes visible, by DNS name, wildcard (*.example.fr) or regular expression after "~" (~^app[0-9]+\\.example\\.fr$).',
      ),
  });
  return {
    title: 'Poterne description',
    ...z.toJSONSchema(all, { io: 'input', target: 'draft-2020-12' }),
  };
}
