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

  'audience.everyone.rule': 'omettez « from » pour dire toutes les adresses',
};
