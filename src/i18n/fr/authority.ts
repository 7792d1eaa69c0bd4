import type { authority as en } from '../en/authority.ts';

/** Messages de l'autorité de certification de Poterne : code → texte ; `{nom}` tient la place d'une valeur. */
export const authority: Record<keyof typeof en, string> = {
  // Clés au repos.
  'key.secret.weak': 'le secret qui doit ouvrir des clés est trop court : {length} caractères au moins',
  'key.secret.weak.next': 'créez-en un par « openssl rand -base64 32 »',
  'key.locked':
    'la clé privée {file} ne peut pas être ouverte : la clé de la machine n’est pas celle qui l’a fermée, ou le fichier est abîmé',
  'key.locked.next':
    'remettez la clé de la machine depuis une sauvegarde (/etc/poterne/machine.key, ou le fichier que nomme POTERNE_MACHINE_KEY)',

  // L'autorité.
  'authority.key.missing': 'la clé privée {file} n’est pas sur cette machine',
  'authority.key.missing.root': 'rapportez la racine : poterne cert authority import FICHIER',
  'authority.key.missing.issuing': 'remettez le dossier de l’autorité depuis une sauvegarde',
  'authority.key.other': 'la clé privée {file} n’appartient pas au certificat qui est à côté',
  'authority.key.other.next': 'remettez les deux depuis la même sauvegarde',
  'authority.name.forbidden': '« {name} » n’est pas parmi les noms que l’autorité peut signer',
  'authority.name.forbidden.next':
    'ajoutez-le à « authority: names » de la description et appliquez ; si la racine est absente, rapportez-la d’abord : poterne cert authority import FICHIER',
  'cert.revoked.already':
    'aucun certificat {serial} de cette autorité ne peut être révoqué : il est inconnu, ou déjà révoqué',
  'cert.revoked.already.next': 'poterne cert list --issued les montre tous',
};
