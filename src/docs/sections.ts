import type { Code } from '../i18n/en.ts';
import { say, translate } from '../i18n/index.ts';
import { networkText } from '../lib/ip.ts';
import type { Endpoint } from '../model/flow.ts';
import type { Params } from '../model/message.ts';
import type { Healthy, Language, Owner } from '../model/site.ts';
import type { Perimeter } from './perimeter.ts';

/** A stretch of text in a cell. */
export interface Inline {
  readonly text: string;
  readonly style?: 'code' | 'muted' | 'strong';
  /** It is an address to write to. */
  readonly mail?: boolean;
}

/** The lines of a cell. */
export type Cell = readonly (readonly Inline[])[];

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A chapter of the document, in one language and no format yet. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly intro: string;
  readonly tables: readonly (Table & { readonly title?: string })[];
  readonly notes: readonly string[];
}

type Words = (code: Code, params?: Params) => string;

const none: Cell = [[{ text: '–', style: 'muted' }]];

/** The chapters that follow the diagram. */
export function sectionsOf(perimeter: Perimeter, language: Language): readonly Section[] {
  const t: Words = (code, params) => translate(language, code, params);
  return [
    publications(perimeter, t),
    flowMatrix(perimeter, language, t),
    addresses(perimeter, t),
    services(perimeter, t),
    contacts(perimeter, t),
  ];
}

/** Where the document comes from; says no time unless it was given one. */
export function originText({ source, date }: Perimeter, language: Language): string {
  return date === undefined
    ? translate(language, 'docs.origin', { source })
    : translate(language, 'docs.origin.dated', { source, date });
}

function publications({ publications, gateway }: Perimeter, t: Words): Section {
  const { http, public: shown } = gateway.ports;
  return {
    id: 'publications',
    title: t('docs.publications'),
    intro: t('docs.publications.intro', { host: gateway.host, https: shown, http }),
    tables: [
      {
        head: heads(t, 'publication', 'audience', 'scenario', 'service', 'owner', 'healthy'),
        rows: publications.map((p) => [
          strong(p.name),
          lines(p.audience.map((who) => [{ text: audienceText(who, t) }])),
          lines([
            [{ text: t(`docs.scenario.${p.scenario}`) }],
            [{ text: t(`docs.tls.${p.tls}`), style: 'muted' }],
          ]),
          lines(
            p.routes.flatMap(({ path, service, certificate }) => [
              [{ text: path, style: 'code' }, { text: ` → ${service}` }],
              ...(certificate
                ? [detail(t(`docs.certificate.${certificate.client}`, { configuration: certificate.name }))]
                : []),
            ]),
          ),
          lines(p.owners.map(ownerLine)),
          lines(
            p.healthy.map(({ service, check }) => [
              ...(p.healthy.length > 1 ? [{ text: `${service} ` }] : []),
              ...healthyLine(check, t),
            ]),
          ),
        ]),
      },
    ],
    notes: publications.length === 0 ? [t('docs.publications.none')] : [],
  };
}

function flowMatrix({ flows, local, assertions, hosts }: Perimeter, language: Language, t: Words): Section {
  const why = (reasons: Perimeter['flows'][number]['reasons']): Cell =>
    lines(reasons.map(({ say: text }) => [{ text: say(language, text) }]));
  const tables: (Table & { title?: string })[] = [
    {
      head: heads(t, 'from', 'to', 'protocol', 'port', 'why'),
      rows: flows.map(({ from, to, protocol, port, forwardedTo, reasons }) => [
        endCell(from, t),
        endCell(to, t),
        plain(protocol.toUpperCase()),
        code(forwardedTo === undefined ? [String(port)] : [`${port} → ${forwardedTo}`]),
        why(reasons),
      ]),
    },
  ];
  if (local.length > 0)
    tables.push({
      title: t('docs.local'),
      head: heads(t, 'service', 'address', 'host', 'why'),
      rows: local.map(({ service, at, host, reasons }) => [
        strong(service),
        code([at]),
        plain(host ?? hosts.find(({ roles }) => roles.includes('gateway'))?.name ?? '–'),
        why(reasons),
      ]),
    });
  if (assertions.length > 0)
    tables.push({
      title: t('docs.assertions'),
      head: heads(t, 'assertion'),
      rows: assertions.map((rule) => [code([rule])]),
    });
  return { id: 'flows', title: t('docs.flows'), intro: t('docs.flows.intro'), tables, notes: [] };
}

function addresses({ zones, hosts }: Perimeter, t: Words): Section {
  return {
    id: 'addresses',
    title: t('docs.addresses'),
    intro: t('docs.addresses.intro'),
    tables: [
      {
        title: t('docs.zones'),
        head: heads(t, 'zone', 'networks', 'hosts'),
        rows: zones.map((zone) => [strong(zone.name), code(zone.networks), plain(String(zone.hosts))]),
      },
      {
        title: t('docs.hosts'),
        head: heads(t, 'host', 'zone', 'address', 'roles', 'services', 'ports'),
        rows: hosts.map(({ name, zone, addresses, roles, groups, services }) => [
          strong(name),
          zone === undefined ? none : plain(zone),
          code(addresses),
          lines([
            ...roles.map((role): Inline[] => [{ text: t(`docs.role.${role}`), style: 'strong' }]),
            ...groups.map((group): Inline[] => [{ text: group }]),
          ]),
          lines(services.map((service) => [{ text: service.name }])),
          // Line by line beside the services.
          lines(
            services.map(({ ports }) => [{ text: ports.length > 0 ? ports.join(', ') : '–', style: 'code' }]),
          ),
        ]),
      },
    ].filter(({ rows }) => rows.length > 0),
    notes: [],
  };
}

function services({ services }: Perimeter, t: Words): Section {
  return {
    id: 'services',
    title: t('docs.services'),
    intro: t('docs.services.intro'),
    tables: [
      {
        head: heads(t, 'service', 'host', 'listens', 'owner', 'published', 'healthy'),
        rows: services.map((s) => [
          lines([
            [{ text: s.name, style: 'strong' }],
            ...(s.title === undefined ? [] : [[{ text: s.title, style: 'muted' as const }]]),
          ]),
          s.host === undefined ? none : plain(s.host),
          code(s.addresses),
          s.owner === undefined ? none : lines([ownerLine(s.owner)]),
          lines(s.publications.map((name) => [{ text: name }])),
          s.healthy === undefined ? none : lines([healthyLine(s.healthy, t)]),
        ]),
      },
    ],
    notes: [],
  };
}

function contacts({ contacts, orphans }: Perimeter, t: Words): Section {
  return {
    id: 'contacts',
    title: t('docs.contacts'),
    intro: t('docs.contacts.intro'),
    tables: [
      {
        head: heads(t, 'owner', 'mail', 'services', 'publications'),
        rows: contacts.map(({ owner, services, publications }) => [
          strong(owner.name),
          owner.email === undefined ? none : [[{ text: owner.email, mail: true }]],
          lines(services.map((name) => [{ text: name }])),
          lines(publications.map((name) => [{ text: name }])),
        ]),
      },
    ].filter(({ rows }) => rows.length > 0),
    notes: orphans.length > 0 ? [t('docs.contacts.orphans', { services: orphans.join(', ') })] : [],
  };
}

type Column = Code extends infer C ? (C extends `docs.column.${infer Name}` ? Name : never) : never;

function heads(t: Words, ...columns: Column[]): string[] {
  return columns.map((column) => t(`docs.column.${column}`));
}

function audienceText(who: string, t: Words): string {
  return who === 'everyone' ? t('docs.everyone') : who;
}

function endCell(end: Endpoint, t: Words): Cell {
  if (end.kind === 'zone') {
    const isEveryone = end.networks.includes('0.0.0.0/0');
    const text = isEveryone ? t('docs.internet') : end.name;
    const networks = isEveryone ? [] : [detail(end.networks.join(', '))];
    return lines([[{ text, style: 'strong' }], ...networks]);
  }
  if (end.kind === 'internet') return strong(t('docs.internet'));
  const zone = end.kind === 'name' ? undefined : end.zone;
  const address = end.kind === 'host' && end.address !== undefined ? [end.address] : [];
  const details = [...address, ...(zone === undefined ? [] : [zone])];
  return lines([
    [{ text: networkText(end.name), style: end.kind === 'host' ? 'strong' : 'code' }],
    ...(details.length > 0 ? [detail(details.join(' · '))] : []),
  ]);
}

function detail(text: string): Inline[] {
  return [{ text, style: 'muted' }];
}

function ownerLine({ name, email }: Owner): Inline[] {
  return [{ text: name }, ...(email === undefined ? [] : [{ text: ' ' }, { text: email, mail: true }])];
}

function healthyLine({ path, status, contains }: Healthy, t: Words): Inline[] {
  const rest =
    contains === undefined ? t('docs.healthy', { status }) : t('docs.healthy.contains', { status, contains });
  return [{ text: path, style: 'code' }, { text: ` ${rest}` }];
}

function lines(all: readonly (readonly Inline[])[]): Cell {
  return all.length > 0 ? all : none;
}

function plain(text: string): Cell {
  return [[{ text }]];
}

function strong(text: string): Cell {
  return [[{ text, style: 'strong' }]];
}

function code(texts: readonly string[]): Cell {
  return lines(texts.map((text) => [{ text, style: 'code' }]));
}
