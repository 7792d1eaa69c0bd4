import type { authority as en } from '../en/authority.ts';

/** Messages de l'autorité de certification de Poterne : code → texte ; `{nom}` tient la place d'une valeur. */
export const authority: Record<keyof typeof en, string> = {
  // Constats.
  'authority.key.unknown': 'clé inconnue « {key} » dans authority',
  'authority.lifetime':
    'les certificats de serveurs valent de {least} à {most} jours : navigateurs et téléphones en refusent de plus longs',
  'authority.at': 'rien n’est publié sous « {name} »',
  'authority.at.hint': 'un de ceux-ci : {names}',
  'authority.name': 'l’autorité ne peut pas signer « {name} »',
  'authority.name.hint':
    'ajoutez son domaine aux names de authority, ou donnez à la publication un autre certificat',
  'value.suffix':
    '« {value} » n’est pas un nom DNS : écrivez example.fr, qui vaut aussi pour tous les noms au-dessous',

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

  // Les commandes et ce qu’elles peuvent rencontrer.
  'authority.name.common': '« {name} » se lit comme un nom DNS que l’autorité ne peut pas signer',
  'authority.name.common.next':
    'qui vérifie les noms le refuserait : écrivez un nom avec une espace ou un @ (« Jean Dupont », jean.dupont@example.fr), ou sans point',
  'authority.ask': 'l’autorité n’a pas répondu comme prévu : {reason}',
  'authority.ask.next':
    'voyez si cette version de Poterne est aussi sur la passerelle (« poterne apply » l’apporte), et si son autorité est entière : poterne cert authority',
  'authority.flat':
    'la racine de cette autorité signe elle-même les certificats : sans sa clé, rien ne serait renouvelé',
  'authority.flat.next': 'seule une autorité qui a un certificat émetteur peut se passer de sa racine',
  'authority.unused': 'cette autorité n’a encore rien signé',
  'authority.unused.next': 'appliquez d’abord une description',
  'authority.names.open':
    'la description ne dit pas quels noms l’autorité peut signer : sans sa racine, aucun nom nouveau ne pourrait être publié',
  'authority.names.open.next':
    'écrivez « authority: { names: [example.fr] } » avec les domaines que vous publierez un jour, et appliquez',
  'authority.root.other': 'cette clé n’est pas celle de la racine',
  'authority.root.other.next': 'prenez le fichier que « cert authority export » a écrit pour cette autorité',
  'authority.root.there': 'la clé de la racine est sur {host}, et ne voyage pas par le réseau',
  'authority.root.there.next': 'lancez ceci sur cette machine, en root',
  'authority.root.file': '{file} ne peut pas être lu : {reason}',
  'authority.unlockable': 'cette machine n’a pas de clé qui ferme celle de la racine',
  'authority.unlockable.next': 'donnez un fichier par POTERNE_MACHINE_KEY',
  'cert.revoke.unknown':
    'aucun certificat valable de cette autorité ne s’appelle « {what} », ni n’a ce numéro de série',
  'cert.revoke.unknown.next': 'poterne cert list --issued montre tout ce qu’elle a signé',
  'cert.csr.form': '{file} n’est pas une demande de certificat : {reason}',
  'cert.csr.form.next': 'il faut du PKCS#10, en PEM ou DER : openssl req -new -key CLÉ -out FICHIER',
  'cert.csr.signature': 'la demande de {file} n’est pas signée par sa propre clé',
  'cert.csr.signature.next': 'refaites-la avec la clé dont elle parle',
  'cert.csr.key': 'la clé de la demande de {file} n’est pas acceptée : {reason}',
  'cert.csr.key.next':
    'créez-en une en ECDSA P-256 ou P-384, ou RSA d’au moins 3072 bits avec l’exposant 65537',
  'cert.p12.failed': 'openssl n’a pas pu créer le fichier PKCS#12 : {reason}',
  'cert.out.there': '{file} existe déjà',
  'cert.out.there.next':
    'nommez un autre fichier, ou déplacez celui-ci ; cert issue a pour cela --out et --force',
  'cert.out.unwritten': '{file} ne peut pas être écrit : {reason}',
  'cert.out.unwritten.next': 'choisissez avec --out un endroit où vous pouvez écrire',
  'cert.passphrase.where': 'personne ne verrait la phrase secrète : ceci n’est pas un terminal',
  'cert.passphrase.where.next': 'donnez-lui un fichier par --passphrase-file ; il est créé s’il n’existe pas',
  'cert.issue.name.form':
    "« {name} » ne peut pas être le nom d’un certificat : au plus 64 lettres, chiffres, espaces et . @ _ + ' -",
  'cert.issue.for.missing': 'dites à quoi sert le certificat : --for server, client ou both',
  'cert.issue.csr.format':
    'qui a fait la demande en a la clé : il n’y en a pas à mettre dans un fichier PKCS#12',
  'cert.csr.names': 'la demande veut des noms que personne n’a accordés : {names}',
  'cert.csr.names.next': 's’ils sont les siens, dites-le : {words} ; sinon, dites lesquels le sont',
  'cert.issue.san.form': '« {value} » n’est pas un nom qu’un certificat puisse avoir',
  'cert.issue.san.form.next': 'écrivez un nom DNS, une adresse, email:… ou uri:…',
  'cert.issue.days.form': '« {value} » n’est pas un nombre de jours de 1 à {most}',
  'cert.ask.about': 'ce que d’autres comptes et machines demandent à l’autorité',
  'cert.ask.request': 'ce qui est demandé, en JSON ; - le lit',
  'cert.issue.about': 'faire signer un certificat par l’autorité de Poterne',
  'cert.issue.usage': 'NOM --for USAGE [options]',
  'cert.issue.name': 'à qui ou à quoi il sert ; émis de nouveau sous le même nom, c’est un renouvellement',
  'cert.issue.for': 'à quoi il peut servir : {values}',
  'cert.issue.csr': 'signer la clé de cette demande (PKCS#10) ; ce qu’elle demande d’autre ne compte pas',
  'cert.issue.san': 'un nom pour lequel il vaut : nom DNS, adresse, email:…, uri:… ; peut être répété',
  'cert.issue.days': 'combien de jours il vaut (par défaut : 365)',
  'cert.issue.key': 'la clé qui est créée : {values} (par défaut : la première)',
  'cert.issue.format':
    'pem : chaîne et clé en deux fichiers ; p12 : un fichier scellé, pour téléphones et navigateurs ; p12-aes : le même en AES-256, que les anciens refusent',
  'cert.issue.out': 'où il est écrit (par défaut : NOM.pem ou NOM.p12, ici)',
  'cert.issue.passphrase':
    'la phrase secrète d’un fichier scellé est dans ce fichier, créé s’il n’existe pas',
  'cert.issue.renew': 'comme le dernier de ce nom : usage, noms, durée',
  'cert.issue.force': 'écrire par-dessus des fichiers existants',
  'cert.issue.done': '{name} : certificat de {purpose}, jusqu’au {until}, numéro de série {serial}',
  'cert.issue.file': 'certificat : {file}',
  'cert.issue.key.file': 'clé : {file}',
  'cert.issue.passphrase.shown': 'phrase secrète, montrée seulement maintenant : {passphrase}',
  'cert.issue.passphrase.file': 'phrase secrète : dans {file}',
  'cert.issue.next.pem':
    'donnez les deux au programme qui présente le certificat ; qui le vérifie a besoin du root.pem de l’autorité',
  'cert.issue.next.csr':
    'donnez-le à qui a la clé de la demande ; qui le vérifie a besoin du root.pem de l’autorité',
  'cert.issue.next.p12':
    'envoyez le fichier et la phrase par des voies différentes ; docs/fr/authority.md dit comment chaque système l’importe',
  'cert.purpose.word.server': 'serveur',
  'cert.purpose.word.client': 'client',
  'cert.purpose.word.authority': 'autorité',
  'cert.authority.replace.about':
    'faire signer une nouvelle clé sous la racine, et révoquer par la racine celle d’avant, avec tout ce qu’elle a signé',
  'cert.authority.replaced': '{subject} signe désormais ; la racine a révoqué celle d’avant',
  'cert.authority.worthless': 'ne vaut plus rien, à émettre de nouveau : {name} ({serial}, jusqu’au {until})',
  'cert.purpose.word.both': 'serveur et client',
  'cert.revoke.about': 'reprendre des certificats de l’autorité de Poterne',
  'cert.revoke.usage': 'NOM|NUMÉRO --reason MOTIF [options]',
  'cert.revoke.what': 'un numéro de série, ou un nom : tous ceux de ce nom',
  'cert.revoke.reason': 'pourquoi ; figure dans la liste publiée : {values}',
  'cert.revoke.done': 'révoqué : {name}, numéro de série {serial}',
  'cert.revoke.gateway.heeds':
    'la passerelle le refuse désormais, là où elle demande des certificats de cette autorité',
  'cert.revoke.gateway.stopped': 'aucune passerelle ne tourne ici : la liste comptera à son démarrage',
  'cert.revoke.gateway.failed':
    'la passerelle n’a pas pu appliquer la nouvelle liste : voyez « poterne status »',
  'cert.authority.about': 'où en est l’autorité de Poterne ; emporter sa racine, et la rapporter',
  'cert.authority.usage': '[options] [export|import]',
  'cert.authority.role': '',
  'cert.authority.subject': 'sujet',
  'cert.authority.until': 'jusqu’au',
  'cert.authority.key': 'clé',
  'cert.authority.root': 'racine',
  'cert.authority.issuing': 'émetteur',
  'cert.authority.key.encrypted': 'ici, chiffrée',
  'cert.authority.key.unencrypted': 'ici, non chiffrée',
  'cert.authority.key.away': 'pas sur cette machine',
  'cert.authority.fingerprint': 'SHA-256 de la racine : {fingerprint}',
  'cert.authority.flat': 'Une autorité d’avant : sa racine signe elle-même les certificats.',
  'cert.authority.limits': 'Peut signer : {names}',
  'cert.authority.waits': 'La description veut qu’elle en signe d’autres ({names}) : rapportez la racine.',
  'cert.authority.published': 'Révocations : {base}/.well-known/poterne/',
  'cert.authority.counts':
    'Signés : {issued} {issued|certificat|certificats}, dont {revoked} {revoked|révoqué|révoqués}.',
  'cert.authority.machine-key': 'Ce qui ouvre ses clés : {file}',
  'cert.authority.unencrypted':
    'Une clé n’est pas chiffrée : cette machine n’a pas de clé pour cela, ou rien n’a été appliqué depuis.',
  'cert.authority.export.about': 'écrire la clé de la racine, chiffrée, dans un fichier à garder ailleurs',
  'cert.authority.export.file': 'où, une clé USB par exemple',
  'cert.authority.export.remove': 'ôter la clé de cette machine une fois écrite',
  'cert.authority.exported': 'la clé de la racine est dans {file}',
  'cert.authority.removed':
    'elle n’est plus sur cette machine ; rapportez-la avant le {until}, et quand l’autorité doit signer d’autres noms',
  'cert.authority.import.about': 'rapporter la clé de la racine, et lui faire signer ce qui l’attend',
  'cert.authority.import.file': 'le fichier que export a écrit',
  'cert.authority.imported': 'la clé de la racine est de nouveau ici, et a signé ce qui l’attendait',
  'cert.list.about':
    'chaque certificat dont le site dépend, avec les jours qui restent ; sort avec 1 quand l’un est fini ou va l’être',
  'cert.list.issued': 'à la place, tout ce que l’autorité de Poterne a jamais signé',
  'cert.list.soon':
    'combien de jours restants sont trop peu (90 au moins pour les autorités ; jamais plus du quart de sa vie)',
  'cert.list.counts':
    '{all} {all|certificat|certificats} ; {bad} finis, bientôt finis ou pas obtenus, {unseen} pas {unseen|vu|vus}.',
  'cert.list.authority': 'l’autorité',
  'cert.list.missing': 'pas encore obtenu',
  'cert.list.text': '{text}',
  'cert.list.days': 'jours',
  'cert.list.origin': 'quoi',
  'cert.list.for': 'pour',
  'cert.list.until': 'jusqu’au',
  'cert.list.where': 'où',
  'cert.list.name': 'nom',
  'cert.list.purpose': 'pour',
  'cert.list.serial': 'numéro de série',
  'cert.list.who': 'demandé par',
  'cert.list.state': 'état',
  'cert.list.revoked': 'révoqué le {at} : {reason}',
  'cert.list.over': 'fini',
  'cert.list.valid': 'valable',
  'cert.list.origin.root': 'racine propre',
  'cert.list.origin.issuing': 'autorité propre',
  'cert.list.origin.issued': 'émis',
  'cert.list.origin.publication': 'publication',
  'cert.list.origin.acme': 'publication (ACME)',
  'cert.list.origin.file': 'publication (fichier)',
  'cert.list.origin.client-authority': 'autorité de clients',
  'cert.list.origin.client': 'certificat client',
  'cert.list.origin.partner': 'partenaire',
  'cert.list.origin.service': 'service',
  'cert.list.origin.mail': 'serveur de courriel',
  'cert.list.origin.trusted': 'autorité de confiance',
  'cert.list.origin.ssh': 'autorité SSH',
};
