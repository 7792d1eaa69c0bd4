import { type ZodRawShape, z } from 'zod';
import type { Engine, EngineSchema } from '../engines/engine.ts';
import { engines as everyEngine } from '../engines/index.ts';
import { languages } from '../model/site.ts';
import { bastion, person, rule } from './schema/access.ts';
import { acme } from './schema/acme.ts';
import { authority } from './schema/authority.ts';
import { bans } from './schema/bans.ts';
import { type DirectoryEntry, directory } from './schema/directories.ts';
import { admin, assertion, grant } from './schema/flows.ts';
import { calendar, job, store } from './schema/jobs.ts';
import { gateway, hostEntry, zone } from './schema/machines.ts';
import { archives, mail, runs } from './schema/mail.ts';
import { type PartnerEntry, partner } from './schema/partners.ts';
import { publication, route, service } from './schema/publications.ts';
import { signIn } from './schema/sign-in.ts';
import { timezone } from './schema/timezone.ts';
import { type TlsConfigurationEntry, tlsConfiguration } from './schema/tls.ts';
import { wafRules } from './schema/waf.ts';
import { filename, text } from './schema/words.ts';

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
