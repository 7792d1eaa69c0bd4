import type { doctor as english } from '../en/doctor.ts';

/** Les messages du docteur des certificats, en français. */
export const doctor: Readonly<Record<keyof typeof english, string>> = {
  'cert.form.empty': 'le fichier est vide',
  'cert.form.empty.next': 'y écrire de nouveau le certificat ou la clé, en PEM',
  'cert.form.der': 'c’est du DER, la forme binaire ; les serveurs lisent du PEM',
  'cert.form.der.next': 'le convertir : openssl x509 -inform DER -in FICHIER -out FICHIER.pem',
  'cert.form.der-key': 'c’est une clé privée en DER, la forme binaire ; les serveurs lisent du PEM',
  'cert.form.der-key.next': 'la convertir : openssl pkey -inform DER -in FICHIER -out FICHIER.key',
  'cert.form.pkcs12': 'c’est du PKCS#12 (.p12, .pfx) : certificat et clé dans un fichier scellé',
  'cert.form.pkcs12.next':
    'en sortir les certificats : openssl pkcs12 -in FICHIER -nokeys -out FICHIER.pem ; et la clé : openssl pkcs12 -in FICHIER -nocerts -out FICHIER.key',
  'cert.form.pkcs7': 'c’est du PKCS#7 (.p7b) : des certificats dans une enveloppe',
  'cert.form.pkcs7.next':
    'les en sortir : openssl pkcs7 -inform DER -in FICHIER -print_certs -out FICHIER.pem',
  'cert.form.jks': 'c’est un magasin de clés Java (JKS)',
  'cert.form.jks.next':
    'le convertir : keytool -importkeystore -srckeystore FICHIER -destkeystore FICHIER.p12 -deststoretype PKCS12, puis en sortir le contenu avec openssl pkcs12',
  'cert.form.utf16':
    'le texte est en UTF-16, comme le Bloc-notes écrit « Unicode » ; OpenSSL n’y lit aucun PEM',
  'cert.form.utf16.next': 'le convertir : iconv -f UTF-16 -t ASCII FICHIER > FICHIER.pem',
  'cert.form.unknown': 'c’est du binaire, ni certificat ni clé',
  'cert.form.unknown.next': 'voir d’où il vient : openssl asn1parse -inform DER -in FICHIER',
  'cert.pem.none': 'rien dans ce texte ne commence un bloc PEM (« -----BEGIN CERTIFICATE----- »)',
  'cert.pem.none.next': 'prendre le bon fichier, avec ses lignes BEGIN et END',
  'cert.pem.bom':
    'une marque d’ordre des octets, invisible, précède le texte ; OpenSSL l’accepte, bien d’autres programmes non',
  'cert.pem.bom.next': "l’enlever : sed -i '1s/^\\xEF\\xBB\\xBF//' FICHIER",
  'cert.pem.crlf':
    'les lignes finissent comme sous Windows (CRLF) ; OpenSSL l’accepte, d’autres programmes non',
  'cert.pem.crlf.next': "le convertir : sed -i 's/\\r$//' FICHIER",
  'cert.pem.text':
    'du texte précède le premier BEGIN, à la ligne {line} ; OpenSSL passe outre, d’autres programmes non',
  'cert.pem.text.next': 'le laisser, ou enlever ce qui précède la ligne {line}',
  'cert.pem.escaped': 'ligne {line} : les fins de ligne sont écrites avec les deux caractères \\n',
  'cert.pem.escaped.next': 'en faire des fins de ligne : printf \'%b\' "$(cat FICHIER)" > FICHIER.pem',
  'cert.pem.end': 'le bloc {label} qui commence à la ligne {line} n’a pas de END avant la ligne {next}',
  'cert.pem.end.next':
    'le fichier a été tronqué, ou deux ont été collés : le copier de nouveau, avec « -----END {label}----- » sur sa propre ligne',
  'cert.pem.begin': 'la ligne {line} finit un bloc {label} que rien ne commence',
  'cert.pem.begin.next': 'copier le fichier de nouveau, avec « -----BEGIN {label}----- » sur sa propre ligne',
  'cert.pem.label': 'la ligne {line} finit {label}, mais {begun} était commencé',
  'cert.pem.label.next': 'copier le fichier de nouveau : des parties de deux fichiers sont mêlées',
  'cert.pem.line': 'la ligne {line} n’est pas une ligne BEGIN ou END comme il faut : « {text} »',
  'cert.pem.line.next':
    'cinq tirets de chaque côté, rien avant et rien après : « -----BEGIN CERTIFICATE----- »',
  'cert.pem.base64': 'ligne {line}, colonne {column} : « {text} » n’est pas du base64',
  'cert.pem.base64.next': 'copier le fichier de nouveau depuis son émission : il a été changé en chemin',
  'cert.pem.content': 'le bloc de la ligne {line} est du base64, mais pas un certificat',
  'cert.pem.content.next':
    'copier le fichier de nouveau depuis son émission : il est tronqué, ou a été changé en chemin',
  'cert.none': 'il n’y a pas de certificat dedans ; il contient : {held}',
  'cert.none.next':
    'nommer le fichier avec « -----BEGIN CERTIFICATE----- » ; une demande (CSR) est ce dont l’autorité en fait un',
  'cert.future': '{subject} n’est pas valide avant le {since} ; ici nous sommes le {now}',
  'cert.future.next': 'attendre jusque-là, ou voir si l’horloge de cette machine est juste : timedatectl',
  'cert.expired': '{subject} a expiré le {until}, il y a {days} {days|jour|jours}',
  'cert.expired.next': 'le renouveler, et faire lire le nouveau à ce qui le montre',
  'cert.soon': '{subject} expire dans {days} {days|jour|jours}, le {until}',
  'cert.soon.next': 'le renouveler maintenant ; voir pourquoi rien ne l’a renouvelé',
  'cert.purpose.client':
    '{subject} n’est pas pour les clients : son usage étendu de clé est {usages}, sans {wanted} ({long})',
  'cert.purpose.client.next': 'le faire émettre de nouveau avec extendedKeyUsage = clientAuth',
  'cert.purpose.server':
    '{subject} n’est pas pour les serveurs : son usage étendu de clé est {usages}, sans {wanted} ({long})',
  'cert.purpose.server.next': 'le faire émettre de nouveau avec extendedKeyUsage = serverAuth',
  'cert.usage': 'l’usage de clé de {subject} ne permet aucune poignée de main : {usages}',
  'cert.usage.next': 'le faire émettre de nouveau avec keyUsage = digitalSignature',
  'cert.usage.signature':
    'l’usage de clé de {subject} ({usages}) est sans digitalSignature : TLS 1.3 ne peut s’en servir',
  'cert.usage.signature.next': 'le faire émettre de nouveau avec keyUsage = digitalSignature',
  'cert.usage.rsa':
    'l’usage de clé de {subject} ({usages}) est sans digitalSignature : seul l’échange de clés RSA, sans confidentialité persistante, peut s’en servir',
  'cert.usage.rsa.next': 'le faire émettre de nouveau avec keyUsage = digitalSignature, keyEncipherment',
  'cert.leaf.ca':
    '{subject} est le certificat d’une autorité (CA:TRUE), à la place de celui d’un serveur ou d’un client',
  'cert.leaf.ca.next':
    'en faire émettre un avec basicConstraints = CA:FALSE ; qui a la clé de celui-ci peut en émettre d’autres',
  'cert.critical':
    '{subject} a une extension critique que personne ici ne connaît, {oid} : il faut le refuser',
  'cert.critical.next': 'le faire émettre de nouveau sans elle, ou non critique',
  'cert.key.weak': 'la clé de {subject} est trop faible : {key}',
  'cert.key.weak.next':
    'faire une nouvelle clé, EC prime256v1 ou RSA 2048 au moins, et lui faire émettre un certificat',
  'cert.key.curve': 'la clé de {subject} est sur la courbe {curve}, que beaucoup de programmes n’ont pas',
  'cert.key.curve.next': 'prendre prime256v1 (P-256) ou secp384r1 (P-384)',
  'cert.signature.weak': 'la signature de {subject} est trop faible : {signature}',
  'cert.signature.weak.next': 'le faire émettre de nouveau, signé avec SHA-256',
  'cert.self-signed': '{subject} est signé par lui-même : personne n’en répond',
  'cert.self-signed.next':
    'en faire émettre un par une autorité à laquelle l’autre côté se fie ; ou lui donner ce certificat même pour qu’il s’y fie',
  'cert.chain.incomplete':
    'la chaîne est incomplète : il n’y a pas de certificat de {issuer}, qui a signé {subject} (identifiant de clé {key})',
  'cert.chain.incomplete.next':
    'si c’est une racine à laquelle vous vous fiez, nommer son fichier : --ca FICHIER ; si c’est un intermédiaire, ajouter son certificat après {subject} ; publié à : {url} (--fetch y demande)',
  'cert.chain.untrusted': 'la chaîne finit à {root}, à laquelle on ne se fie pas ici',
  'cert.chain.untrusted.next':
    'nommer cette racine avec --ca si vous vous y fiez ; sinon le certificat est d’une autre autorité que prévu',
  'cert.chain.signature': 'une autorité nommée {issuer} est là, mais sa clé n’a pas signé {subject}',
  'cert.chain.signature.next':
    'l’autorité a été refaite avec une autre clé sous son ancien nom, ou quelqu’un d’autre a pris son nom : obtenir le certificat qui va avec {subject}',
  'cert.chain.key':
    'une autorité nommée {issuer} est là, mais {subject} a été signé avec une autre clé d’elle',
  'cert.chain.key.next': 'obtenir le certificat de {issuer} avec l’identifiant de clé que {subject} nomme',
  'cert.chain.fetched':
    'la chaîne est incomplète : {issuer}, qui a signé {subject}, n’est pas envoyé ; il a été cherché à {url}',
  'cert.chain.fetched.next': 'ajouter son certificat après celui de {subject} : cert chain --fetch l’affiche',
  'cert.fetch.failed': 'ce qui est publié à {url} n’a pu être cherché : {reason}',
  'cert.fetch.failed.next':
    'voir si cette machine peut l’atteindre (http, d’ordinaire au port 80) ; d’autres programmes en ont peut-être besoin aussi',
  'cert.fetch.private':
    'ce qui est publié à {url} n’a pas été cherché : {address} n’est pas une adresse d’internet',
  'cert.fetch.private.next': 'le permettre si vous vous fiez à qui a fait le certificat : --fetch-private',
  'cert.fetch.other': 'ce qui est publié à {url} n’est pas le certificat de {issuer} qui a signé',
  'cert.fetch.other.next': 'l’obtenir de l’autorité ; ses certificats renvoient au mauvais endroit',
  'cert.revoked': '{subject} est révoqué depuis {since}, pour {reason}, dit {source}',
  'cert.revoked.next': 'en faire émettre un autre, avec une autre clé ; chercher pourquoi il a été révoqué',
  'cert.crl.expired':
    'la CRL de {issuer} ({source}) devait être remplacée avant {until} : les programmes qui la regardent refusent tout certificat',
  'cert.crl.expired.next': 'en faire publier une nouvelle à l’autorité, et voir pourquoi elle ne le fait pas',
  'cert.crl.signature': 'la CRL de {issuer} ({source}) n’a pas été signée avec sa clé',
  'cert.crl.signature.next':
    'obtenir de nouveau la liste de l’autorité : c’est celle d’une autre du même nom, ou elle a été changée',
  'cert.crl.form': '{source} ne contient pas de CRL',
  'cert.crl.form.next': 'nommer une liste de certificats révoqués (« -----BEGIN X509 CRL----- »)',
  'cert.ocsp.unusable': 'la réponse OCSP pour {subject} ({source}) ne dit rien : {reason}',
  'cert.ocsp.unusable.next':
    'voir le répondeur ; les programmes qui exigent une réponse refusent le certificat',
  'cert.ocsp.signature':
    'la réponse OCSP pour {subject} ({source}) n’est signée ni par son autorité, ni par un répondeur d’elle',
  'cert.ocsp.signature.next': 'voir qui répond là ; personne ne le croira',
  'cert.ocsp.stale': 'la réponse OCSP pour {subject} ({source}) est périmée',
  'cert.ocsp.stale.next':
    'en faire chercher une nouvelle au serveur (nginx : ssl_stapling, avec un resolver), ou voir l’horloge d’ici',
  'cert.ocsp.unknown': 'le répondeur OCSP de l’autorité ({source}) ne connaît pas {subject}',
  'cert.ocsp.unknown.next': 'demander à l’autorité : elle ne l’a pas émis, ou l’a oublié',
  'cert.issuer.not-ca': '{subject} a signé un autre certificat, et n’est pas une autorité (CA:FALSE)',
  'cert.issuer.not-ca.next':
    'le faire signer par une autorité ; le certificat d’un serveur ou d’un client ne peut rien signer',
  'cert.issuer.usage':
    'l’autorité {subject} ne peut pas signer de certificats : son usage de clé est {usages}',
  'cert.issuer.usage.next': 'le certificat de l’autorité doit avoir keyUsage = keyCertSign',
  'cert.issuer.length':
    'l’autorité {subject} permet {length} {length|intermédiaire|intermédiaires} sous elle, et il y en a {below}',
  'cert.issuer.length.next':
    'émettre depuis une autorité plus haute, ou refaire celle-ci avec un chemin plus long',
  'cert.issuer.expired': 'l’autorité {subject} a expiré le {until}',
  'cert.issuer.expired.next':
    'la remplacer dans la chaîne par son certificat renouvelé, ou faire émettre le certificat de nouveau sous une autorité valide',
  'cert.issuer.future': 'l’autorité {subject} n’est pas valide avant le {since}',
  'cert.issuer.future.next':
    'attendre jusque-là, ou voir si l’horloge de cette machine est juste : timedatectl',
  'cert.issuer.names': 'l’autorité {subject} ne peut pas émettre pour {name} ; elle le peut pour : {allowed}',
  'cert.issuer.names.next': 'faire émettre le certificat par une autre autorité, ou sans ce nom',
  'cert.issuer.purpose':
    'l’autorité {subject} ne peut pas émettre pour un {purpose} : son usage étendu de clé est {usages}',
  'cert.issuer.purpose.next': 'faire émettre le certificat par une autre autorité',
  'cert.openssl':
    'OpenSSL refuse le certificat, pour quelque chose qui n’est pas regardé ici : {text} ({number})',
  'cert.openssl.next':
    'voir X509_V_ERR_… de ce numéro dans le manuel d’OpenSSL : man X509_STORE_CTX_get_error',
  'cert.order': 'les certificats sont dans le mauvais ordre : {order}',
  'cert.order.next': 'chacun est suivi de celui qui l’a signé : {right}',
  'cert.order.leaf':
    'l’autorité {first} précède le certificat {leaf} : les serveurs prennent le premier pour le leur',
  'cert.order.leaf.next': 'mettre {leaf} en premier, puis ceux qui l’ont signé, dans l’ordre',
  'cert.order.root': 'la racine {subject} est envoyée aussi : inutilement, qui s’y fie l’a déjà',
  'cert.order.root.next': 'la laisser, ou l’enlever du fichier : un kilo-octet de moins par poignée de main',
  'cert.order.stranger': '{subject} est envoyé aussi, et n’a pas de part à la chaîne',
  'cert.order.stranger.next': 'l’enlever du fichier',
  'cert.order.twice': '{subject} s’y trouve deux fois',
  'cert.order.twice.next': 'enlever l’un des deux',
  'cert.name': 'le certificat n’est pas pour {name} ; il couvre : {covered}',
  'cert.name.next': 'en faire émettre un avec ce nom, ou prendre un nom qu’il couvre',
  'cert.name.none':
    'le certificat est sans subjectAltName : il ne couvre aucun nom, donc pas {name} ; son nom commun, {common}, ne compte plus',
  'cert.name.none.next': 'le faire émettre de nouveau avec subjectAltName = DNS:{name}',
  'cert.name.wildcard':
    'le certificat n’est pas pour {name} : {wildcard} couvre une étiquette avant le point, ni deux ni aucune ; il couvre : {covered}',
  'cert.name.wildcard.next': 'en faire émettre un avec ce nom aussi',
  'cert.key.mismatch':
    'la clé ne va pas avec {subject} : le certificat est pour une clé {wanted}, celle-ci en est une autre, {key}',
  'cert.key.mismatch.next':
    'trouver la clé avec laquelle la demande a été faite ; si elle est perdue, en faire une nouvelle et lui faire émettre un certificat',
  'cert.key.none': 'il n’y a pas de clé privée dedans ; il contient : {held}',
  'cert.key.none.next': 'nommer le fichier avec « -----BEGIN PRIVATE KEY----- »',
  'cert.key.encrypted': 'la clé de la ligne {line} est chiffrée, et aucune phrase secrète n’est donnée',
  'cert.key.encrypted.next': 'la dire au terminal, ou nommer un fichier qui l’a : --passphrase-file FICHIER',
  'cert.key.passphrase': 'la phrase secrète n’ouvre pas la clé de la ligne {line}',
  'cert.key.passphrase.next':
    'donner celle avec laquelle elle a été chiffrée ; d’un fichier, la première ligne compte',
  'cert.key.broken': 'le bloc {label} de la ligne {line} n’est pas une clé privée qu’OpenSSL lise',
  'cert.key.broken.next': 'la copier de nouveau de là où elle a été faite',
  'cert.key.openssh':
    'la clé de la ligne {line} est dans la forme d’OpenSSH, que les programmes TLS ne lisent pas',
  'cert.key.openssh.next':
    'en faire une pour TLS : openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256',
  'cert.file.missing': 'il n’y a pas de {file}',
  'cert.file.missing.next': 'corriger le chemin ; un serveur se nomme avec son port : example.fr:443',
  'cert.file.unreadable': '{file} ne peut pas être lu : {reason}',
  'cert.file.unreadable.next': 'voir les droits de {at} : ls -ld {at}',
  'cert.file.special': '{file} n’est pas un fichier mais un tube, une socket ou un périphérique',
  'cert.file.special.next': 'écrire ce qu’il donne dans un fichier, et nommer celui-ci',
  'cert.file.folder': '{file} est un dossier',
  'cert.file.folder.next': 'nommer un fichier dedans : ls {file}',
  'cert.file.large': '{file} dépasse {limit} : aucun certificat n’est si grand',
  'cert.file.large.next': 'nommer le fichier du certificat',
  'cert.file.open': 'tout le monde sur cette machine peut lire la clé privée {file} (mode {mode})',
  'cert.file.open.next': 'chmod o-rwx {file} ; si d’autres ont un compte ici, faire une nouvelle clé',
  'cert.file.changeable': 'tout le monde sur cette machine peut changer {file} (mode {mode})',
  'cert.file.changeable.next': 'chmod o-w {file}, et voir qu’il contient ce qu’il doit',
  'cert.clock':
    'l’horloge d’ici dit {here}, {source} dit {there} : {seconds} {seconds|seconde|secondes} d’écart',
  'cert.clock.next':
    'voir laquelle a tort : timedatectl ; une horloge fausse rend de bons certificats expirés ou pas encore valides',
  'cert.clock.alone': 'cette machine ne règle pas son horloge par le réseau (systemd : NTPSynchronized=no)',
  'cert.clock.alone.next':
    'timedatectl set-ntp true, ou voir pourquoi les serveurs de temps ne répondent pas : timedatectl timesync-status',
  'cert.tls.unresolved': 'le nom {host} n’a pas d’adresse ici',
  'cert.tls.unresolved.next': 'voir comment il s’écrit, et ce que dit le DNS : getent hosts {host}',
  'cert.tls.closed':
    '{address} refuse les connexions au port {port} : rien n’y écoute, ou un pare-feu rejette',
  'cert.tls.closed.next': 'voir si le service tourne et écoute sur ce port : ss -ltn',
  'cert.tls.silent':
    '{address} ne répond pas au port {port} en {seconds} {seconds|seconde|secondes} : un pare-feu jette, ou la machine est éteinte',
  'cert.tls.silent.next':
    'voir si elle est allumée, et ce que les pare-feu en chemin laissent passer depuis ici',
  'cert.tls.unreachable': '{address}, port {port}, ne peut être joint : {reason}',
  'cert.tls.unreachable.next': 'voir le réseau de cette machine : ip route get {address}',
  'cert.tls.timeout': 'TCP se connecte, et la poignée de main n’aboutit pas',
  'cert.tls.timeout.next':
    'voir si le serveur parle TLS sur ce port, et si quelque chose en chemin retient les grands paquets (MTU)',
  'cert.tls.hung-up': 'la connexion a été coupée pendant la poignée de main, sans alerte ({reason})',
  'cert.tls.hung-up.next':
    'voir le journal du serveur, et ce qui est entre deux : un répartiteur ou un pare-feu qui ne connaît pas {name} fait ainsi',
  'cert.tls.unturned':
    'le serveur ne passe pas à TLS quand on le lui demande : il n’offre pas STARTTLS pour {protocol}',
  'cert.tls.unturned.next':
    'l’y mettre en place, ou nommer le port qui parle TLS dès le début, sans --starttls',
  'cert.tls.plain': 'le port parle {protocol} en clair, pas TLS : « {said} »',
  'cert.tls.plain.next': 'nommer le port qui parle TLS, ou mettre TLS sur celui-ci (nginx : listen … ssl)',
  'cert.tls.starttls': 'le port parle {protocol} en clair, et passe à TLS quand on le demande : « {said} »',
  'cert.tls.starttls.next': 'le demander : --starttls {word}',
  'cert.tls.protocol': 'aucune version de protocole commune : {alert}',
  'cert.tls.protocol.next': 'faire parler TLS 1.2 ou 1.3 au serveur',
  'cert.tls.old':
    'le serveur consent à {version} avec {cipher}, et à rien qui soit sûr aujourd’hui ({alert})',
  'cert.tls.old.next': 'faire parler au serveur TLS 1.2 ou 1.3 avec ECDHE et AES-GCM ou ChaCha20',
  'cert.tls.cipher': 'le serveur refuse : ni chiffrement, ni groupe, ni signature en commun ({alert})',
  'cert.tls.cipher.next':
    'voir les chiffrements du serveur, et que son certificat est d’une sorte dont ils se servent (RSA ou EC)',
  'cert.tls.name': 'le serveur ne connaît pas le nom {name} : {alert}',
  'cert.tls.name.next': 'demander un nom qu’il sert (--name), ou lui faire servir celui-ci',
  'cert.tls.alert': 'le serveur refuse : {alert}',
  'cert.tls.alert.next': 'voir le journal du serveur, qui en dit plus',
  'cert.tls.local': 'ce côté-ci met fin à la poignée de main : {reason}',
  'cert.tls.local.next':
    'ce que le serveur a envoyé est inacceptable ici ; inspecter son certificat, et que la clé et le certificat de ce côté sont les bons',
  'cert.tls.required':
    'le serveur exige un certificat client, et n’en a reçu aucun : {alert} ; il accepte ceux de : {accepts}',
  'cert.tls.required.next': 'en montrer un, avec sa clé : --cert FICHIER --key FICHIER',
  'cert.tls.required.http':
    'le serveur exige un certificat client, et n’en a reçu aucun : il répond {answer} ; il accepte ceux de : {accepts}',
  'cert.tls.required.http.next': 'en montrer un, avec sa clé : --cert FICHIER --key FICHIER',
  'cert.tls.refused':
    'le serveur refuse notre certificat {subject}, de {issuer} : {alert} ; il accepte ceux de : {accepts}',
  'cert.tls.refused.next':
    'voir le journal du serveur ; il regarde l’usage, les dates et la chaîne du certificat : cert inspect --purpose client',
  'cert.tls.refused.authority':
    'le serveur ne connaît pas l’autorité de notre certificat {subject}, {issuer} : {alert} ; il accepte ceux de : {accepts}',
  'cert.tls.refused.authority.next':
    'en faire émettre un par une autorité qu’il accepte, ou lui faire accepter {issuer} ; s’il y a un intermédiaire, l’ajouter au certificat',
  'cert.tls.refused.revoked':
    'le serveur dit que notre certificat {subject}, de {issuer}, est révoqué : {alert} ; il accepte ceux de : {accepts}',
  'cert.tls.refused.revoked.next': 'en faire émettre un autre',
  'cert.tls.refused.expired':
    'le serveur dit que notre certificat {subject}, de {issuer}, a expiré : {alert} ; il accepte ceux de : {accepts}',
  'cert.tls.refused.expired.next':
    'le renouveler ; s’il est valide ici, l’horloge de l’un des deux est fausse, ou un intermédiaire ou une CRL là-bas a expiré',
  'cert.tls.refused.http':
    'le serveur refuse notre certificat {subject} : il répond {answer} ; il accepte ceux de : {accepts}',
  'cert.tls.refused.http.next':
    'voir le journal du serveur ; il regarde l’usage, les dates et la chaîne du certificat : cert inspect --purpose client',
  'cert.tls.dropped':
    'le serveur a mis fin à la connexion sans un mot après avoir vu notre certificat {subject}, de {issuer} ; il accepte ceux de : {accepts}',
  'cert.tls.dropped.next': 'voir le journal du serveur : il refuse le certificat, ou la requête',
  'cert.tls.forbidden':
    'le serveur a pris notre certificat {subject} dans la poignée de main, et répond {answer} à une requête de /',
  'cert.tls.forbidden.next':
    'voir le journal du serveur : peut-être n’admet-il pas cette identité, ou seulement sur d’autres chemins',
  'cert.tls.unlisted':
    'notre certificat {subject} est de {issuer}, et le serveur accepte ceux de : {accepts}',
  'cert.tls.unlisted.next':
    'prendre le certificat que l’une d’elles a émis ; bien des clients ne montreraient pas même celui-ci',
  'cert.tls.unasked':
    'le serveur ne demande pas de certificat client : le nôtre n’a pas été montré, et n’authentifie rien',
  'cert.tls.unasked.next':
    'le lui faire demander (nginx : ssl_verify_client) ; il peut ne le faire que pour certains noms : voir --name',
  'cert.tls.intercepted': 'quelqu’un en chemin ouvre TLS : le certificat est de {issuer} ({product})',
  'cert.tls.intercepted.next':
    'faire laisser cette destination tranquille par {product} : le TLS mutuel n’y passe pas ; ou regarder depuis un autre réseau',
  'cert.tls.pin':
    'aucun des certificats n’est de ceux qu’on attend ({pins}) ; celui du serveur est {sha256}, de {issuer}',
  'cert.tls.pin.next':
    'il a été renouvelé avec une autre clé, ou quelqu’un est en chemin : demander le nouveau à son propriétaire par une autre voie',
  'cert.handshake.about':
    'une poignée de main complète avec un serveur, avec un certificat client ou sans, et qui a refusé quoi',
  'cert.handshake.usage': 'HÔTE:PORT [options]',
  'cert.handshake.server': 'un serveur et son port',
  'cert.match.about': 'si une clé privée va avec un certificat',
  'cert.match.usage': 'CLÉ CERTIFICAT [options]',
  'cert.match.key': 'le fichier d’une clé privée : PKCS#8, PKCS#1 ou SEC1, chiffrée ou non',
  'cert.match.certificate': 'le fichier d’un certificat',
  'cert.chain.about': 'la chaîne d’un certificat jusqu’à une autorité, et ce qu’en dit OpenSSL',
  'cert.chain.usage': 'CERTIFICAT --ca FICHIER [options]',
  'cert.doctor.about':
    'tout à la fois sur une publication, un partenaire ou une configuration TLS de la description',
  'cert.doctor.usage': 'NOM [options]',
  'cert.doctor.name': 'une publication, un partenaire ou une configuration TLS nommée',
  'cert.doctor.from': 'une machine décrite d’où regarder aussi : le même certificat doit lui être montré',
  'cert.doctor.address': 'où trouver la passerelle, à la place de ce à quoi ses noms mènent',
  'cert.option.cert': 'le fichier du certificat client à montrer, suivi de ce qui mène à son autorité',
  'cert.option.client-key': 'le fichier de sa clé privée',
  'cert.option.server-name':
    'le nom à demander (SNI) et à trouver dans le certificat, si ce n’est celui du serveur',
  'cert.option.starttls': 'commence en clair, comme ce protocole : {protocols}',
  'cert.option.timeout': 'secondes pour chaque étape (10)',
  'cert.option.pin':
    'SHA-256 d’un certificat (hexadécimal) ou d’une clé publique (base64) qui doit être dans la chaîne ; peut être dit plusieurs fois',
  'cert.option.crl': 'un fichier d’une liste de certificats révoqués (CRL) ; peut être dit plusieurs fois',
  'cert.fact.fetched': 'cherché',
  'cert.option.fetch':
    'chercher les intermédiaires qui manquent, les CRL et les réponses OCSP où les certificats le disent (http, adresses publiques)',
  'cert.option.fetch-private': 'chercher aussi à des adresses privées',
  'cert.server.form': '« {text} » n’est pas un serveur et son port',
  'cert.server.form.next': 'comme example.fr:443 ou [2001:db8::1]:443',
  'cert.handshake.pair': '{given} est dit sans {other}',
  'cert.handshake.pair.next': 'nommer le certificat et sa clé : --cert FICHIER --key FICHIER',
  'cert.timeout.form': '« {text} » n’est pas un nombre de secondes de 1 à 60',
  'cert.timeout.form.next': 'comme --timeout 10',
  'cert.fact.server': 'serveur',
  'cert.fact.address': 'adresse',
  'cert.fact.agreed': 'accord',
  'cert.fact.verify': 'OpenSSL',
  'cert.fact.transcript': 'échange',
  'cert.fact.matches': 'fichier de clé',
  'cert.fact.belongs': 'vont ensemble',
  'cert.fact.belongs.yes': 'oui',
  'cert.fact.belongs.no': 'non',
  'cert.transcript.none': 'aucun',
  'cert.tls.differs':
    'le serveur montre un autre certificat depuis {vantage} : {there}, et depuis ici : {here}',
  'cert.tls.differs.next':
    'l’un des deux chemins mène à un autre serveur, ou à travers quelque chose qui ouvre TLS : comparer les émetteurs',
  'cert.authority.not-ca': '{subject} n’est pas une autorité (CA:FALSE) : aucun certificat ne mène à elle',
  'cert.authority.not-ca.next': 'y mettre le certificat de l’autorité, non un qu’elle a émis',
  'cert.crl.stranger': 'la CRL {source} est de {issuer}, qui n’est aucune des autorités à côté',
  'cert.crl.stranger.next': 'y mettre la liste de l’une des autorités, ou nommer aussi cette autorité',
  'cert.doctor.other': 'ce qui est servi (SHA-256 {served}) n’est pas le certificat de {file} ({kept})',
  'cert.doctor.other.next':
    'appliquer de nouveau la description : poterne apply ; d’ici là l’ancien certificat est servi',
  'cert.doctor.unasked':
    'le serveur ne demande pas de certificat client, et « {configuration} » dit qu’il le fait',
  'cert.doctor.unasked.next':
    'appliquer de nouveau la description : poterne apply ; et voir que c’est bien la passerelle décrite',
  'cert.doctor.unknown':
    'ni publication, ni partenaire, ni configuration TLS ne s’appelle « {name} » ; il y a : {names}',
  'cert.doctor.unknown.next': 'prendre l’un d’eux, ou nommer la description : --site FICHIER',
  'cert.about':
    'les certificats : ce qui ne va pas en eux, et dans ce qui est servi ; les émettre, renouveler, révoquer',
  'cert.inspect.about':
    'ce que dit un certificat, et ce qui ne va pas : d’un fichier, ou tel qu’un serveur l’envoie',
  'cert.inspect.usage': 'FICHIER|HÔTE:PORT [options]',
  'cert.inspect.what': 'un fichier de certificats en PEM ou DER, ou un serveur et son port',
  'cert.option.purpose': 'ce à quoi il doit être bon : client ou server',
  'cert.option.name': 'le nom ou l’adresse qu’il doit couvrir',
  'cert.option.key': 'le fichier de la clé privée qui doit aller avec lui',
  'cert.option.ca': 'un fichier des autorités auxquelles se fier, à la place de celles du système',
  'cert.option.passphrase':
    'un fichier dont la première ligne ouvre la clé ; sans lui, on la demande au terminal',
  'cert.passphrase': 'phrase secrète de {file} :',
  'cert.passphrase.file': '{file}, qui doit ouvrir la clé, ne peut pas être lu : {reason}',
  'cert.passphrase.file.next': 'nommer un fichier que ce compte peut lire',
  'cert.verdict.healthy': '{what} : sain',
  'cert.verdict.warned': '{what} : pas d’erreur, mais : {text}',
  'cert.verdict.matching': '{what} : la clé va avec le certificat',
  'cert.verdict.broken': '{what} : {text}',
  'cert.finding.next': 'à faire : {text}',
  'cert.finding.where': 'dans : {text}',
  'cert.fact.subject': 'sujet',
  'cert.fact.issuer': 'émetteur',
  'cert.fact.names': 'noms',
  'cert.fact.valid': 'validité',
  'cert.fact.valid.value': 'du {since} au {until}, reste {days} {days|jour|jours}',
  'cert.fact.usage': 'usage',
  'cert.fact.authority': 'autorité',
  'cert.fact.authority.yes': 'oui (CA:TRUE)',
  'cert.fact.key': 'clé',
  'cert.fact.signature': 'signature',
  'cert.fact.serial': 'numéro',
  'cert.fact.sha256': 'SHA-256',
  'cert.fact.chain': 'chaîne',
  'cert.chain.end.trusted': 'on s’y fie',
  'cert.chain.end.untrusted': 'on ne s’y fie pas',
  'cert.chain.end.open': 'finit ici',
};
