import type { z } from 'zod';
import type { Engine } from '../engines/engine.ts';
import type { Finding } from '../model/finding.ts';
import { type Message, message } from '../model/message.ts';
import { type Pointer, pointer } from '../model/pointer.ts';
import { findingsOf, keysAt, valueAt } from './issues.ts';
import { isPlainMap, type Section, type Sources } from './merge.ts';
import { audienceRule } from './schema/audience.ts';
import type { DirectoryEntry } from './schema/directories.ts';
import type { PartnerEntry } from './schema/partners.ts';
import type { TlsConfigurationEntry } from './schema/tls.ts';
import {
  type CalendarEntry,
  type GatewayEntry,
  type HostEntry,
  type JobEntry,
  jsonSchema,
  type PersonEntry,
  type PublicationEntry,
  type ServiceEntry,
  type SiteEntry,
  schemas,
  type ZoneEntry,
} from './schema.ts';

/** The description by its entries, each of the right shape; what they say of each other is not checked yet. */
export interface Parsed {
  /** Absent when even `site` is. */
  readonly site: SiteEntry | undefined;
  readonly zones: ReadonlyMap<string, ZoneEntry>;
  readonly hosts: ReadonlyMap<string, HostEntry>;
  readonly gateway: GatewayEntry | undefined;
  readonly services: ReadonlyMap<string, ServiceEntry>;
  readonly publications: ReadonlyMap<string, PublicationEntry>;
  readonly people: ReadonlyMap<string, PersonEntry>;
  readonly calendars: ReadonlyMap<string, CalendarEntry>;
  readonly jobs: ReadonlyMap<string, JobEntry>;
  readonly 'tls-configurations': ReadonlyMap<string, TlsConfigurationEntry>;
  readonly partners: ReadonlyMap<string, PartnerEntry>;
  readonly directories: ReadonlyMap<string, DirectoryEntry>;
  /** Every name that was written, of entries that could not be parsed as well. */
  readonly names: Readonly<Record<Exclude<Section, 'gateway'>, readonly string[]>>;
  /** Entries that lost something that was wrong: what they lack now says nothing. */
  readonly flawed: ReadonlySet<Pointer>;
}

type Path = readonly (string | number)[];

const laterScenarios = ['vpn'];

/** Reads every entry by the grammar. What is wrong in one is reported and left out, so that the rest can be checked. */
export function parse(
  sources: Sources,
  engines: readonly Engine[],
): { parsed: Parsed; findings: readonly Finding[] } {
  const grammar = schemas(engines);
  const findings: Finding[] = [];
  const flawed = new Set<Pointer>();
  let json: unknown;
  const known = (path: Path) => {
    json ??= jsonSchema(engines);
    return keysAt(json, path);
  };

  function entry<T>(schema: z.ZodType<T>, raw: unknown, path: Path): T | undefined {
    const first = schema.safeParse(raw);
    if (first.success) return first.data;
    findings.push(...findingsOf(first.error.issues, path, raw, known));
    flawed.add(pointer(...path));
    return remainder(schema, raw, first.error.issues);
  }

  function entries<T>(section: Section, schema: z.ZodType<T>): Map<string, T> {
    const parsed = new Map<string, T>();
    for (const [name, raw] of sources.sections[section]) {
      const value = entry(schema, raw, [section, name]);
      if (value !== undefined) parsed.set(name, value);
    }
    return parsed;
  }

  function publications(): Map<string, PublicationEntry> {
    const parsed = new Map<string, PublicationEntry>();
    for (const [name, raw] of sources.sections.publications) {
      const later = unavailable(name, raw);
      findings.push(...later.findings);
      if (later.findings.length > 0) flawed.add(pointer('publications', name));
      const value = entry(grammar.publication, later.rest, ['publications', name]);
      if (value !== undefined) parsed.set(name, value);
    }
    return parsed;
  }

  const names = (section: Section) => [...sources.sections[section].keys()];
  const parsed: Parsed = {
    site: entry(grammar.site, sources.root, []),
    zones: entries('zones', grammar.zone),
    hosts: entries('hosts', grammar.host),
    gateway: entry(grammar.gateway, Object.fromEntries(sources.sections.gateway), ['gateway']),
    services: entries('services', grammar.service),
    publications: publications(),
    people: entries('people', grammar.person),
    calendars: entries('calendars', grammar.calendar),
    jobs: entries('jobs', grammar.job),
    'tls-configurations': entries('tls-configurations', grammar.tlsConfiguration),
    partners: entries('partners', grammar.partner),
    directories: entries('directories', grammar.directory),
    names: {
      zones: names('zones'),
      hosts: names('hosts'),
      services: names('services'),
      publications: names('publications'),
      people: names('people'),
      calendars: names('calendars'),
      jobs: names('jobs'),
      'tls-configurations': names('tls-configurations'),
      partners: names('partners'),
      directories: names('directories'),
    },
    flawed,
  };
  return { parsed, findings };
}

/** Parses again without what was wrong, as often as leaving something out makes something else wrong. */
function remainder<T>(
  schema: z.ZodType<T>,
  raw: unknown,
  issues: readonly z.core.$ZodIssue[],
): T | undefined {
  if (!isPlainMap(raw)) return undefined;
  const draft = structuredClone(raw);
  let wrong = issues;
  for (let round = 0; round < 10; round++) {
    for (const issue of wrong) {
      const path = issue.path.map((p) => (typeof p === 'number' ? p : String(p)));
      if (issue.code === 'unrecognized_keys') for (const key of issue.keys) remove(draft, [...path, key]);
      else if (valueAt(draft, path) !== undefined) remove(draft, path);
      else remove(draft, path.slice(0, -1));
    }
    const result = schema.safeParse(draft);
    if (result.success) return result.data;
    wrong = result.error.issues;
  }
  return undefined;
}

/** Takes a key out of its map; an element takes its whole list along, since the others would move. */
function remove(draft: Record<string, unknown>, path: Path): void {
  const key = path.at(-1);
  if (key === undefined) return;
  const parent = valueAt(draft, path.slice(0, -1));
  if (Array.isArray(parent)) remove(draft, path.slice(0, -1));
  else if (isPlainMap(parent)) delete parent[key];
}

/** What the language has words for and this version does not do: said as such, never as an unknown word. */
function unavailable(name: string, raw: unknown): { findings: readonly Finding[]; rest: unknown } {
  if (!isPlainMap(raw)) return { findings: [], rest: raw };
  const findings: Finding[] = [];
  const rest = { ...raw };
  const { scenario, audience } = raw;
  if (typeof scenario === 'string' && laterScenarios.includes(scenario)) {
    delete rest.scenario;
    findings.push({
      severity: 'error',
      code: 'scenario.unavailable',
      params: { scenario },
      pointer: pointer('publications', name, 'scenario'),
      hint: message('scenario.unavailable.hint'),
    });
  }
  const wrong = audienceForm(audience);
  if (wrong) {
    delete rest.audience;
    findings.push({
      severity: 'error',
      code: 'audience.form',
      params: {},
      pointer: pointer('publications', name, 'audience'),
      hint: wrong,
    });
  }
  return { findings, rest };
}

/** What to do about an audience that is none of its forms. */
function audienceForm(audience: unknown): Message | undefined {
  if (audience === undefined || audience === 'everyone' || Array.isArray(audience)) return undefined;
  if (isPlainMap(audience))
    return Object.keys(audience).some((key) => key !== 'from' && Object.hasOwn(audienceRule.shape, key))
      ? message('audience.form.list')
      : undefined;
  return typeof audience === 'string' && audience !== ''
    ? message('audience.form.from', { value: audience })
    : message('audience.missing.hint');
}
