import type { audience as en } from '../en/audience.ts';

/** Messages de qui peut entrer : audiences, connexion, annuaires : code → texte ; `{nom}` tient la place d'une valeur. */
export const audience: Record<keyof typeof en, string> = {
  'sign-in.key.unknown': 'clé inconnue « {key} » dans sign-in',
  'sign-in.key.missing': 'il manque ici la clé « {key} » à sign-in',
  'sign-in.at.taken': 'le portail ne peut pas s’appeler « {name} » : une publication a ce nom',
  'sign-in.session': 'une session dure d’une minute à 30 jours : pas « {key} »',
  'sign-in.session.idle': 'on ne peut rester inactif plus longtemps que la plus longue session',
  'sign-in.remember': 'on se souvient d’un appareil d’une minute à un an',
  'sign-in.required.empty': 'cette entrée ne dit ni qui, ni d’où',
  'sign-in.required.empty.hint':
    'écrivez { groups: [admins] } ou { from: [internet] } ; pour tout le monde, { from: ["0.0.0.0/0", "::/0"] }',
  'sign-in.logo': 'le logo « {file} » n’est ni .svg ni .png',
  'sign-in.logo.unreadable': 'le logo ne peut pas être lu d’ici ({reason}) : {file}',
  'sign-in.logo.large': 'le logo pèse {size} Kio : {file}',
  'sign-in.logo.broken': 'ce que contient ce fichier n’est ni du SVG ni du PNG : {file}',
  'sign-in.logo.hint':
    'indiquez un fichier SVG ou PNG d’au plus {most} Kio ; les pages l’affichent sur 40 pixels de haut',
  'sign-in.missing.hint':
    'ajoutez la section « sign-in » avec le nom du portail : sign-in: { at: portail.example.fr }',
  'value.colour': '« {value} » n’est pas une couleur : écrivez-la comme "#336699"',

  'directory.key.unknown': 'clé inconnue « {key} » dans l’annuaire « {name} »',
  'directory.key.missing': 'il manque ici la clé « {key} » à l’annuaire « {name} »',
  'directory.unknown': 'il n’y a pas d’annuaire « {name} »',
  'directory.name':
    '« {name} » ne peut pas nommer un annuaire : ce nom suit le @ dans ceux des personnes qui en viennent',
  'directory.local':
    'aucun annuaire ne peut s’appeler « local » : ce sont les personnes décrites et les invités',
  'directory.local.hint': 'donnez-lui un autre nom',
  'directory.unused': 'personne de l’annuaire « {name} » ne peut se connecter : il n’y a pas de portail',
  'directory.groups.missing':
    'l’annuaire « {name} » ne donne aucun de nos groupes : on ne connaît ses personnes que par leur nom',
  'directory.groups.missing.hint': 'écrivez groups: { staff: ["CN=Staff,OU=Groups,DC=example,DC=lan"] }',
  'directory.scopes': 'sans le scope « openid », un fournisseur ne dit rien de qui s’est connecté',
  'person.group.unknown.hint':
    'les groupes viennent des personnes, des annuaires et des invités de sign-in ; il n’y en a aucun',
  'value.directory.server':
    '« {value} » n’est pas un serveur d’annuaire : écrivez ldaps://dc1.example.lan ou ldap://ldap.example.lan (StartTLS, toujours)',
  'value.dn': '« {value} » n’est pas un nom distinctif : écrivez-le comme ou=people,dc=example,dc=lan',
  'value.filter':
    '« {value} » n’est pas un filtre : écrivez-le entre parenthèses, comme (employeeType=staff)',
  'value.attribute': '« {value} » n’est pas un attribut : des lettres, des chiffres et des tirets',
  'value.issuer':
    '« {value} » n’est pas un émetteur : une URL https, exactement comme le fournisseur la donne',

  // Audiences.
  'audience.key.unknown': 'clé inconnue « {key} » dans une règle de l’audience',
  'audience.key.missing': 'il manque ici la clé « {key} » à une règle de l’audience',
  'audience.form.list': 'les règles forment une liste : audience: [{ groups: [staff], mfa: required }]',
  'audience.everyone.rule': 'omettez « from » pour dire toutes les adresses',
  'audience.direct':
    'la publication « {name} » est directe : personne n’est entre elle et les visiteurs pour leur demander qui ils sont',
  'audience.direct.hint':
    'ouvrez-la par réseau, audience: { from: [lan] }, ou publiez-la avec scenario: proxy',
  'audience.empty': 'cette règle ne dit rien : elle laisserait entrer tout le monde, de partout',
  'audience.empty.hint': 'pour le dire, écrivez audience: everyone',
  'audience.identity.nobody': 'personne ne se connecte à « {name} » : il n’y a pas d’identité à signer',
  'audience.identity.nobody.hint': 'écrivez l’audience comme une liste de règles, ou retirez signed-identity',
  'audience.deny.only': 'toutes les règles de « {name} » refusent : personne n’entre',
  'audience.deny.only.hint': 'ajoutez une règle qui laisse entrer, comme { signed-in: true }',
  'audience.deny.asks': 'une règle qui refuse ne demande rien : « {key} » n’y a pas sa place',
  'audience.deny.anonymous':
    'on ne connaît ceux que cette règle refuse qu’une fois connectés, et une autre laisse entrer sans connexion',
  'audience.deny.anonymous.hint':
    'ne laissez entrer personne sans connexion : ajoutez signed-in: true à l’autre règle',
  'audience.asks.nobody': '« {key} » se demande à des personnes connectées, et cette règle n’en nomme pas',
  'audience.asks.nobody.hint': 'ajoutez groups, people, ou signed-in: true',
  'audience.approval.by': 'il n’est dit nulle part qui doit accepter',
  'audience.approval.for': 'une approbation tient d’une minute à un an',
  'audience.approval.self': 'personne n’approuve pour soi-même, et personne d’autre ne le peut',
  'audience.certificate.other':
    'sous un nom, on demande les certificats d’une seule configuration : « {name} » ici, et aussi « {other} »',
  'audience.certificate.both': 'un certificat remplace la connexion : cette règle demande les deux',
  'audience.certificate.both.hint':
    'écrivez deux règles pour l’un ou l’autre ; pour les deux, tls-configuration avec client-certificate: required, et groups ici',
  'audience.countries.inside':
    'les adresses de vos zones et des plages privées ne sont d’aucun pays : cette règle ne laisse entrer personne',
  'audience.countries.inside.hint': 'omettez « countries », ou écrivez « from: [internet] »',
  'audience.path.slash': '« {path} » pourrait désigner une page, ou tout ce qui commence ainsi',
  'audience.path.slash.hint': 'écrivez « {path}/ » : cela, et tout ce qui est en dessous',
  'audience.path.unrouted': 'aucune route de cette publication ne mène à « {path} »',
  'audience.hidden': 'cette règle ne laisse entrer personne : une autre refuse tous ceux qu’elle désigne',
  'audience.left': 'cette règle ne laisse entrer personne : l’accès de tous ceux qu’elle nomme a pris fin',
  'audience.when.both': '« once » est une fenêtre unique, et « {key} » n’a pas sa place à côté',
  'audience.when.empty': 'ceci ne dit aucun moment',
  'audience.when.never':
    'cette règle ne tient jamais : toutes ses heures tombent des jours où « {calendar} » est fermé',
  'audience.window.over': 'cette fenêtre est passée : la règle ne laisse plus entrer personne',
  'audience.window.over.hint': 'retirez la règle, ou écrivez une autre fenêtre',
  'audience.window.skipped': 'l’horloge saute cette heure : la fenêtre commence quand elle reprend',
  'audience.window.twice': 'l’horloge montre deux fois cette heure : la fenêtre commence la première fois',
  'value.when': '« {value} » n’est ni des heures de la semaine, ni une fenêtre',
  'value.when.hint': 'écrivez lun-ven 07:00-20:00, ou 2026-12-01 08:00 pendant 4h',
  'value.window': '« {value} » n’est pas une fenêtre',
  'value.window.day': 'ce jour n’existe pas ; écrivez les jours comme 2026-12-01',
  'value.window.time': 'cette heure n’existe pas ; écrivez les heures comme 08:00',
  'value.window.length': 'elle doit durer : pendant 4h, ou une fin après son début',
  'value.window.form':
    'écrivez 2026-12-01 08:00 pendant 4h, 2026-12-01 08:00-12:00, ou 2026-12-01 08:00 au 2026-12-02 18:00',
  'value.country': '« {value} » n’est pas un pays : deux lettres d’ISO 3166-1, comme FR',
  'sign-in.missing': 'il faut se connecter pour atteindre « {name} », et il n’y a pas de portail où le faire',

  // Pays.
  'countries.missing': 'rien ne dit de quel pays sont les adresses',
  'countries.unreadable': 'le fichier des pays {file} ne peut pas être lu : {reason}',
  'countries.broken': 'le fichier des pays {file} n’est pas un fichier MMDB : {reason}',
  'countries.old': 'le fichier des pays {file} est du {made} : des adresses ont bougé depuis',
  'countries.hint':
    'écrivez countries: FICHIER.mmdb, une base des pays au format MMDB, comme celles de DB-IP ou de MaxMind',
};
