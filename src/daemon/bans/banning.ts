import { hostname } from 'node:os';
import { banTime, grown, neverBanned, neverOf } from '../../lib/bans.ts';
import { networkFiles } from '../../lib/cut-networks.ts';
import { networkText } from '../../lib/ip.ts';
import type { Ban } from '../../model/bans.ts';
import type { EndedConnections } from '../../model/cut.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { type CutGround, isOf } from '../cut/cutting.ts';

import { endLive, liveConnections, noneEnded } from '../cut/live.ts';
import { alone } from '../cut/records.ts';
import { type BanRecord, banned, forgetBans, keepBan, markBans, readBans } from './records.ts';

/** How long bans are remembered after their end, in milliseconds: who comes back is banned for longer. */
export const memory = 30 * 86_400_000;

/** What ended before is forgotten. */
const longAgo = (): string => new Date(Date.now() - memory).toISOString();

/** What is to be banned. */
export interface BanAsk {
  readonly network: string;
  readonly kind: Ban['kind'];
  readonly by: string;
  readonly reason: string;
  readonly offences: Ban['offences'];
  /** Milliseconds; left out, as the thresholds have it, or without an end where somebody bans by hand. */
  readonly lasts?: number;
}

/** What a ban did. */
export interface Banned {
  readonly ban: Ban;
  readonly ended: EndedConnections;
  /** What did not work: codes and params of faults. New requests are refused all the same. */
  readonly troubles: readonly {
    readonly code: string;
    readonly params: Readonly<Record<string, string | number>>;
  }[];
}

/**
 * Bans: from now on new requests are refused, and live connections end. Throws `ban.never` for whom nobody may ban, and `ban.wide` for
 * what would be too many files.
 */
export async function ban(ground: CutGround, ask: BanAsk): Promise<Banned> {
  const { state, site } = ground;
  const never = site && neverOf(ask.network, neverBanned(site));
  if (never) throw neverFault(ask.network, never);
  if (!networkFiles(ask.network))
    throw new Fault('ban.wide', { network: ask.network }, { next: message('ban.wide.next') });
  const at = new Date();
  const made = await alone(state, async () => {
    const all = await forgetBans(state, await readBans(state), longAgo());
    const network =
      ask.kind === 'hand'
        ? ask.network
        : grown(
            ask.network,
            banned(all).map((each) => each.network),
          );
    // What is wider may reach somebody who is never banned: then it stays as narrow as it is.
    const safe = site && neverOf(network, neverBanned(site)) ? ask.network : network;
    const last = all.find((each) => each.network === safe);
    const before = last ? last.before + 1 : 0;
    const threshold = ask.kind === 'hand' ? undefined : site?.bans?.thresholds[ask.kind];
    // fail2ban forgets whose ban was removed; this does not.
    const lasts = threshold ? Math.max(ask.lasts ?? 0, banTime(threshold, before)) : ask.lasts;
    const made = longer(all, {
      network: safe,
      ...{ kind: ask.kind, at: at.toISOString(), by: ask.by, reason: ask.reason },
      ...(lasts === undefined ? {} : { until: new Date(at.getTime() + lasts).toISOString() }),
      ...{ gateway: hostname(), before, offences: ask.offences.slice(-mostOffences) },
    });
    await keepBan(state, made);
    await markBans(state, [...all.filter((each) => each.network !== safe), made], site?.bans?.contact);
    return made;
  });
  return { ban: made, ...(await enforce(ground, made)) };
}

/**
 * What was counted shortens no ban of the same network that stands: the one that lasts longer, made anew just after, so that the other
 * gateway takes it over. Whoever bans by hand says how long.
 */
function longer(all: readonly BanRecord[], made: BanRecord): BanRecord {
  const standing = banned(all).find(({ network }) => network === made.network);
  if (!standing || made.kind === 'hand' || made.until === undefined) return made;
  if (standing.until !== undefined && standing.until <= made.until) return made;
  const { agreed: _, ...rest } = standing;
  const agreed = made.agreed ? { agreed: { at: justAfter(made.agreed.at) } } : {};
  return { ...rest, at: justAfter(made.at), ...agreed };
}

const justAfter = (iso: string): string => new Date(Date.parse(iso) + 1).toISOString();

/** So many of the offences are kept. */
const mostOffences = 10;

/** Ends what is live of somebody who is banned, and writes it down. */
async function enforce(ground: CutGround, made: BanRecord): Promise<Omit<Banned, 'ban'>> {
  const { state, site } = ground;
  const publications = site?.publications ?? [];
  const troubles: { code: string; params: Readonly<Record<string, string | number>> }[] = [];
  let ended = noneEnded;
  try {
    const live = await liveConnections(state, publications);
    ended = await endLive(live.filter(isOf({ kind: 'address', name: made.network })), publications);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    troubles.push({ code: error.code, params: error.params });
  }
  const { by, kind, reason, until, before } = made;
  const detail = {
    ...{ kind, reason, before, connections: ended.connections },
    ...(until === undefined ? {} : { until }),
  };
  const entry = { what: 'ban', to: networkText(made.network), from: 'here', result: 'done' } as const;
  await (await ground.audit()).append({ who: by, ...entry, detail });
  return { ended, troubles };
}

/**
 * Takes over a ban of another gateway; whether it did: not of whom nobody may ban here. What was counted elsewhere shortens no ban that
 * stands here, whatever was done while they could not speak.
 */
export async function takeBan(ground: CutGround, made: BanRecord): Promise<boolean> {
  const { state, site } = ground;
  if (site && neverOf(made.network, neverBanned(site))) return false;
  await alone(state, async () => {
    await keepBan(state, longer(await readBans(state), made));
    await markBans(state, await readBans(state), site?.bans?.contact);
  });
  await enforce(ground, { ...made, by: `${made.by} (${made.gateway})` });
  return true;
}

/** Ends the bans that touch a network; gives them. Nothing was banned: none. */
export async function unban(
  ground: CutGround,
  network: string,
  { by, reason, at }: { readonly by: string; readonly reason: string; readonly at: string },
  isMeant: (ban: Ban) => boolean,
): Promise<readonly BanRecord[]> {
  const { state, site } = ground;
  const removed = await alone(state, async () => {
    const all = await readBans(state);
    const found = banned(all)
      .filter(isMeant)
      .map((each) => ({ ...each, removed: at > each.at ? at : each.at }));
    for (const each of found) await keepBan(state, each);
    await markBans(state, await readBans(state), site?.bans?.contact);
    return found;
  });
  for (const each of removed) {
    const entry = { what: 'unban', to: networkText(each.network), from: 'here', result: 'done' } as const;
    await (await ground.audit()).append({
      who: by,
      ...entry,
      detail: { reason, kind: each.kind, asked: networkText(network) },
    });
  }
  return removed;
}

function neverFault(
  network: string,
  { network: of, why }: { readonly network: string; readonly why: string },
): Fault {
  const params = { network: networkText(network), of: networkText(of), why };
  return new Fault('ban.never', params, { next: message(`ban.never.${why}` as 'ban.never.admin') });
}
