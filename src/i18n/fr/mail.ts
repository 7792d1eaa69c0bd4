import type { mail as en } from '../en/mail.ts';

/** Messages des courriels et de leurs secrets : code → texte ; `{nom}` tient la place d'une valeur. */
export const mail: Record<keyof typeof en, string> = {
  // Constats.
  'mail.key.unknown': 'clé inconnue « {key} » dans mail',
  'mail.key.missing': 'il manque ici la clé « {key} » à mail',
  'archives.key.unknown': 'clé inconnue « {key} » dans archives',
  'archives.key.missing': 'il manque la clé « {key} » à archives',
  'runs.key.unknown': 'clé inconnue « {key} » dans runs',
  'runs.key.missing': 'il manque la clé « {key} » à runs',
  'mail.login': '{has} du serveur de courriel est sans {lacks} : les deux, ou aucun',
  'secret.written': 'un secret est écrit ici : une description n’en contient aucun',
  'secret.written.hint':
    'mettez-le dans un fichier que seul son propriétaire lit et écrivez { file: /etc/poterne/secrets/NOM } ; changez-le si d’autres l’ont vu',
  'value.file.absolute': '« {value} » n’est pas un chemin absolu',
  'value.mailbox':
    '« {value} » n’est pas un expéditeur : écrivez une adresse, ou un nom et une adresse entre <>',
  'value.url.folder':
    '« {value} » n’est pas l’URL d’un dossier : écrivez http:// ou https://, sans utilisateur, ni « ? », ni « # »',

  // Secrets.
  'secret.missing': 'le fichier {file} du secret n’existe pas',
  'secret.missing.next':
    'créez-le avec le secret sur une ligne, et « chmod 600 {file} » ; sur une passerelle installée « chgrp poterne {file} » et « chmod 640 {file} »',
  'secret.unreadable': 'le fichier {file} du secret ne peut pas être lu : {reason}',
  'secret.unreadable.next':
    'laissez le compte qui fait tourner Poterne le lire ; sur une passerelle installée : chgrp poterne {file} ; chmod 640 {file}',
  'secret.open':
    'd’autres que son propriétaire peuvent lire le secret de {file} (mode {reason}), ou il est à un autre compte',
  'secret.open.next':
    'chmod 600 {file}, appartenant à root ou à ce compte ; changez le secret si d’autres ont pu le lire',
  'secret.form': '{file} ne contient pas un secret sur une ligne',
  'secret.form.next': 'écrivez-l’y seul, en texte ; la fin de ligne qui le suit n’en est pas',

  // Courriels.
  'mail.undescribed': 'la description ne dit pas comment partent les courriels',
  'mail.undescribed.next': 'ajoutez « mail » avec smtp et from ; voyez docs/fr/archive.md',
  'mail.address': '« {address} » n’est pas une adresse où un courriel puisse aller',
  'mail.address.next': 'écrivez par exemple equipe@example.fr',
  'mail.unreachable': 'le serveur de courriel {server} ne peut pas être joint : {reason}',
  'mail.unreachable.next':
    'voyez s’il est allumé et si cette machine peut atteindre ce port ; l’envoi sera tenté de nouveau',
  'mail.certificate': 'le certificat du serveur de courriel {server} n’est pas de confiance : {reason}',
  'mail.certificate.next':
    'rien n’est parti ; employez le nom que porte son certificat, et « ca » si votre propre autorité le signe',
  'mail.ca': 'l’autorité {file} du serveur de courriel ne peut pas être lue : {reason}',
  'mail.ca.next': 'corrigez le chemin de « ca » ou ses droits',
  'mail.tls': 'le serveur de courriel {server} n’offre pas à ce port de TLS utilisable : {reason}',
  'mail.tls.next':
    'rien n’est parti, car ce serait en clair ; employez le port 587 avec starttls, ou 465 avec implicit',
  'mail.login.refused': 'le serveur de courriel {server} refuse la connexion de {user} : {reason}',
  'mail.login.refused.next':
    'corrigez l’utilisateur, ou le mot de passe dans son fichier, puis « poterne mail retry »',
  'mail.sender.refused': 'le serveur de courriel {server} refuse les courriels de {from} : {reason}',
  'mail.sender.refused.next':
    'prenez un expéditeur (« from ») qu’il permet à cet utilisateur, puis « poterne mail retry »',
  'mail.recipient.refused': 'le serveur de courriel {server} refuse les courriels pour {to} : {reason}',
  'mail.recipient.refused.next':
    'corrigez l’adresse et recommencez, ou « poterne mail retry » quand le serveur l’accepte',
  'mail.large': 'le courriel est trop grand pour le serveur {server} : {reason}',
  'mail.large.next':
    'mettez « limit » de mail au-dessous de ce qu’il accepte, et « archives » pour un lien à la place',
  'mail.busy': 'le serveur de courriel {server} n’accepte pas le courriel pour l’instant : {reason}',
  'mail.busy.next': 'l’envoi sera tenté de nouveau ; ou « poterne mail retry »',
  'mail.refused': 'le serveur de courriel {server} n’accepte pas le courriel : {reason}',
  'mail.refused.next': 'faites ce qu’il dit, puis « poterne mail retry »',
  'mail.unknown': 'aucun courriel {id} n’attend',
  'mail.unknown.next': 'voyez « poterne mail queue »',
};
