import type { acme as en } from '../en/acme.ts';

/** Messages du client ACME : code → texte ; `{nom}` tient la place d'une valeur. */
export const acme: Record<keyof typeof en, string> = {
  'acme.key': 'la clé du compte ACME {file} n’est pas une clé ECDSA P-256',
  'acme.key.next': 'remettez-la d’une sauvegarde, ou écartez-la : un nouveau compte est alors créé',
};
