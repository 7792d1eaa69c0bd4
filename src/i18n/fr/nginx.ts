import type { nginx as en } from '../en/nginx.ts';

/** Messages du moteur nginx : code → texte ; `{nom}` tient la place d'une valeur. */
export const nginx = {} as const satisfies Record<keyof typeof en, string>;
