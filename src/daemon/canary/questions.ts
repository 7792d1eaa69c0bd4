import { serverEngines } from '../../engines/index.ts';
import { surelyBlocks, wafQuestion } from '../../lib/waf-question.ts';
import type { Manifest } from '../../model/applied.ts';
import type { Expectation } from '../../model/expectation.ts';
import type { ProxiedPublication, Publication, Site } from '../../model/site.ts';
import { walled } from '../waf/log.ts';
import type { CanaryKind } from './record.ts';

/** A question that a firewall must refuse. */
export interface WafQuestion {
  readonly publication: ProxiedPublication;
  /** Path and query, as sent. */
  readonly target: string;
  /** It would not surely be blocked if a visitor asked it. */
  readonly isSpecial: boolean;
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
}

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
  const waf = walled(served).flatMap((publication): WafQuestion[] => {
    const target = wafQuestion(publication.routes, publication.waf);
    return target === undefined ? [] : [{ publication, target, isSpecial: !surelyBlocks(publication.waf) }];
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
  return { site: served, waf, entry };
}
