import type { entry as en } from '../en/entry.ts';

/** Messages de l’entrée : les sessions des visiteurs et ce qui répond à nginx à leur sujet. */
export const entry = {
  'sessions.unavailable':
    'impossible de consulter les sessions : {reason} ; qui doit se connecter est refusé en attendant',
  'sessions.unavailable.next': 'voyez la base ; chacun rentre de lui-même dès qu’elle répond',
  'signing.lost':
    'les clés qui signent l’identité des personnes étaient illisibles, et sont mises de côté dans {file} ; de nouvelles sont faites',
  'signing.lost.next': 'les applications prennent les nouvelles d’elles-mêmes ; personne n’est déconnecté',
  'entry.unopened':
    'ce qui répond au sujet des visiteurs ne s’ouvre pas : {reason} ; qui doit se connecter est refusé, et un autre essai suit',
  'entry.defect': 'une demande à propos d’un visiteur est restée sans réponse : {reason}',
  'entry.sightings':
    'impossible de noter à qui sont les connexions : {reason} ; on entre, avec une question à chaque requête, et une coupure peut laisser ouvert ce qui est en cours',
  'entry.sightings.next': 'libérez de la place sur le disque du dossier d’état ; la suite vient d’elle-même',
  'entry.countries':
    'le fichier des pays {file} ne peut pas être lu : {reason} ; en attendant, aucune règle ne laisse entrer par pays',
  'entry.clock.back':
    'l’horloge a reculé de {seconds} {seconds|seconde|secondes} : les sessions de son futur sont refusées ; remettez-la à l’heure, par NTP',
  'entry.clock.ahead':
    'l’horloge a avancé de {seconds} {seconds|seconde|secondes} : les sessions qu’elle a vieillies sont terminées ; remettez-la à l’heure, par NTP',
  'entry.again.title': 'C’était trop long, ou ouvert ailleurs',
  'entry.again.text':
    'Le passage de la connexion à cette page vaut peu de temps, une fois, dans un seul navigateur.',
  'entry.again.link': 'Recommencer',

  // poterne token
  'token.about':
    'des jetons pour les machines : chacun agit comme une personne, sur quelques publications, jusqu’à un jour',
  'token.create.about': 'Faire un jeton ; il est montré une fois',
  'token.create.usage': '[options] <nom>',
  'token.name': 'comment il s’appelle dans les listes et les journaux',
  'token.as': 'comme qui il agit : il peut ce que cette personne peut sans second facteur',
  'token.for': 'publications où il vaut',
  'token.path': 'chemins où il vaut, comme /rfe/ ; sans cela, tous',
  'token.expires': 'pour combien de temps : 12h, 30d, 1y',
  'token.created':
    'Le jeton « {name} » agit comme {user} jusqu’au {until}. Il n’est montré que cette fois : seule son empreinte est gardée.',
  'token.created.next': 'curl -H "Authorization: Bearer $JETON" {url}',
  'token.list.about': 'Lister les jetons : comme qui ils agissent, où, jusqu’à quand, quand ils ont servi',
  'token.list.all': 'aussi ceux qui sont révoqués ou expirés',
  'token.none': 'Aucun jeton.',
  'token.head.name': 'nom',
  'token.head.as': 'agit comme',
  'token.head.for': 'où',
  'token.head.expires': 'jusqu’au',
  'token.head.used': 'a servi',
  'token.head.by': 'fait par',
  'token.head.state': 'état',
  'token.state.valid': 'valide',
  'token.state.expired': 'expiré',
  'token.state.revoked': 'révoqué',
  'token.revoke.about': 'Révoquer un jeton : il est refusé aussitôt',
  'token.revoke.usage': '[options] <nom>',
  'token.which': 'son nom ou son identifiant',
  'token.revoked': 'Révoqué : {name}.',
  'token.name.form': '« {name} » ne peut nommer un jeton : petites lettres, chiffres, et . _ -',
  'token.as.missing': 'dites comme qui le jeton agit : --as, avec une personne de la description',
  'token.for.missing': 'dites où le jeton vaut : --for, avec une publication',
  'token.for.unknown': '« {publication} » n’est pas une publication qui demande qui vient',
  'token.path.form': '« {path} » n’est pas un préfixe de chemins : comme /rfe/, une barre à chaque bout',
  'token.expires.form': '« {value} » n’est pas une durée de jeton : d’une minute à deux ans, comme 90d',
  'token.taken': 'un jeton valide s’appelle déjà « {name} »',
  'token.taken.next': 'poterne token revoke {name}, ou un autre nom',
  'token.unknown': 'aucun jeton valide ne s’appelle « {name} »',
} satisfies Record<keyof typeof en, string>;
