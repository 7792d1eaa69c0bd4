import type { entry as en } from '../en/entry.ts';

/** Messages de l’entrée : les sessions des visiteurs et ce qui répond à nginx à leur sujet. */
export const entry = {
  'sessions.unavailable':
    'impossible de consulter les sessions : {reason} ; qui doit se connecter est refusé en attendant',
  'sessions.unavailable.next': 'voyez la base ; chacun rentre de lui-même dès qu’elle répond',
  'signing.lost':
    'les clés qui signent l’identité des personnes étaient illisibles, et sont mises de côté dans {file} ; de nouvelles sont faites',
  'signing.lost.next': 'les applications prennent les nouvelles d’elles-mêmes ; personne n’est déconnecté',
  'entry.defect': 'une demande à propos d’un visiteur est restée sans réponse : {reason}',
  'entry.clock.back':
    'l’horloge a reculé de {seconds} secondes : les sessions de son futur sont refusées ; remettez-la à l’heure, par NTP',
  'entry.clock.ahead':
    'l’horloge a avancé de {seconds} secondes : les sessions qu’elle a vieillies sont terminées ; remettez-la à l’heure, par NTP',
  'entry.again.title': 'C’était trop long, ou ouvert ailleurs',
  'entry.again.text':
    'Le passage de la connexion à cette page vaut peu de temps, une fois, dans un seul navigateur.',
  'entry.again.link': 'Recommencer',
} satisfies Record<keyof typeof en, string>;
