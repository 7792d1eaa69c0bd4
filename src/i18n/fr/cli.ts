import type { cli as en } from '../en/cli.ts';

/** Messages de `cli` : code → texte ; `{nom}` tient la place d'une valeur. */
export const cli = {} as const satisfies Record<keyof typeof en, string>;
