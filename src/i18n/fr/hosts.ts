import type { hosts as en } from '../en/hosts.ts';

/** Messages des machines jointes par SSH : code → texte ; `{nom}` tient la place d'une valeur. */
export const hosts = {
  'apply.host.confirmed': '{host} : confirmé par une nouvelle connexion',
  'apply.host.packages': '{host} : installation de {count} {count|paquet|paquets}',
  'apply.host.part': '{host} : {part}',
  'apply.host.waits.dpkg': '{host} : un autre programme installe des paquets ; on attend qu’il finisse',
  'apply.host.waits.lock': '{host} : un autre Poterne y travaille ; on attend qu’il finisse',
  'apply.packages': 'les paquets Debian de Poterne sont construits',
  'gateway.remote': 'la passerelle sur {host} ne sert pas ce qu’elle a reçu : {reason}',
  'gateway.remote.next': 'la dernière bonne version est servie ; voyez « journalctl -u poterne » sur {host}',
  'host.cut': 'la connexion à {host} a été perdue avant la fin : {reason}',
  'host.cut.next':
    'la machine termine seule la partie en cours, et remet ce que personne ne confirme ; appliquez à nouveau, ce qui fera le reste',
  'host.denied': '{host} ({address}) refuse la connexion : {reason}',
  'host.denied.next':
    'ajoutez la clé publique de ce compte au fichier authorized_keys de la machine ; voyez lesquelles sont proposées avec « ssh -v {address} »',
  'host.disk.full': 'le disque de {host} est plein : {reason}',
  'host.disk.full.next': 'rien n’y a été modifié ; libérez de la place et appliquez à nouveau',
  'host.dpkg.locked': 'un autre programme installe des paquets depuis trop longtemps',
  'host.garbled': 'ce que {host} a reçu n’est pas ce qui a été envoyé : {reason}',
  'host.garbled.next': 'rien n’y a été modifié ; appliquez à nouveau',
  'host.identity.changed': '{host} ({address}) présente une autre clé d’hôte que celle connue',
  'host.identity.changed.next':
    'quelqu’un s’interpose peut-être : rien n’a été envoyé. Si la machine a été réinstallée, comparez « ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub » sur sa console, puis corrigez sa clé dans la description ou known_hosts (« ssh-keygen -R {address} »)',
  'host.identity.unknown': 'la clé d’hôte de {host} ({address}) n’est pas connue : {reason}',
  'host.identity.unknown.next':
    'décrivez sa clé, ou connectez-vous une fois à la main avec « ssh {address} » en la comparant à « ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub » sur sa console',
  'host.locked': 'un autre Poterne travaille sur {host} depuis trop longtemps',
  'host.locked.next': 'voyez ce qu’il fait avec « fuser -v /var/lib/poterne-host » sur la machine',
  'host.part.account': 'le compte {what} ne peut pas être créé',
  'host.part.action': 'ceci a échoué : {what}',
  'host.part.arm': 'la machine ne peut pas être armée pour revenir seule en arrière ; rien n’a été touché',
  'host.part.check': 'refusé par : {what}',
  'host.part.folder': 'le dossier {what} ne peut pas être créé',
  'host.part.full': 'le disque est plein',
  'host.part.packages': 'ces paquets ne peuvent pas être installés : {what}',
  'host.part.place': '{what} ne peut pas être écrit',
  'host.part.unit': 'l’unité {what} n’atteint pas son état',
  'host.program.missing': 'le programme « {program} » n’est pas installé sur {host}',
  'host.refused': '{engine} de {host} refuse ceci : {text}',
  'host.rolled.back': '{host} a remis ce qui était avant, faute de confirmation à temps : {parts}',
  'host.rolled.back.next':
    'voyez si la nouvelle configuration vous laisse entrer, ou donnez-lui plus de secondes, et appliquez à nouveau',
  'host.strange': '{host} dit ce que ne dirait aucune machine qui exécute notre script : {reason}',
  'host.strange.next': 'rien de ce qu’elle dit n’est à croire : voyez qui y est entré',
  'host.sudo.refused': 'sudo refuse {user} sur {host} : {reason}',
  'host.sudo.refused.next':
    'autorisez-le sans mot de passe, par exemple « {user} ALL=(ALL) NOPASSWD: ALL » dans un fichier de /etc/sudoers.d fait avec visudo ; ou connectez-vous en root',
  'host.unconfirmed': 'aucune nouvelle connexion à {host} n’est possible depuis que ceci a changé : {parts}',
  'host.unconfirmed.here':
    'personne n’a dit que l’on peut encore entrer sur {host} : ce qui était avant y est rétabli en {seconds} secondes au plus',
  'host.unconfirmed.next':
    'l’hôte rétablit de lui-même ce qui était avant, en {seconds} secondes au plus ; corrigez alors la description et appliquez de nouveau',
  'host.unfit': '{host} ne peut pas exécuter le nécessaire : {reason}',
  'host.unfit.next': 'il y faut Debian 12 ou 13, et un interpréteur de connexion qui exécute des commandes',
  'host.unreachable': '{host} ({address}) est injoignable : {reason}',
  'host.unreachable.next': 'voyez si elle est allumée, et essayez « ssh {address} »',
  'host.unwritable': 'rien ne peut être écrit sur {host} : {reason}',
  'host.unwritable.next':
    'voyez si son système de fichiers est passé en lecture seule, avec « findmnt /var » et « dmesg »',
  'package.failed': 'les paquets Debian de Poterne ne peuvent pas être construits : {reason}',
  'package.failed.next': 'essayez « npm run deb » dans le dossier de Poterne, qui en dit plus',
  'package.missing': 'il n’y a pas de paquet Debian de Poterne dans {folder} à apporter à la passerelle',
  'package.missing.next':
    'appliquez depuis un clone de Poterne ; sur la passerelle même, changez ce que lit son service, puis : systemctl reload poterne',
} as const satisfies Record<keyof typeof en, string>;
