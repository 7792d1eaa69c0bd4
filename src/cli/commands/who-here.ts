import { type BanRecord, banned, readBans } from '../../daemon/bans/records.ts';
import { readCuts } from '../../daemon/cut/records.ts';
import { denied } from '../../daemon/denied.ts';
import { activeManifest } from '../../daemon/gateway.ts';
import { withSiteStore } from '../../daemon/state-store.ts';
import type { RuleSubject } from '../../model/audience.ts';
import type { Cut } from '../../model/cut.ts';
import type { Publication, Site } from '../../model/site.ts';
import type { Store } from '../../store/store.ts';

/** What this machine's gateway adds to who can reach a publication. Rules are counted from 1. */
export interface WhoHere {
  readonly guests: readonly {
    readonly name: string;
    readonly groups: readonly string[];
    readonly until: Date;
    readonly rules: readonly number[];
  }[];
  readonly approvals: readonly {
    readonly person: string;
    readonly rule: number;
    readonly by: string;
    readonly until: Date;
  }[];
  /** Whom a rule means and who cannot sign in now: they wait after wrong passwords, or have chosen none yet. */
  readonly held: readonly { readonly person: string; readonly until?: Date }[];
  readonly cuts: readonly Cut[];
  readonly bans: readonly BanRecord[];
}

/** Whether a rule is about somebody. */
export const isAbout = (
  subject: RuleSubject | undefined,
  { name, groups }: { readonly name: string; readonly groups: readonly string[] },
): boolean =>
  subject !== undefined &&
  (subject.signedIn ||
    subject.people.includes(name) ||
    groups.some((group) => subject.groups.includes(group)));

/**
 * Asks this machine's gateway; `undefined` where there is none of this site. Throws a fault when it cannot be asked: its files are another
 * account's, or its store does not answer.
 */
export async function askWhoHere(
  state: string,
  site: Site,
  publication: Publication,
  now: Date,
): Promise<WhoHere | undefined> {
  try {
    const applied = await activeManifest(state);
    if (applied?.site.name !== site.name) return undefined;
    const cuts = (await readCuts(state)).filter(
      ({ target, until }) =>
        (until === undefined || new Date(until) > now) &&
        (target.kind !== 'publication' || target.id === publication.id),
    );
    const bans = site.bans ? banned(await readBans(state), now.toISOString()) : [];
    if (!publication.audience.rules) return { guests: [], approvals: [], held: [], cuts, bans };
    return await withSiteStore(state, site, async (store) => ({
      ...(await peopleHere(store, site, publication, now)),
      ...{ cuts, bans },
    }));
  } catch (cause) {
    throw denied(state, cause) ?? cause;
  }
}

async function peopleHere(store: Store, site: Site, { id, audience }: Publication, now: Date) {
  const rules = audience.rules ?? [];
  const about = (who: Parameters<typeof isAbout>[1]) =>
    rules.flatMap(({ subject }, i) => (isAbout(subject, who) ? [i + 1] : []));
  const credentials = store.credentials(site.name);
  const current = (await credentials.guests()).filter(({ ends }) => ends > now);
  const guests = current
    .map(({ name, groups, ends }) => ({ name, groups, until: ends, rules: about({ name, groups }) }))
    .filter((guest) => guest.rules.length > 0);
  const approvals = (await store.approvals.holding(site.name, now)).flatMap(
    ({ person, publication, rule, by = '', until }) => {
      const found = rules.findIndex((each) => each.id === rule);
      return publication === id && until && found >= 0 ? [{ person, rule: found + 1, by, until }] : [];
    },
  );
  const local = [
    ...site.people.filter((person) => about(person).length > 0).map(({ name }) => ({ name, owner: name })),
    ...current.filter((guest) => about(guest).length > 0),
  ];
  const held = await Promise.all(
    (site.signIn?.sources.includes('local') ? local : []).map(async ({ name, owner }) => {
      if (!(await credentials.password(owner))) return [{ person: name }];
      const until = await credentials.pausedUntil(owner, now);
      return until ? [{ person: name, until }] : [];
    }),
  );
  return { guests, approvals, held: held.flat() };
}
