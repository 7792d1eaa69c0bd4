import type { plan as en } from '../en/plan.ts';

/** Messages de `plan` : code → texte ; `{nom}` tient la place d'une valeur. */
export const plan = {} as const satisfies Record<keyof typeof en, string>;
