import type { demo as en } from '../en/demo.ts';

/** Messages de la démonstration : code → texte ; `{nom}` tient la place d'une valeur. */
export const demo = {
  'demo.about': 'une passerelle entière sur cette machine : deux applications, publiées en HTTPS et prouvées',
  'demo.once': 'prouver et quitter ; code 0 seulement si chaque promesse est tenue',
  'demo.apps': '{count} {count|application interne démarrée|applications internes démarrées}',
  'demo.apps.failed': 'les applications d’exemple ne démarrent pas : {reason}',
  'demo.port.busy':
    'le port {port} de {address} est pris par un autre programme, et la démonstration en a besoin',
  'demo.port.busy.next':
    'arrêtez la démonstration qui tourne, s’il y en a une (Ctrl-C) ; sinon, voyez qui l’a pris avec « ss -ltnp sport = :{port} »',
  'demo.installed': 'la démonstration ne fait pas partie du paquet installé',
  'demo.installed.next': 'lancez-la depuis les sources : ./poterne demo',
  'demo.install': 'les paquets {packages} n’ont pas pu être installés',
  'demo.open': 'Ouvrez :',
  'demo.sign-in':
    'Certaines sont pour qui se connecte, sur {portal}\n  identifiant   {name}\n  mot de passe  {password}   (pour cette fois seulement)',
  'demo.trust':
    'Votre navigateur leur fera confiance quand vous aurez importé le certificat racine de Poterne : {file}',
  'demo.stop': 'Ctrl-C met fin à la démonstration.',
} as const satisfies Record<keyof typeof en, string>;
