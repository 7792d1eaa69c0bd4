import { ruleWords } from '../lib/audience-words.ts';
import { sha256 } from '../lib/digest.ts';
import type { Rate } from '../lib/rate.ts';
import type { Manifest } from '../model/applied.ts';
import type { Change, ExposureDiff, ReachChange } from '../model/change.ts';
import { message } from '../model/message.ts';
import type { Partner } from '../model/partner.ts';
import type { Artefact, Plan, Reach } from '../model/plan.ts';
import { clientVerification, type Publication, type Route, type Service, type Site } from '../model/site.ts';
import { banChanges } from './ban-changes.ts';
import { limitSentence } from './limit-changes.ts';
import { settingName, settingValue } from './setting-words.ts';
import { asksNoMore, covers, exposure } from './topology.ts';

/** What apply would do to what is active, as a person would say it; empty when nothing would change. */
export function changes(active: Manifest | undefined, plan: Plan): Change[] {
  const before = active && asServed(active);
  const lacking = lackingOf(plan);
  const said = [
    ...compare(before?.publications ?? [], plan.site.publications, (p) => p.name, {
      added: (p) => {
        const some = [publish(plan.site, p), ...limitsOf(p)];
        if (!lacking.has(p.id)) return some;
        // What refuses already goes on so.
        return active?.standing[p.id] ? [] : [...some, refuse(p)];
      },
      removed: (p) => [{ kind: 'remove', say: message('change.publication.remove', { name: p.name }) }],
      both: (b, a) => {
        const some = publicationChanges(b, a, plan.site.timezone);
        if (lacking.has(a.id)) return [...some, refuse(a)];
        // Described as it is served, and yet refused: a file that it reads is broken.
        return some.length === 0 && active?.standing[a.id] ? [restore(a)] : some;
      },
    }),
    ...compare(before?.services ?? [], plan.site.services, (s) => s.name, {
      added: () => [],
      removed: () => [],
      both: serviceChanges,
    }),
    ...ordered(before, plan.site),
    // What an earlier version of Poterne served knew of none.
    ...compare(before?.tlsConfigurations ?? [], plan.site.tlsConfigurations, ({ name }) => name, {
      added: () => [],
      removed: () => [],
      both: (was, is) => settings(`tls-configuration/${is.name}`, is.pointer, was, is),
    }),
    ...compare(before?.partners ?? [], plan.site.partners, (partner) => partner.name, {
      added: (partner) => [callable(partner)],
      removed: ({ name }) => [{ kind: 'remove', say: message('change.partner.remove', { name }) }],
      both: (was, is) => settings(`partner/${is.name}`, is.pointer, was, is),
    }),
    ...banChanges(before?.bans, plan.site.bans),
    ...(before ? gatewayChanges(before, plan.site) : []),
  ];
  return [...said, ...rewritten(active, plan, said)];
}

/** Publications that would answer nobody, since what they need is not there. */
const lackingOf = ({ artefacts }: Plan): ReadonlySet<string> =>
  new Set(artefacts.flatMap(({ lack, shared }) => (lack ? (shared?.publications ?? []) : [])));

/** Who gains and who loses reach to what, between what is active and the plan. */
export function exposureDiff(active: Manifest | undefined, plan: Plan): ExposureDiff {
  const before = active ? [...exposure(asServed(active)), ...portal(active.site)] : [];
  const after = [...plan.exposure, ...portal(plan.site)];
  return { gained: beyond(after, before), lost: beyond(before, after) };
}

/** Where people sign in: nobody is known there yet, so that it is open to everyone. */
const portal = ({ signIn }: Site): readonly Reach[] =>
  signIn ? [{ who: 'everyone', what: `${signIn.at}/`, service: 'sign-in' }] : [];

/** The reaches that the others do not cover: what everyone can reach each zone can, and a zone's networks may grow. */
function beyond(some: readonly Reach[], others: readonly Reach[]): ReachChange[] {
  const known = new Map<string, Reach[]>();
  for (const reach of others) known.set(reach.service, [...(known.get(reach.service) ?? []), reach]);
  return some.flatMap((reach) => {
    const near =
      known.get(reach.service)?.filter((other) => isThere(other, reach) && covers(other, reach)) ?? [];
    if (near.some((other) => asksNoMore(other, reach))) return [];
    const isByCertificate = near.some(({ certificate, rule }) => certificate !== undefined && !rule);
    return [isByCertificate && !reach.certificate && !reach.rule ? { ...reach, without: true } : reach];
  });
}

/** Whether one reach leads where the other does: there, or to all that a rule of the other leads to a part of. */
const isThere = (outer: Reach, { what, rule }: Reach): boolean =>
  outer.what === what ||
  (rule?.paths !== undefined && outer.what.endsWith('/') && what.startsWith(outer.what));

/** The recorded site with its publications as they are served, which some are not as described: those are still to do. */
function asServed({ site, standing }: Manifest): Site {
  const publications = site.publications.flatMap((publication) => {
    const stands = standing[publication.id];
    if (!stands) return [publication];
    return stands.state === 'kept' && 'routes' in stands.served ? [stands.served] : [];
  });
  return { ...site, publications };
}

function compare<T>(
  before: readonly T[],
  after: readonly T[],
  key: (item: T) => string,
  on: { added: (a: T) => Change[]; removed: (b: T) => Change[]; both: (b: T, a: T) => Change[] },
): Change[] {
  const old = new Map(before.map((item) => [key(item), item]));
  const kept = new Set(after.map(key));
  return [
    ...after.flatMap((item) => {
      const was = old.get(key(item));
      return was === undefined ? on.added(item) : on.both(was, item);
    }),
    ...before.filter((item) => !kept.has(key(item))).flatMap(on.removed),
  ];
}

function publish(site: Site, publication: Publication): Change {
  const routes = publication.routes.map((r) => `${r.path} → ${r.service}`).join(', ');
  const { from, rules } = publication.audience;
  const who = rules
    ? rules.map((rule) => `{ ${ruleWords(rule, site.timezone)} }`).join(', ')
    : from.join(', ');
  const { name } = publication;
  const verification = clientVerification(site, publication);
  const isAsked = verification?.everywhere && verification.configuration.client === 'required';
  return {
    kind: 'add',
    say: isAsked
      ? message('change.publication.add.certificate', {
          ...{ name, routes, who },
          configuration: verification.configuration.name,
        })
      : message('change.publication.add', { name, routes, who }),
    because: publication.pointer,
  };
}

/** What visitors of a new publication may ask. */
function limitsOf(publication: Publication): Change[] {
  const { name, routes, options, pointer } = publication;
  const said = (what: string, because: string, some: object) =>
    settings(what, because, {}, { options: some }).filter(({ say }) => say.code.startsWith('change.limit.'));
  return [
    ...said(name, pointer, options),
    // A publication of one service has its words, not its route.
    ...routes.flatMap((route) => said(`${name}${route.path}`, route.pointer, route.options)),
  ].map((change) => ({ ...change, kind: 'add' }));
}

function callable({ name, host, port, base, callers, socket, pointer }: Partner): Change {
  const who = [...callers, ...(socket === undefined ? [] : [`unix:${socket}`])].join(', ');
  const say = message('change.partner.add', {
    name,
    who,
    url: `https://${host}${port === 443 ? '' : `:${port}`}${base}`,
  });
  return { kind: 'add', say, because: pointer };
}

function refuse({ name, pointer }: Publication): Change {
  return { kind: 'remove', say: message('change.publication.refuse', { name }), because: pointer };
}

function restore({ name, pointer }: Publication): Change {
  return { kind: 'change', say: message('change.publication.restore', { name }), because: pointer };
}

function publicationChanges(before: Publication, after: Publication, timezone: string): Change[] {
  const { name } = after;
  const routes = compare<Route>(before.routes, after.routes, (r) => r.match + r.path, {
    added: (r) => [
      {
        kind: 'add',
        say: message('change.route.add', { name, path: r.path, service: r.service }),
        because: r.pointer,
      },
    ],
    removed: (r) => [{ kind: 'remove', say: message('change.route.remove', { name, path: r.path }) }],
    both: (b, a) => settings(`${name}${a.path}`, a.pointer, b, a),
  });
  return [
    ...routes,
    ...ruleChanges(before, after, timezone),
    ...exclusionChanges(name, exclusionsOf(before), exclusionsOf(after)),
    ...settings(name, after.pointer, withoutLists(before), withoutLists(after)),
  ];
}

/** A publication without what is told line by line. */
function withoutLists(publication: Publication): object {
  const { routes: _, audience, ...others } = publication;
  const waf = 'waf' in others && others.waf ? { waf: { ...others.waf, exclusions: undefined } } : {};
  const rest = { ...others, ...waf };
  // From where rules let in, they say themselves.
  return audience.rules ? rest : { ...rest, audience };
}

const exclusionsOf = (publication: Publication) =>
  publication.scenario === 'direct' ? [] : (publication.waf?.exclusions ?? []);

/** What the firewall no longer looks for, and looks for again. */
function exclusionChanges(
  name: string,
  before: ReturnType<typeof exclusionsOf>,
  after: ReturnType<typeof exclusionsOf>,
): Change[] {
  const values = ({ rule, path, target, why }: (typeof after)[number]) => ({
    ...{ name, rule, path, why },
    target: target ?? '',
  });
  const code = (of: (typeof after)[number]) => (of.target === undefined ? '' : '.target') as '' | '.target';
  return compare(before, after, ({ rule, path, target }) => JSON.stringify([rule, path, target]), {
    added: (one) => [
      {
        kind: 'change',
        say: message(`change.waf.exclusion${code(one)}`, values(one)),
        because: one.pointer,
      },
    ],
    removed: (one) => [
      { kind: 'change', say: message(`change.waf.exclusion${code(one)}.remove`, values(one)) },
    ],
    both: () => [],
  });
}

/** The rules of an audience that come and go, each in its own words. */
function ruleChanges(before: Publication, after: Publication, timezone: string): Change[] {
  const { name } = after;
  return compare(before.audience.rules ?? [], after.audience.rules ?? [], ({ id }) => id, {
    added: (rule) => [
      {
        kind: 'add',
        say: message('change.rule.add', { name, rule: ruleWords(rule, timezone) }),
        because: rule.pointer,
      },
    ],
    removed: (rule) => [
      { kind: 'remove', say: message('change.rule.remove', { name, rule: ruleWords(rule, timezone) }) },
    ],
    both: () => [],
  });
}

/** Certificates that an ACME server will be asked for: those that hold names which none held before. */
function ordered(before: Site | undefined, { acme }: Site): Change[] {
  if (!acme) return [];
  const known = new Map(before?.acme?.certificates.map(({ id, names }) => [id, new Set(names)]));
  const server = acme.authority.directory;
  const isMoved = before?.acme !== undefined && before.acme.authority.directory !== server;
  return acme.certificates
    .filter(({ id, names }) => isMoved || !names.every((name) => known.get(id)?.has(name)))
    .map(({ names, pointer }) => ({
      kind: 'add',
      say: message('change.certificate.order', { names: names.join(', '), server: new URL(server).host }),
      because: pointer,
    }));
}

function serviceChanges(before: Service, after: Service): Change[] {
  return settings(after.name, after.pointer, before, after);
}

function gatewayChanges(before: Site, after: Site): Change[] {
  return [
    ...settings('gateway', after.gateway.pointer, before.gateway, after.gateway),
    ...settings('site', '', { language: before.language }, { language: after.language }),
    ...settings('sign-in', '/sign-in', before.signIn ?? {}, after.signIn ?? {}),
    ...settings('countries', '/countries', { file: before.countries }, { file: after.countries }),
    ...compare(before.directories ?? [], after.directories ?? [], ({ name }) => name, {
      added: (one) => settings(`directory/${one.name}`, one.pointer, {}, one),
      removed: (one) => settings(`directory/${one.name}`, '/directories', one, {}),
      both: (was, is) => settings(`directory/${is.name}`, is.pointer, was, is),
    }),
  ];
}

/** One change for each leaf that differs, pointers aside: `erp.localhost: limits.burst: 20 → 40`. */
function settings(name: string, because: string, before: object, after: object): Change[] {
  const was = leaves(before);
  const is = leaves(after);
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((key): Change[] => {
    const [from, to] = [was.get(key), is.get(key)];
    // Networks follow from whom an audience names; they are told when only they change, as a zone does.
    // An empty list is as good as none.
    if (
      (from ?? '–') === (to ?? '–') ||
      (key === 'audience.networks' && was.get('audience.from') !== is.get('audience.from'))
    )
      return [];
    const values = { name, setting: settingName(key), from: from ?? '–', to: to ?? '–' };
    const say = limitSentence(name, key, from, to) ?? message('change.setting', values);
    return [{ kind: 'change', say, because }];
  });
}

function leaves(value: unknown, path: readonly string[] = [], found = new Map<string, string>()) {
  if (isRate(value)) return found.set(path.join('.'), `${value.count}/${value.per}`);
  const isList = Array.isArray(value) && value.every((item) => typeof item !== 'object');
  if (typeof value !== 'object' || value === null || isList)
    found.set(path.join('.'), settingValue(path.join('.'), value));
  else
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'pointer' || inner === undefined) continue;
      // The engine's name tells the reader nothing: `limits.burst`, not `options.nginx.limits.burst`.
      const isEngine = path.at(-1) === 'options';
      leaves(
        inner,
        key === 'options' ? [...path, key] : isEngine ? path.slice(0, -1) : [...path, key],
        found,
      );
    }
  return found;
}

const isRate = (value: unknown): value is Rate =>
  typeof value === 'object' && value !== null && 'count' in value && 'per' in value;

/** Files whose text changes although nothing said so far explains it: new addresses of a name, a new engine or Poterne. */
function rewritten(active: Manifest | undefined, plan: Plan, said: readonly Change[]): Change[] {
  if (!active || said.length > 0) return [];
  const lacking = lackingOf(plan);
  const stands = ({ lack, isolated }: Artefact) =>
    lack === undefined && !lacking.has(isolated?.publication ?? '');
  const differs = (a: Artefact) => stands(a) && active.files[a.path]?.sha256 !== sha256(a.text);
  const paths = plan.artefacts.filter(differs).map((a) => a.path);
  const shown = paths.slice(0, 3).join(', ') + (paths.length > 3 ? ', …' : '');
  return paths.length === 0
    ? []
    : [{ kind: 'change', say: message('change.rewritten', { count: paths.length, paths: shown }) }];
}
