import type { upkeep as en } from '../en/upkeep.ts';

/** Messages de l’entretien des machines (mises à jour, fichiers, comptes, clés) : code → texte ; `{nom}` tient la place d’une valeur. */
export const upkeep: Record<keyof typeof en, string> = {
  'place.missing': '{host} : il n’y a pas de dossier {path}',
  'place.missing.next': 'rien n’y a été déposé ; créez d’abord le dossier',
  'place.foreign': '{host} : d’autres que root et le compte qui écrit peuvent changer {path}',
  'place.foreign.next':
    'rien n’y a été déposé, car ils pourraient le mener ailleurs ; voyez « ls -ld » là-bas, retirez-leur le droit d’écrire, ou dites --as avec le compte à qui il appartient',
  'place.occupied': '{host} : {path} existe et n’est pas un fichier ordinaire',
  'place.occupied.next': 'rien n’y a été déposé ; donnez le chemin d’un fichier',
  'place.owner': '{host} : le fichier ne peut pas appartenir à {path}',
  'place.owner.next':
    'rien n’y a été déposé ; voyez si le compte et le groupe y existent. Un compte autre que root ne donne rien à un autre',
  'place.write': '{host} : le fichier ne peut pas être écrit : {reason}',
  'place.write.next': 'rien n’y a été déposé ; voyez « ls -ld » de son dossier là-bas, et « findmnt -T »',
  'put.about': 'déposer des fichiers de cette machine sur de nombreuses autres',
  'put.usage': '[options] <fichier…>',
  'put.files': 'des fichiers de cette machine ; les dossiers ne sont pas pris',
  'put.to': 'où ils vont là-bas : un dossier, terminé par /, ou le chemin d’un seul fichier',
  'put.as': 'avec les droits de qui ils sont écrits (par défaut : root)',
  'put.mode': 'leurs droits là-bas, en octal (par défaut : ceux du fichier remplacé, sinon 644)',
  'put.owner':
    'leur propriétaire là-bas : COMPTE ou COMPTE:GROUPE (par défaut : celui du fichier remplacé, sinon celui de --as)',
  'put.is.new': '{count} nouveau(x)',
  'put.is.changed': '{count} remplacé(s)',
  'put.is.same': '{count} inchangé(s)',
  'get.missed': '{host} : {count} fichier(s) n’ont pas pu être rapportés',
  'get.about': 'rapporter des fichiers de nombreuses machines, dans un dossier pour chacune',
  'get.usage': '[options] <motif…>',
  'get.patterns':
    "quels fichiers, comme un shell POSIX le développe là-bas, entre apostrophes : '/var/log/app/*.log' ; les dossiers ne sont pas pris",
  'get.to': 'le dossier de cette machine qui en reçoit un par machine',
  'get.as': 'avec les droits de qui ils sont lus (par défaut : le compte qui se connecte)',
  'upkeep.silent': '{host} ne répond pas en {seconds} secondes',
  'upkeep.silent.next': 'rien n’y a été changé ; regardez ce qui l’occupe',
  'update.none': '{host} n’a pas apt : ce n’est pas une Debian',
  'update.none.next': 'laissez-la hors de --on',
  'update.lists': '{host} ne peut pas obtenir les listes de paquets : {reason}',
  'update.lists.next': 'rien n’y a été changé ; essayez « apt-get update » sur {host}',
  'update.broken': 'les paquets de {host} ne vont pas ensemble : {reason}',
  'update.broken.next': 'rien n’y a été changé ; voyez « apt-get check » et « dpkg --audit » sur {host}',
  'update.packages':
    'la mise à jour de {host} n’est pas arrivée à bonne fin ({packages} en suspens) : {reason}',
  'update.packages.next':
    'tout ce qu’a dit apt est dans le stderr de {host}, dans le dossier de l’exécution ; la cause levée, la mise à jour suivante reprend de là',
  'update.full': 'le disque de {host} est plein : {reason}',
  'update.full.next':
    'faites-y de la place (« apt-get clean » pour commencer), puis mettez à jour de nouveau : cela reprend où c’était',
  'update.locked': 'un autre programme installe des paquets sur {host} depuis trop longtemps : {reason}',
  'update.locked.next': 'voyez lequel avec « fuser /var/lib/dpkg/lock-frontend » sur {host}',
  'update.away': '{host} a été redémarrée et n’est pas revenue en {seconds} secondes : {reason}',
  'update.away.next': 'regardez sa console ; plus aucune machine n’est commencée',
  'update.starting': '{host} n’a pas fini son démarrage en {seconds} secondes',
  'update.starting.next': 'voyez « systemctl list-jobs » sur {host} ; plus aucune machine n’est commencée',
  'update.units': '{host} ne va pas bien après la mise à jour : {units} en échec',
  'update.units.next': 'voyez « systemctl status {units} » sur {host} ; plus aucune machine n’est commencée',
  'update.service':
    '{host} ne va pas bien après la mise à jour : le service {service} ne répond pas comme décrit : {reason}',
  'update.service.next': 'voyez ce qui le sert sur {host} ; plus aucune machine n’est commencée',
  'update.health': '{host} ne va pas bien après la mise à jour : {script} s’est terminé avec {exit}',
  'update.health.next':
    'voyez ce qu’il a dit, dans le dossier « health » de {host} dans celui de l’exécution ; plus aucune machine n’est commencée',
  'upkeep.looking': '{done} machines vues sur {of}',
  'update.about':
    'mettre à jour les paquets Debian de nombreuses machines : montré d’abord, puis lot après lot, avec un redémarrage là où il le faut',
  'update.security': 'seulement ce dont une suite de sécurité a une mise à jour',
  'update.dry-run': 'seulement montrer ce qui changerait ; les listes de paquets y sont rafraîchies',
  'update.allow-removals':
    'aussi là où des paquets doivent être retirés (par défaut : ils sont laissés, et c’est dit)',
  'update.reboot':
    'when-needed : une machine dont la mise à jour le demande est redémarrée et attendue ; never : c’est dit',
  'update.health-script':
    'un script de cette machine qui se termine par 0 là où une machine va bien ; le compte qui se connecte l’exécute là-bas',
  'update.wait': 'durée permise à une machine pour revenir et aller bien (par défaut : 10m)',
  'update.nothing': 'il n’y a rien à mettre à jour',
  'update.head.package': 'paquet',
  'update.head.from': 'de',
  'update.head.to': 'à',
  'update.head.hosts': 'machines',
  'update.new': '(nouveau)',
  'update.gone': '(retiré)',
  'update.of-security': 'sécurité',
  'update.hosts': '{count} : {hosts}',
  'update.kept.hold': '{package} y est retenu et reste tel quel : {hosts}',
  'update.kept.removal':
    '{package} est laissé, car d’autres paquets devraient être retirés (--allow-removals) : {hosts}',
  'update.kept.other': '{package} est laissé par apt : {hosts}',
  'update.refused': '{host} : avec --allow-removals, seraient retirés : {packages}',
  'update.interrupted': '{host} : une installation y a été interrompue ; une mise à jour la termine d’abord',
  'update.repaired': '{host} : une installation interrompue a d’abord été terminée',
  'update.unfinished': '{host} : laissé en suspens par une installation : {packages}',
  'update.conffile':
    '{host} : {path} a été changé à la main et est gardé ; celui du paquet est à côté (.dpkg-dist)',
  'update.rebooted': '{host} a été redémarrée, et a répondu au bout de {time}',
  'update.reboot.required': '{host} demande à être redémarrée',
  'update.reboot.kernel': '{host} fait tourner un noyau plus ancien que {what}, qui est installé',
  'update.reboot.libraries':
    '{host} : {what} processus utilise(nt) des bibliothèques qui ne sont plus là ; un redémarrage y met fin',
};
