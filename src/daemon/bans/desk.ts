import { z } from 'zod';
import { overlaps } from '../../lib/ip.ts';
import { askJson, type ControlRoutes, jsonRoute } from '../control-socket.ts';
import { groundOf, type Stores } from '../cut/ground.ts';
import { type Banned, ban, unban } from './banning.ts';
import type { BanRecord } from './records.ts';

const banPath = '/ban';
const unbanPath = '/unban';
/** How long the daemon may take, in milliseconds: one that hangs is done without. */
const patience = 5000;

const banSchema = z.object({
  network: z.string(),
  by: z.string(),
  reason: z.string(),
  lasts: z.number().optional(),
});
const unbanSchema = z.object({ network: z.string(), by: z.string(), reason: z.string(), at: z.string() });

/** Somebody bans by hand. */
export interface HandBan {
  /** A canonical CIDR block. */
  readonly network: string;
  readonly by: string;
  readonly reason: string;
  /** Milliseconds; left out, until it is removed. */
  readonly lasts?: number;
}
/** Somebody ends all bans that touch a network. */
export type HandUnban = z.output<typeof unbanSchema>;

/** The questions about bans that a daemon answers. */
export function banRoutes(state: string, stores?: Stores): ControlRoutes {
  return {
    [banPath]: jsonRoute(async (asked) => banHere(state, banSchema.parse(asked) as HandBan, stores)),
    [unbanPath]: jsonRoute(async (asked) => unbanHere(state, unbanSchema.parse(asked), stores)),
  };
}

async function banHere(state: string, asked: HandBan, stores?: Stores): Promise<Banned> {
  return ban(await groundOf(state, stores), { ...asked, kind: 'hand', offences: [] });
}

async function unbanHere(
  state: string,
  { network, ...why }: HandUnban,
  stores?: Stores,
): Promise<readonly BanRecord[]> {
  return unban(await groundOf(state, stores), network, why, (each) => overlaps(each.network, network));
}

/** Bans by hand, by the daemon of a state folder, or in its place where none answers. Throws `ban.*` faults. */
export async function requestBan(state: string, asked: HandBan): Promise<Banned> {
  return (await askJson<Banned>(state, banPath, asked, patience))?.value ?? banHere(state, asked);
}

/** The same with ending bans; gives those that it ended. */
export async function requestUnban(state: string, asked: HandUnban): Promise<readonly BanRecord[]> {
  return (
    (await askJson<readonly BanRecord[]>(state, unbanPath, asked, patience))?.value ?? unbanHere(state, asked)
  );
}
