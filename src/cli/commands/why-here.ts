import { readCuts } from '../../daemon/cut/records.ts';
import { openDirectories } from '../../daemon/entry/directories.ts';
import { activeManifest } from '../../daemon/gateway.ts';
import { withSiteStore } from '../../daemon/state-store.ts';
import { isTheirs, ownerOf } from '../../identity/owner.ts';
import { inNetwork } from '../../lib/ip.ts';
import type { Asking } from '../../model/audience.ts';
import type { Cut } from '../../model/cut.ts';
import type { Publication, Site } from '../../model/site.ts';

/** What the gateway of this machine knows of somebody beside the description. */
export interface KnownHere {
  /** As their source has them now; absent when it has nobody of that name who may sign in, or was not asked. */
  readonly user?: { readonly groups: readonly string[]; readonly ends?: Date };
  /** The directory that was asked, also when it does not know them. */
  readonly directory?: string;
  readonly approvals: NonNullable<Asking['approvals']>;
  /** What of what is cut off keeps them out. */
  readonly cuts: readonly Cut[];
}

/** Whom a question is about, and where. */
export interface About {
  /** Absent for who has not signed in. */
  readonly user?: string;
  readonly publication: Publication;
  readonly address: string;
  readonly at: Date;
  /** Whether the groups are said: then no source is asked. */
  readonly isGiven: boolean;
}

/**
 * Asks what this machine's gateway would: cuts, approvals, guests, the directory. `undefined` where it has no gateway of this site. Throws
 * the directory's and the store's faults: while these hold, the gateway lets nobody in by them.
 */
export async function askHere(state: string, site: Site, about: About): Promise<KnownHere | undefined> {
  const applied = await activeManifest(state).catch(() => undefined);
  if (applied?.site.name !== site.name) return undefined;
  const cuts = (await readCuts(state)).filter((cut) => keepsOut(cut, about));
  const { user: id, publication, at, isGiven } = about;
  if (id === undefined) return { approvals: [], cuts };
  const directory = isGiven ? undefined : asked(site, id);
  const user = directory === undefined ? undefined : await fromDirectory(site, directory, id);
  return withSiteStore(state, site, async (store) => {
    const isGuest = !isGiven && !id.includes('@') && !site.people.some(({ name }) => name === id);
    const guest = isGuest ? await store.credentials(site.name).guest(id) : undefined;
    const found = guest ?? user;
    const owner = guest?.owner ?? (user && ownerOf(user));
    return {
      ...{ cuts, approvals: await approvalsOf() },
      ...(directory === undefined ? {} : { directory }),
      ...(found ? { user: { groups: found.groups, ...(found.ends ? { ends: found.ends } : {}) } } : {}),
    };

    async function approvalsOf() {
      const held = await store.approvals.holding(site.name, at, id);
      const theirs = owner === undefined ? held : held.filter((each) => isTheirs(each, owner));
      return theirs.flatMap(({ publication: of, rule, until }) =>
        of === publication.id && until ? [{ rule, until }] : [],
      );
    }
  });
}

/** The directory that can be asked about somebody: a provider cannot. */
function asked({ directories = [] }: Site, id: string): string | undefined {
  const name = id.slice(id.lastIndexOf('@') + 1);
  return directories.find((each) => each.name === name && each.kind !== 'openid')?.name;
}

async function fromDirectory(site: Site, name: string, id: string) {
  const directories = (site.directories ?? []).filter((each) => each.name === name);
  const opened = await openDirectories({ directories }, undefined);
  try {
    return await opened.sources[0]?.find(id);
  } finally {
    await opened.end(undefined);
  }
}

function keepsOut({ target, at: since, until }: Cut, { user, publication, address, at }: About): boolean {
  if (at < new Date(since) || (until !== undefined && at >= new Date(until))) return false;
  switch (target.kind) {
    case 'all':
      return true;
    case 'publication':
      return target.id === publication.id;
    case 'user':
      return target.name === user;
    case 'address':
      return inNetwork(address, target.name);
  }
}
