import type { access as en } from '../en/access.ts';

/** Messages des personnes, des accès par SSH et du journal d’audit. */
export const access = {
  'person.key.unknown': 'clé « {key} » inconnue dans la personne « {name} »',
  'person.key.missing': '« {key} » manque à la personne « {name} »',
  'rule.key.unknown': 'clé « {key} » inconnue dans une règle d’accès',
  'rule.key.missing': '« {key} » manque à une règle d’accès',
  'bastion.key.unknown': 'clé « {key} » inconnue dans le bastion',
  'bastion.key.missing': '« {key} » manque au bastion',
  'value.public-key':
    '« {value} » n’est pas une clé SSH publique telle qu’un fichier .pub la contient : ed25519, ecdsa, clé de sécurité (sk-…), ou RSA de 2048 bits au moins',
  'value.day': '« {value} » n’est pas un jour : écrivez 2026-12-31',
  'value.account':
    '« {value} » n’est pas un compte : lettres, chiffres, _ et -, 32 au plus, pas de chiffre au début',
  'person.unknown': 'aucune personne ne s’appelle « {name} »',
  'person.group.unknown': 'aucune personne n’est dans un groupe « {name} »',
  'person.name': '« {name} » ne peut pas être un compte sur le bastion',
  'person.name.hint':
    'minuscules, chiffres, _ et -, 31 au plus, pas de chiffre au début ; le nom tel qu’on l’écrit va dans « name: »',
  'person.name.taken': '« {name} » est un compte que les machines ont, ou avec lequel Poterne se connecte',
  'person.name.taken.hint': 'donnez un autre nom à cette personne',
  'person.key.twice': 'cette clé de « {name} » est déjà enregistrée : on ne saurait pas qui arrive',
  'selector.fact.described':
    '« {key}: » est ce que les hôtes disent d’eux-mêmes : on ne donne pas d’accès sur leur parole',
  'selector.fact.described.hint': 'mettez les hôtes dans un groupe, et écrivez group:NOM',
  'access.nobody': 'personne n’est nommé',
  'access.nobody.hint': 'nommez « people », des « groups » de personnes, ou les deux',
  'access.none': '« {to} » ne sélectionne aucun hôte',
  'access.host.unmanaged':
    'Poterne n’agit pas sur ces hôtes, qui ne feront donc confiance à personne venant du bastion : {hosts}',
  'access.host.unmanaged.hint': 'donnez-leur « ssh »',
  'access.bastion.missing': 'il n’y a pas de bastion par où passer',
  'access.bastion.missing.hint': 'ajoutez « bastion: {} » : c’est alors la passerelle',
  'bastion.host.unmanaged': 'le bastion « {name} » n’est pas un hôte sur lequel Poterne agit',
  'bastion.host.unmanaged.hint': 'donnez-lui « ssh », ou nommez un autre hôte avec « host »',
  'bastion.certificates': 'le certificat d’une personne vaut entre une minute et un jour : écrivez 1m à 24h',
  'bastion.authority.missing':
    '« {key} » manque au bastion : les accès ne sont pas mis en place, et les hôtes restent comme ils sont',
  'bastion.authority.missing.hint':
    'lancez « poterne ssh authority » sur {host}, et copiez les lignes affichées',
  'bastion.authority.same':
    'une même clé signe pour les personnes et pour les hôtes : qui tient un hôte pourrait être une personne',
  'bastion.login.missing':
    'avec static-keys off, l’hôte « {name} » doit dire avec quel compte Poterne se connecte',
  'bastion.login.missing.hint': 'ajoutez « user »',
  'entry.person.unknown': 'aucune personne ne s’appelle « {person} »',
  'entry.person.ended': 'l’accès de {person} s’est terminé avec le {until}',
  'entry.host.unknown': 'aucun hôte ne s’appelle « {host} »',
  'entry.none': 'aucune règle ne laisse {person} entrer sur {host}',
  'entry.account': 'aucune règle ne laisse {person} entrer sur {host} en tant que {account}',
  'entry.kind.shell': '{person} ne peut que déposer et prendre des fichiers sur {host} en tant que {account}',
  'entry.kind.files': '{person} ne peut ni déposer ni prendre de fichiers sur {host} en tant que {account}',
  'entry.hours': '{person} n’entre sur {host} en tant que {account} qu’à d’autres heures',
  'entry.bastion': 'la description n’a pas de bastion',
  // Le journal d’audit.
  'audit.unwritable':
    'le journal d’audit de {folder} ne peut pas être écrit ({reason}) : rien n’est fait qu’il ne dirait pas',
  'audit.unwritable.next': 'faites de la place sur le disque, ou donnez le dossier au compte qui lance ceci',
  // L’autorité SSH.
  'ssh.keygen.failed': 'ssh-keygen a échoué : {reason}',
  'ssh.authority.missing': 'il n’y a pas d’autorité SSH dans {folder}',
  'ssh.authority.missing.next': 'créez-la avec : poterne ssh authority',
  'ssh.authority.unreadable': 'l’autorité SSH de {folder} ne peut pas être lue ({reason})',
  'ssh.authority.unreadable.next': 'seuls root et le compte du bastion le peuvent : utilisez sudo',
  'ssh.revoked': 'l’accès de {person} est révoqué',
  'ssh.revoked.next': 'rendez-le avec : poterne ssh revoke --undo {person}',
  'ssh.about': 'l’accès aux machines par le bastion',
  'ssh.authority.about':
    'crée l’autorité SSH de cette machine, s’il n’y en a pas, et affiche ce que la description en demande',
  'ssh.authority.made':
    'L’autorité SSH a été créée dans {folder}. Sauvegardez ce dossier : ses clés ne sont nulle part ailleurs.',
  'ssh.authority.there': 'L’autorité SSH est dans {folder}.',
  'ssh.authority.copy': 'copiez ces lignes dans la description, puis : poterne apply',
  'ssh.account.failed': 'le compte {account} ne peut pas être créé : {reason}',
} satisfies Record<keyof typeof en, string>;
