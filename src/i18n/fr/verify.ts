import type { verify as en } from '../en/verify.ts';

/** Messages de `verify` : code → texte ; `{nom}` tient la place d'une valeur. */
export const verify = {} as const satisfies Record<keyof typeof en, string>;
