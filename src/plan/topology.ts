import { contains, parseNetwork } from '../lib/ip.ts';
import type { AskedCertificate, Reach } from '../model/plan.ts';
import { clientVerification, isRequired, isVerified, type Publication, type Site } from '../model/site.ts';
import type { ServerTls } from '../model/tls.ts';

/** Who can reach what: one line for each audience entry and route, in the description's order. */
export function exposure(site: Site): Reach[] {
  const zones = new Map(site.zones.map((zone) => [zone.name, zone.networks]));
  const published = site.publications.flatMap((publication) => {
    const verification = clientVerification(site, publication);
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

/** Whether all certificates that the other asks for are good enough, and none is an answer too. */
export function asksNoMore({ certificate: one }: Reach, { certificate: other }: Reach): boolean {
  if (!one || !other) return !one;
  return (
    other.authorities.every((each) => one.authorities.includes(each)) &&
    one.depth >= other.depth &&
    one.crls.every((each) => other.crls.includes(each)) &&
    (one.ocsp === undefined || one.ocsp === other.ocsp)
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
    asksLess(one, other) ||
    believesMore(one, other)
  );
}

/** Whether one version may let somebody in without the client certificate that the other asks for; any difference may. */
function asksLess(one: Version, other: Version): boolean {
  const wanted = askedBy(other);
  return wanted !== undefined && JSON.stringify(askedBy(one)) !== JSON.stringify(wanted);
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
    other.publication.scenario === 'proxy' && identityHeaders(other).some((name) => !cleared.includes(name))
  );
}

const identityHeaders = ({ site }: Version): readonly string[] =>
  (site.tlsConfigurations ?? []).flatMap((each) =>
    each.kind === 'server' ? Object.values(each.headers).map((name) => name.toLowerCase()) : [],
  );
