import { z } from 'zod';
import type { Cut, CutReceipt, CutTarget } from '../../model/cut.ts';
import { askJson, type ControlRoutes, jsonRoute } from '../control-socket.ts';
import { cutOff, restore } from './cutting.ts';
import { groundOf, type Stores } from './ground.ts';
import { cutSchema, targetSchema } from './records.ts';

const cutPath = '/cut';
const restorePath = '/restore';
/** How long the daemon may take, in milliseconds: one that hangs is done without. */
const patience = 5000;

const restoreSchema = z.object({ target: targetSchema, by: z.string(), reason: z.string(), at: z.string() });

/** Who restores what, why and when. */
export interface RestoreAsk {
  readonly target: CutTarget;
  readonly by: string;
  readonly reason: string;
  readonly at: string;
}

/** The questions of cutting off that a daemon answers. */
export function cutRoutes(state: string, stores?: Stores): ControlRoutes {
  return {
    [cutPath]: jsonRoute(async (asked) =>
      cutOff(await groundOf(state, stores), cutSchema.parse(asked) as Cut),
    ),
    [restorePath]: jsonRoute(async (asked) => {
      const { target, ...why } = restoreSchema.parse(asked);
      return (await restore(await groundOf(state, stores), target as CutTarget, why)) ?? null;
    }),
  };
}

/** Cuts off, by the daemon of a state folder, or in its place where none answers. */
export async function requestCut(state: string, cut: Cut): Promise<CutReceipt> {
  const asked = await askJson<CutReceipt>(state, cutPath, cut, patience);
  return asked ? asked.value : cutOff(await groundOf(state), cut);
}

/** The same with restoring; gives what was cut off, or `undefined`. */
export async function requestRestore(state: string, ask: RestoreAsk): Promise<Cut | undefined> {
  const asked = await askJson<Cut | null>(state, restorePath, ask, patience);
  if (asked) return asked.value ?? undefined;
  const { target, ...why } = ask;
  return restore(await groundOf(state), target, why);
}
