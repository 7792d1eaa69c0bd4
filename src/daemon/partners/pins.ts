import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere, writeDurably } from '../../hosts/files.ts';
import { pinFlag, pinFlags } from '../../lib/partner-pins.ts';
import type { Manifest } from '../../model/applied.ts';
import { type Message, message, warning } from '../../model/message.ts';
import { type Partner, partnerStanding } from '../../model/partner.ts';
import type { Site } from '../../model/site.ts';
import type { Gateway } from '../gateway.ts';
import { lookAt } from './look.ts';

/** How long a partner that cannot be looked at goes on with what was seen before: who keeps us from looking may be somebody else. */
const trustedFor = 180_000;

/** How a pinned partner stands. JSON-safe; times are ISO 8601. */
export interface PinState {
  /** The file for nginx that this is about: another one after a change of the description. */
  readonly flag: string;
  /** Whether calls pass. */
  readonly open: boolean;
  readonly at: string;
  /** What was seen then. */
  readonly seen: Message;
  /** When a pinned key was seen last. */
  readonly held?: string;
}

/** By the partner's name. */
export type PinStates = Readonly<Record<string, PinState>>;

const statesFile = (state: string): string => join(state, 'partners.json');
const enginePath = (state: string, path: string): string => join(state, 'nginx', path);

/** What was seen last of each pinned partner. */
export async function pinStates(state: string): Promise<PinStates> {
  const text = await readIfThere(statesFile(state));
  try {
    return text === undefined ? {} : (JSON.parse(text) as PinStates);
  } catch {
    return {};
  }
}

/** The partners as they are served: for one that the engine refused, its last good version. */
export function servedPartners({ site, standing }: Manifest): readonly Partner[] {
  return site.partners.map((partner) => {
    const stands = standing[partnerStanding(partner)];
    return stands?.state === 'kept' ? (stands.served as Partner) : partner;
  });
}

export interface LookOptions {
  readonly tell: (step: Message) => void;
  /** Milliseconds for one look. */
  readonly timeout?: number;
  /** How long what was seen goes on without being seen again; milliseconds. */
  readonly trusted?: number;
  /** What was seen before this moment counts no more. */
  readonly since?: number;
}

/**
 * Looks at each pinned partner, at each of its addresses, and lets calls pass to those that show a pinned key: at no address another,
 * and at one at least a pinned one. Gives the names of those to which nothing passes.
 */
export async function lookAtPins(
  gateway: Pick<Gateway, 'state' | 'store'>,
  partners: Site['partners'],
  { tell, timeout = 5000, trusted = trustedFor, since = 0 }: LookOptions,
): Promise<readonly string[]> {
  const { state } = gateway;
  const pinned = partners.filter(({ pins }) => pins.length > 0);
  if (pinned.length === 0) return [];
  await mkdir(enginePath(state, pinFlags), { recursive: true, mode: 0o750 });
  const [before, addresses] = await Promise.all([pinStates(state), gateway.store.addresses()]);
  const looked = await Promise.all(
    pinned.map(async (partner) => {
      const { verdict, seen } = await lookAt(partner, addresses[partner.host] ?? [], state, timeout);
      const now = new Date();
      const flag = pinFlag(partner);
      const last = before[partner.name];
      const was = last?.flag === flag ? last : undefined;
      const held = verdict === 'pinned' ? now.toISOString() : was?.held;
      const goesOn =
        verdict === 'unseen' &&
        was?.open === true &&
        Date.parse(held ?? '') >= Math.max(since, now.getTime() - trusted);
      const open = verdict === 'pinned' || goesOn;
      const file = enginePath(state, flag);
      if (open) await writeFile(file, '', { mode: 0o640 });
      else await rm(file, { force: true });
      if (open !== (last?.open ?? true)) {
        const said = message(open ? 'up.partner.open' : 'up.partner.shut', { name: partner.name });
        tell(open ? said : warning(said));
        if (!open) tell(warning(seen));
      }
      return [partner.name, { flag, open, at: now.toISOString(), seen, ...(held ? { held } : {}) }] as const;
    }),
  );
  const states: PinStates = Object.fromEntries(looked);
  await writeDurably(statesFile(state), `${JSON.stringify({ ...before, ...states })}\n`, 0o600);
  return looked.flatMap(([name, { open }]) => (open ? [] : [name]));
}

/** Takes away what lets calls pass to partners that are not served, or (without any) to all. */
export async function forgetPins(state: string, served: readonly Partner[] = []): Promise<void> {
  const wanted = new Set(served.map(pinFlag));
  const there = await readdir(enginePath(state, pinFlags)).catch(() => []);
  for (const name of there)
    if (!wanted.has(`${pinFlags}/${name}`))
      await rm(enginePath(state, join(pinFlags, name)), { force: true });
}
