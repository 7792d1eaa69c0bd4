import type { describe as en } from '../en/describe.ts';

/** Messages de `describe` : code → texte ; `{nom}` tient la place d'une valeur. */
export const describe = {
  'value.duration':
    '« {value} » n’est pas une durée : écrivez un nombre et une unité, comme 30s, 5m, 12h ou 90d',
  'value.size': '« {value} » n’est pas une taille : écrivez un nombre et une unité, comme 512kB, 20MB ou 5GB',
  'value.rate':
    '« {value} » n’est pas un débit : écrivez un nombre par seconde ou par minute, comme 10/s ou 300/m',
  'value.network':
    '« {value} » n’est pas un réseau : écrivez une adresse ou un bloc CIDR, comme 10.0.0.0/24 ou 2001:db8::/32',
} as const satisfies Record<keyof typeof en, string>;
