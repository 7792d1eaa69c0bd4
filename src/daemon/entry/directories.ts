import type { sourceOf } from '../../identity/directories/index.ts';
import type { Site } from '../../model/site.ts';
import { backChannel, backChannelPath } from '../portal/openid.ts';
import type { Entry, Handler } from './types.ts';

type DirectorySource = ReturnType<typeof sourceOf>;

/** The directories that people come from. */
export interface DirectorySources {
  readonly sources: readonly DirectorySource[];
  /** What answers providers, by path. */
  answers(entry: Entry): readonly (readonly [string, Handler])[];
  /** Closes what the one that comes next has not taken over. */
  end(next: DirectorySources | undefined): Promise<void>;
  /** By what is described of each. */
  readonly kept: ReadonlyMap<string, DirectorySource>;
}

/**
 * The directories of a site; their code is loaded where there are some. One that is described as before goes on: it knows which servers
 * rest, and who is at their provider.
 */
export async function openDirectories(
  { directories = [] }: Pick<Site, 'directories'>,
  before: DirectorySources | undefined,
): Promise<DirectorySources> {
  const kept = new Map<string, DirectorySource>();
  for (const directory of directories) {
    const { sourceOf } = await import('../../identity/directories/index.ts');
    const described = JSON.stringify(directory);
    kept.set(described, before?.kept.get(described) ?? sourceOf(directory));
  }
  const sources = [...kept.values()];
  return {
    ...{ kept, sources },
    answers: (entry) =>
      sources.flatMap((source) =>
        'signedOut' in source ? [[backChannelPath(source.name), backChannel(source, entry)] as const] : [],
      ),
    async end(next) {
      const others = new Set(next?.sources);
      await Promise.all(sources.map((each) => (others.has(each) ? undefined : each.close())));
    },
  };
}
