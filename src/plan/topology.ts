import { ruleWords } from '../lib/audience-words.ts';
import { contains, parseNetwork } from '../lib/ip.ts';
import type { AudienceRule, RuleSubject } from '../model/audience.ts';
import type { AskedCertificate, Reach } from '../model/plan.ts';
import type { SecondFactor } from '../model/sign-in.ts';
import {
  clientVerification,
  isRequired,
  isVerified,
  type Publication,
  type Route,
  type Site,
} from '../model/site.ts';
import type { ServerTls } from '../model/tls.ts';

/** Who can reach what: one line for each audience entry and route, in the description's order. */
export function exposure(site: Site): Reach[] {
  const zones = new Map(site.zones.map((zone) => [zone.name, zone.networks]));
  const published = site.publications.flatMap((publication) => {
    const verification = clientVerification(site, publication);
    if (publication.audience.rules) return ruled(site, publication, publication.audience.rules);
    return publication.routes.flatMap((route) =>
      publication.audience.from.map((who) => ({
        who,
        ...(publication.audience.networks ? { networks: zones.get(who) ?? [who] } : {}),
        what: publication.name + (route.match === 'regex' ? ` ~${route.path}` : route.path),
        service: route.service,
        ...(verification && isRequired(verification, route)
          ? { certificate: asked(verification.configuration) }
          : {}),
      })),
    );
  });
  // What an earlier version of Poterne served knew of none.
  const called = ((site.partners as Site['partners'] | undefined) ?? []).flatMap(
    ({ name, callers, networks, paths, host, socket }) => {
      const who = [
        ...callers.map((caller) => ({
          who: caller,
          networks: zones.get(caller) ?? ownNetworks(site, caller) ?? networks,
        })),
        ...(socket === undefined ? [] : [{ who: `unix:${socket}`, networks: [] }]),
      ];
      return who.flatMap((one) =>
        paths.map(({ path }) => ({ ...one, what: `partner/${name}${path}`, service: host })),
      );
    },
  );
  return [...published, ...called];
}

/** The same where rules say who: one line for each of them that lets in, and each route that it leads to. */
function ruled(site: Site, publication: Publication, rules: readonly AudienceRule[]): Reach[] {
  const verification = clientVerification(site, publication);
  const required = site.signIn?.secondFactor.required ?? [];
  const denials = rules.filter(({ verdict }) => verdict === 'deny');
  const letting = rules.filter(({ verdict }) => verdict === 'allow');
  return publication.routes.flatMap((route) =>
    letting.flatMap((rule) =>
      placesOf(publication, route, rule).map((path) => ({
        who: ruleWords(rule, site.timezone) || 'everyone',
        ...(rule.networks ? { networks: rule.networks } : {}),
        what: publication.name + path,
        service: route.service,
        ...(verification && isRequired(verification, route)
          ? { certificate: asked(verification.configuration) }
          : {}),
        rule,
        ...(denials.length > 0 ? { denials } : {}),
        ...(rule.subject && required.length > 0 ? { secondFactor: required } : {}),
      })),
    ),
  );
}

/** Where a rule leads on a route; nowhere when it is for other paths, or another route answers there. */
function placesOf(
  { routes }: Publication,
  { match, path }: Route,
  { paths }: AudienceRule,
): readonly string[] {
  if (match === 'regex') return [` ~${path}`];
  if (!paths) return [path];
  const isTaken = (place: string) =>
    routes.some(
      (other) => other.match === 'prefix' && other.path.length > path.length && place.startsWith(other.path),
    );
  return paths.flatMap((each) =>
    each.startsWith(path) ? (isTaken(each) ? [] : [each]) : path.startsWith(each) ? [path] : [],
  );
}

/** The addresses of a described machine as CIDR blocks. */
function ownNetworks({ hosts }: Site, name: string): readonly string[] | undefined {
  return hosts.find((host) => host.name === name)?.addresses.flatMap((one) => parseNetwork(one) ?? []);
}

/** Whether all of one reach's people are among the other's; both speak of the same thing. */
export function covers(outer: Pick<Reach, 'networks'>, inner: Pick<Reach, 'networks'>): boolean {
  const { networks } = outer;
  if (networks === undefined) return true;
  return inner.networks?.every((network) => networks.some((block) => contains(block, network))) ?? false;
}

function asked({ name, authorities, depth, crls, ocsp }: ServerTls): AskedCertificate {
  return {
    configuration: name,
    authorities: authorities.map((each) => (each.kind === 'internal' ? 'internal' : each.file)),
    ...{ depth, crls: crls.map(({ file }) => file) },
    ...(ocsp ? { ocsp: `${ocsp.responder} ${ocsp.whole ? 'all' : 'leaf'}` } : {}),
  };
}

/** Whether one reach asks for nothing that the other does not: whoever has the other has this one. */
export function asksNoMore(one: Reach, other: Reach): boolean {
  return certificateNoMore(one, other) && rulesNoMore(one, other);
}

/** Whether all certificates that the other asks for are good enough, and none is an answer too. */
function certificateNoMore({ certificate: one }: Reach, { certificate: other }: Reach): boolean {
  if (!one || !other) return !one;
  return (
    other.authorities.every((each) => one.authorities.includes(each)) &&
    one.depth >= other.depth &&
    one.crls.every((each) => other.crls.includes(each)) &&
    (one.ocsp === undefined || one.ocsp === other.ocsp)
  );
}

/** Whether whoever the other's rule lets in, this one's does too; what cannot be compared is another. */
function rulesNoMore(one: Reach, other: Reach): boolean {
  const denied = (other.denials ?? []).map(({ id }) => id);
  if ((one.denials ?? []).some(({ id }) => !denied.includes(id))) return false;
  const known = (other.secondFactor ?? []).map(required);
  if ((one.secondFactor ?? []).some((each) => !known.includes(required(each)))) return false;
  if (!one.rule) return true;
  const { subject, countries, when, approval, secondFactor } = one.rule;
  const same = (a: unknown, b: unknown) => a === undefined || JSON.stringify(a) === JSON.stringify(b);
  return (
    meansAll(subject, other.rule?.subject) &&
    (countries === undefined ||
      (other.rule?.countries?.every((each) => countries.includes(each)) ?? false)) &&
    (!secondFactor || other.rule?.secondFactor === true) &&
    same(when, other.rule?.when) &&
    same(approval, other.rule?.approval)
  );
}

const required = ({ groups, networks }: SecondFactor['required'][number]): string =>
  JSON.stringify([groups, networks]);

function meansAll(one: RuleSubject | undefined, other: RuleSubject | undefined): boolean {
  if (!one) return true;
  if (!other || (other.certificate !== undefined && other.certificate !== one.certificate)) return false;
  if (one.signedIn) return true;
  return (
    !other.signedIn &&
    other.groups.every((each) => one.groups.includes(each)) &&
    other.people.every((each) => one.people.includes(each))
  );
}

/** A publication as one description has it. */
interface Version {
  readonly site: Partial<Pick<Site, 'tlsConfigurations'>>;
  readonly publication: Publication;
}

/** Whether one version of a publication lets people in that the other does not, or may, or lets them say who they are. */
export function letsInMore(one: Version, other: Version): boolean {
  return (
    !covers(other.publication.audience, one.publication.audience) ||
    isRuledOtherwise(one, other) ||
    asksLess(one, other) ||
    isWalledOtherwise(one, other) ||
    believesMore(one, other)
  );
}

/** Whether one version may let in whom the other's rules do not; any difference may. */
function isRuledOtherwise({ publication: one }: Version, { publication: other }: Version): boolean {
  const ids = ({ audience }: Publication) => audience.rules?.map(({ id }) => id).sort();
  return other.audience.rules !== undefined && JSON.stringify(ids(one)) !== JSON.stringify(ids(other));
}

/** Whether one version may let somebody in without the client certificate that the other asks for; any difference may. */
function asksLess(one: Version, other: Version): boolean {
  const wanted = askedBy(other);
  return wanted !== undefined && JSON.stringify(askedBy(one)) !== JSON.stringify(wanted);
}

/** Whether one version may let through what the other's web application firewall refuses; any difference may. */
function isWalledOtherwise({ publication: one }: Version, { publication: other }: Version): boolean {
  const waf = (each: Publication) => (each.scenario === 'direct' ? undefined : each.waf);
  const told = (key: string, value: unknown) => (key === 'pointer' || key === 'why' ? undefined : value);
  return waf(other) !== undefined && JSON.stringify(waf(one), told) !== JSON.stringify(waf(other), told);
}

function askedBy({ site, publication }: Version) {
  const verification = clientVerification(site, publication);
  const guarded = publication.routes
    .filter((route) => verification && isVerified(verification, route))
    .map(({ path, match, service }) => ({ path, match, service }));
  return verification && { ...verification, guarded };
}

/** Whether one version leaves visitors a header in which the other's services are told who they are. */
function believesMore(one: Version, other: Version): boolean {
  const cleared = identityHeaders(one);
  return (
    other.publication.scenario !== 'direct' && identityHeaders(other).some((name) => !cleared.includes(name))
  );
}

const identityHeaders = ({ site }: Version): readonly string[] =>
  (site.tlsConfigurations ?? []).flatMap((each) =>
    each.kind === 'server' ? Object.values(each.headers).map((name) => name.toLowerCase()) : [],
  );
