import type { apply as en } from '../en/apply.ts';

/** Messages de `apply` : code → texte ; `{nom}` tient la place d'une valeur. */
export const apply = {} as const satisfies Record<keyof typeof en, string>;
