import type { plan as en } from '../en/plan.ts';

/** Messages de `plan` : code → texte ; `{nom}` tient la place d'une valeur. */
export const plan = {
  'change.publication.add': 'publier {name} : {routes} (pour {who})',
  'change.publication.remove': 'ne plus publier {name}',
  'change.route.add': '{name} : ouvrir {path} vers {service}',
  'change.route.remove': '{name} : fermer {path}',
  'change.setting': '{name} : {setting} : {from} → {to}',
  'change.rewritten':
    'réécrire {count} fichier(s) générés, la description étant la même (nouvelles adresses ou nouvelle version) : {paths}',
} as const satisfies Record<keyof typeof en, string>;
