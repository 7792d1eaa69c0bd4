import type { directories as en } from '../en/directories.ts';

/** Messages des annuaires de personnes : code → texte ; `{nom}` tient la place d'une valeur. */
export const directories: Record<keyof typeof en, string> = {
  // Pannes de LDAP et d'Active Directory.
  'directory.down': 'aucun serveur de l’annuaire {directory} ne répond ({server} : {reason})',
  'directory.down.next':
    'personne ne se connecte par lui en attendant ; voyez ce que dit chaque serveur : poterne directory test {directory}',
  'directory.unreachable': 'le serveur {server} de l’annuaire {directory} est injoignable : {reason}',
  'directory.unreachable.next': 'voyez s’il est allumé, son nom, et si cette machine peut joindre ce port',
  'directory.silent': 'le serveur {server} de l’annuaire {directory} ne répond pas à temps : {reason}',
  'directory.silent.next': 'voyez s’il va bien ; le suivant est interrogé en attendant',
  'directory.certificate':
    'le certificat du serveur {server} de l’annuaire {directory} n’est pas de confiance : {reason}',
  'directory.certificate.next':
    'aucun mot de passe n’est parti ; employez le nom que porte son certificat, et « trust: { ca: … } » avec l’autorité qui le signe',
  'directory.tls':
    'le serveur {server} de l’annuaire {directory} n’offre pas là de TLS utilisable : {reason}',
  'directory.tls.next':
    'aucun mot de passe n’est parti ; ldaps:// est pour son port TLS (636), ldap:// pour StartTLS sur le port simple (389)',
  'directory.bind':
    'le serveur {server} de l’annuaire {directory} refuse le compte de Poterne {user} : {reason}',
  'directory.bind.next':
    'corrigez l’utilisateur de « bind », ou le mot de passe dans son fichier, et voyez si le compte est verrouillé',
  'directory.base': 'le serveur {server} de l’annuaire {directory} n’a rien à « {base} » : {reason}',
  'directory.base.next': 'corrigez « base » (et « group-base ») : le DN sous lequel sont les personnes',
  'directory.refused': 'le serveur {server} de l’annuaire {directory} refuse la question : {reason}',
  'directory.refused.next': 'voyez les droits du compte {user} là-bas, et « filter »',
  'directory.ca': 'l’autorité {file} des serveurs de l’annuaire ne peut pas être lue : {reason}',
  'directory.ca.next': 'ce doit être un fichier PEM que le compte de Poterne peut lire',

  // Pannes des fournisseurs OpenID.
  'openid.unreachable': 'le fournisseur {issuer} de l’annuaire {directory} est injoignable : {reason}',
  'openid.unreachable.next': 'voyez s’il marche, et si cette machine peut le joindre',
  'openid.certificate':
    'le certificat du fournisseur {issuer} de l’annuaire {directory} n’est pas de confiance : {reason}',
  'openid.certificate.next':
    'rien n’est parti ; employez le nom que porte son certificat, et « trust: { ca: … } » si une autorité à vous le signe',
  'openid.client':
    'le fournisseur {issuer} de l’annuaire {directory} refuse Poterne comme « {client} » : {reason}',
  'openid.client.next': 'corrigez « client-id », et le secret dans le fichier de « client-secret »',
  'openid.answer':
    'le fournisseur {issuer} de l’annuaire {directory} répond ce qui ne peut pas être pris : {reason}',
  'openid.answer.next':
    'voyez que « issuer » est exactement comme il le dit lui-même, et ce que dit son journal',
  'openid.login':
    'le fournisseur {issuer} de l’annuaire {directory} ne dit pas comment s’appelle la personne : pas de champ « {login} » utilisable',
  'openid.login.next':
    'choisissez-en un autre avec « login-claim », ou faites-le donner par le fournisseur (portée « profile » ou « email »)',
  'openid.overage':
    'le fournisseur {issuer} de l’annuaire {directory} omet les groupes d’une personne qui en a trop',
  'openid.overage.next':
    'faites-lui donner les seuls groupes attribués à l’application, ou des rôles (« groups-claim: roles »)',

  // poterne directory.
  'directory.about': 'si les annuaires de personnes répondent comme décrit',
  'directory.test.about':
    'interroger chaque serveur d’un annuaire : joint, de confiance, compte accepté, personnes, groupes ; et sur une personne',
  'directory.test.usage': '<nom> [identifiant] [options]',
  'directory.test.name': 'le nom de l’annuaire dans la description',
  'directory.test.login': 'quelqu’un à chercher : aucun mot de passe n’est demandé',
  'directory.known': 'la description a : {known}',
  'directory.test.server':
    '{server} : {milliseconds} ms, {protocol}, certificat jusqu’au {ends} ; {count} {count|personne|personnes} sous {base}',
  'directory.test.group': 'groupe {ours} : {dn}',
  'directory.test.group.none': 'groupe {ours} : là-bas, aucun « {theirs} », ou plusieurs',
  'directory.test.person.none':
    'personne ne s’appelle « {login} » là-bas (ou plusieurs) : voyez « base » et « filter »',
  'directory.test.person.good': '{id} peut se connecter ({dn})',
  'directory.test.person.disabled': '{id} est désactivé ({dn})',
  'directory.test.person.expired': '{id} a expiré ({dn})',
  'directory.test.person.locked': '{id} est verrouillé pour un temps, par de mauvais mots de passe ({dn})',
  'directory.test.person.must-change': '{id} doit d’abord changer son mot de passe ({dn})',
  'directory.test.person.hours': '{id} ne peut pas se connecter à cette heure ({dn})',
  'directory.test.person.groups': 'groupes : {groups} ; d’après, là-bas :',
  'directory.test.issuer': '{issuer} : répond en {milliseconds} ms, de confiance',
  'directory.test.pkce': 'PKCE (S256)',
  'directory.test.logout': 'se déconnecter ici déconnecte là-bas',
  'directory.test.backChannel': 'se déconnecter là-bas déconnecte ici',
  'directory.test.register': 'Le fournisseur doit connaître, pour le client {client} :',
  'directory.test.provider': '{name} est un fournisseur : on ne peut pas l’interroger sur des personnes',
  'directory.test.provider.next':
    'poterne directory test {name}, sans identifiant ; puis connectez-vous au portail',
};
