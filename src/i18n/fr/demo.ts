import type { demo as en } from '../en/demo.ts';

/** Messages de `demo` : code → texte ; `{nom}` tient la place d'une valeur. */
export const demo = {} as const satisfies Record<keyof typeof en, string>;
