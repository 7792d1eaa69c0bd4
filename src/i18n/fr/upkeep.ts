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
};
