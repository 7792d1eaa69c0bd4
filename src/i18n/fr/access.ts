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
  'person.keys.missing': '« {name} » n’a pas de clé, et n’entre nulle part',
  'person.keys.missing.hint': 'ajoutez « keys » : la ligne de son fichier .pub',
  'ssh-server.left':
    'le serveur SSH de « {name} » est laissé tel quel, et ne laisse donc entrer personne venant du bastion',
  'ssh-server.left.hint': 'retirez « ssh-server: false », ou l’hôte des règles',
  'selector.fact.described':
    '« {key}: » est ce que les hôtes disent d’eux-mêmes : on ne donne pas d’accès sur leur parole',
  'selector.fact.described.hint': 'mettez les hôtes dans un groupe, et écrivez group:NOM',
  'access.nobody': 'personne n’est nommé',
  'access.nobody.hint': 'nommez « people », des « groups » de personnes, ou les deux',
  'access.none': '« {to} » ne sélectionne aucun hôte',
  'access.host.unmanaged':
    'Poterne n’agit pas sur ces hôtes, qui ne feront donc confiance à personne venant du bastion : {hosts}',
  'access.host.unmanaged.hint': 'donnez-leur « ssh »',
  'access.host-key.missing':
    'la description n’a pas la clé d’hôte de ces hôtes, où personne n’est donc laissé entrer : {hosts}',
  'access.host-key.missing.hint': 'ajoutez « host-key » à leur « ssh » ; ssh-keyscan l’affiche',
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
  'ssh.management.about':
    'un certificat d’un quart d’heure avec lequel Poterne se connecte aux hôtes (appelé par le Poterne d’autres machines)',
  'ssh.management.usage': '[options] CLÉ',
  'ssh.management.key': 'la clé publique pour laquelle il est, telle qu’un fichier .pub la contient',
  'ssh.management.by': 'qui le demande',
  'ssh.management.refused': '{host} n’a pas délivré de certificat : {reason}',
  'ssh.management.failed':
    'il n’y a pas de certificat pour se connecter aux hôtes ; l’autorité sur {host} dit : {reason}',
  'ssh.management.failed.next':
    'lancez ceci sur {host} en root, ou avec une clé qui y ouvre {login} ; voyez là-bas : poterne ssh authority',
  // Ce que l’on entend sur le bastion.
  'front.unknown': 'la description n’a personne de ce compte',
  'front.refused': 'il n’y a pas de shell ici, ni d’autre commande que celles-ci',
  'front.proof': 'un certificat est pour qui vient avec une clé enregistrée',
  'front.key':
    'une clé publique est lue sur l’entrée standard : ssh-keygen en crée une, « poterne ssh login » fait tout',
  'front.nowhere': 'aucune règle ne laisse {person} entrer nulle part',
  'front.help':
    'Bonjour {person}. Cette machine mène à d’autres : ssh -J {person}@CETTE-MACHINE COMPTE@MACHINE\n  hosts         où vous pouvez aller maintenant\n  certificate   un certificat pour la clé publique lue sur l’entrée standard',
  'front.about': 'répond à une demande de qui est connecté au bastion (poterne-front@.service)',
  'front.instance': 'le nom de l’instance du service, qui finit par qui demande',
  'ssh.login.about':
    'obtient du bastion un certificat de quelques minutes, pour votre clé enregistrée ; il va dans ssh-agent',
  'ssh.login.file': 'garde plutôt la clé et le certificat dans des fichiers ; dans ~/.ssh/poterne sans agent',
  'ssh.login.done': '{person} : un certificat jusqu’à {until} ({kept})',
  'ssh.login.refused': '{host} ne donne pas de certificat : {reason}',
  'ssh.revoke.about':
    'reprend un certificat, ou tous ceux d’une personne, qui n’en aura plus (sur le bastion)',
  'ssh.revoke.usage': '[options] PERSONNE|NUMÉRO',
  'ssh.revoke.what': 'une personne, ou le numéro de série d’un certificat',
  'ssh.revoke.undo': 'laisse de nouveau la personne avoir des certificats',
  'ssh.revoke.form': '« {what} » n’est ni une personne ni un numéro de série',
  'ssh.revoke.unheeded':
    'c’est révoqué, mais le serveur SSH de cette machine n’a pas pu l’apprendre : {reason}',
  'ssh.revoke.undo.serial':
    'le certificat {serial} reste révoqué : seule une personne peut en avoir d’autres',
  'ssh.revoke.undone': '{person} peut de nouveau avoir des certificats.',
  'ssh.revoke.serial': 'Le certificat {serial} est révoqué.',
  'ssh.revoke.person':
    '{person} n’aura plus de certificats ; {count} {count|révoqué|révoqués}. Les sessions finissent.',
  'ssh.revoke.next': 'portez la liste sur les hôtes avec : poterne apply',
  'ssh.certificates.about':
    'liste les certificats valables maintenant, et ce qui est révoqué (sur le bastion)',
  'ssh.certificates.none': 'Aucun certificat n’est valable maintenant.',
  'ssh.certificates.serial': 'numéro',
  'ssh.certificates.id': 'de',
  'ssh.certificates.for': 'pour',
  'ssh.certificates.until': 'jusqu’à',
  'ssh.certificates.revoked': '(révoqué)',
  'ssh.certificates.people': 'Personnes révoquées : {people}',
  'audit.about': 'cherche dans le journal de qui a fait quoi, à quoi, d’où, avec quel résultat',
  'audit.who': 'seulement ce que cette personne ou ce compte a fait',
  'audit.what': 'seulement cette sorte : session, session.begin, certificate…',
  'audit.to': 'seulement ce qui a été fait à ceci : prod1, prod1/debian…',
  'audit.result': 'seulement ce qui a été fait, refusé, ou a échoué',
  'audit.since': 'seulement depuis : 7d, 2026-11-25, 2026-11-25T08:00',
  'audit.until': 'seulement avant, écrit de la même façon',
  'audit.from': 'seulement depuis cette adresse ou ce réseau : 198.51.100.7, 10.0.0.0/24, here',
  'audit.since.form': '« {value} » n’est ni une durée (7d) ni une date (2026-11-25)',
  'audit.none': 'Rien de tel n’est dans le journal.',
  'audit.count': '{count} {count|entrée|entrées}.',
  'audit.column.at': 'quand',
  'audit.column.who': 'qui',
  'audit.column.what': 'quoi',
  'audit.column.to': 'à quoi',
  'audit.column.from': 'd’où',
  'audit.column.result': 'résultat',
  'audit.column.detail': 'plus',
  'audit.result.done': 'fait',
  'audit.result.refused': 'refusé',
  'audit.result.failed': 'échoué',
  'audit.verify.about': 'dit si le journal est tel qu’il fut écrit, et où il ne l’est pas',
  'audit.verify.head': 'une tête que « audit head » a affichée, gardée ailleurs',
  'audit.verify.whole':
    '{folder} : {records} {records|entrée, telle qu’elle fut écrite|entrées, telles qu’elles furent écrites}.',
  'audit.verify.broken':
    '{folder} : {records} {records|entrée est telle qu’elle fut écrite|entrées sont telles qu’elles furent écrites} ; la chaîne est rompue en {count} {count|endroit|endroits}.',
  'audit.break.altered': '{place} : l’entrée {records} a été modifiée',
  'audit.break.inserted': '{place} : quelque chose a été inséré {records}',
  'audit.break.moved': '{place} : l’entrée {records} n’est pas où elle fut écrite',
  'audit.break.removed': '{place} : avant ceci, les entrées {records} ont été retirées',
  'audit.break.truncated': '{place} : la fin a été coupée : entrées {records}',
  'audit.break.head': '{place} : la tête signée du journal manque, ou n’est pas de ce journal',
  'audit.break.key': '{place} : la clé du journal manque : rien ne peut être vérifié',
  'audit.head.about':
    'affiche la fin signée du journal, à garder ailleurs : avec elle, verify trouve même un journal réécrit',
  'audit.head.unreadable': '{file} ne peut pas être lu ({reason})',
  'audit.empty': 'rien n’a encore été journalisé dans {folder}',
  'audit.denied': 'le journal de {folder} n’est pas pour ce compte',
  'audit.denied.next': 'utilisez sudo',
} satisfies Record<keyof typeof en, string>;
