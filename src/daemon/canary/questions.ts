import { serverEngines } from '../../engines/index.ts';
import type { Manifest } from '../../model/applied.ts';
import type { Expectation } from '../../model/expectation.ts';
import type { ProxiedPublication, Publication, Site } from '../../model/site.ts';
import type { CanaryKind } from './record.ts';

/** A question that a firewall must refuse. */
export interface WafQuestion {
  readonly publication: ProxiedPublication;
  /** Path and query, as sent. */
  readonly target: string;
}

/** A question without what it takes to be let in. */
export interface EntryQuestion {
  readonly kind: Exclude<CanaryKind, 'waf'>;
  readonly expectation: Expectation;
}

export interface Questions {
  readonly site: Site;
  readonly waf: readonly WafQuestion[];
  readonly entry: readonly EntryQuestion[];
  readonly unasked: readonly string[];
}

/** What a browser would run, a database obey and a file system give away; a service that gets it can do nothing with it. */
const attack = encodeURIComponent(
  '<script>alert(1)</script> 1 UNION SELECT password FROM users-- ../../../etc/passwd',
);

/** Every question that what is served must refuse; `aside` are names that answer nobody now, which were cut off. */
export function questionsOf({ site, standing }: Manifest, aside: ReadonlySet<string>): Questions {
  const publications = site.publications.flatMap((publication): Publication[] => {
    const stands = standing[publication.id];
    if (aside.has(publication.name)) return [];
    if (!stands) return [publication];
    return stands.state === 'kept' ? [stands.served as Publication] : [];
  });
  const served: Site = { ...site, publications };
  const names = new Set(publications.map(({ name }) => name));
  const walled = publications.filter(
    (each): each is ProxiedPublication => each.scenario === 'proxy+waf' && each.waf !== undefined,
  );
  const waf = walled.flatMap((publication) => {
    const path = lookedAt(publication);
    return path === undefined ? [] : [{ publication, target: `${path}?poterne=${attack}` }];
  });
  const entry = serverEngines
    .flatMap((engine) => engine.expect(served))
    .flatMap((expectation): EntryQuestion[] => {
      const { probe, about } = expectation;
      if (!names.has(about)) return [];
      if (probe.kind === 'asks-sign-in') return [{ kind: 'sign-in', expectation }];
      if (probe.kind === 'asks-client' && probe.shown === 'none')
        return [{ kind: 'certificate', expectation }];
      return [];
    });
  const asked = new Set(waf.map(({ publication: { name } }) => name));
  return {
    site: served,
    waf,
    entry,
    unasked: walled.map(({ name }) => name).filter((name) => !asked.has(name)),
  };
}

/** A path of a publication that its firewall looks at; there need be nothing. */
function lookedAt({ routes, waf }: ProxiedPublication): string | undefined {
  const skips = waf?.skip ?? [];
  const folders = routes.filter(({ match }) => match !== 'regex').map(({ path }) => path);
  return ['/', ...folders]
    .map((path) => `${path.replace(/\/*$/, '/')}poterne-asks-itself`)
    .find((path) => !skips.some((skip) => (skip.endsWith('/') ? path.startsWith(skip) : path === skip)));
}
